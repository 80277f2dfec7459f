"""One text for one content: what is hashed and signed."""

import hashlib
import json
from typing import Any

from portal.core.text import composed


def canonical_json(document: Any) -> str:
    """Return the canonical text of JSON content: sorted keys, no loose space, NFC.

    Floats are refused: two machines may write one number differently.
    """
    return json.dumps(_normal(document), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _normal(value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError("a signed text holds no floats")
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, dict):
        return {_normal(str(key)): _normal(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(one) for one in value]
    return value
