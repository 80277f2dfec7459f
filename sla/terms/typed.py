"""What is typed in one line of a form, and the same as it is signed."""

from collections.abc import Mapping
from typing import Any


def words_of(text: str) -> list[str]:
    """Return what stands between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def segment_text(segment: Mapping[str, Any]) -> str:
    return "; ".join(f"{fact}: {', '.join(values)}" for fact, values in segment.items())


def segment_of(text: str) -> dict[str, list[str]]:
    """Return "industry: software, IT; country: Germany" as signed; what has no colon keeps its
    name without values, for the check to name."""
    parts = [part.partition(":") for part in text.split(";") if part.strip()]
    return {
        name.strip().casefold().replace(" ", "_"): words_of(values) for name, _c, values in parts
    }
