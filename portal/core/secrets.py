"""Secrets that must be read again to be used: kept encrypted, never shown.

Fernet (AES-128-CBC with HMAC-SHA256) under a key made from ``SECRET_KEY``; what an older key in
``SECRET_KEY_FALLBACKS`` sealed can still be opened.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> str:
    """Return the text as it is kept."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """Return what was sealed; None where the key is another one now."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _keys() -> MultiFernet:
    known = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(str(one))) for one in known])


def _key(secret: str) -> bytes:
    return urlsafe_b64encode(sha256(b"portal.core.secrets\0" + secret.encode()).digest())
