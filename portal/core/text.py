"""How text is compared and stored."""

import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

FREE_MAIL = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "yahoo.de",
        "ymail.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "gmx.com",
        "web.de",
        "t-online.de",
        "freenet.de",
        "mail.com",
        "proton.me",
        "protonmail.com",
        "zoho.com",
        "mail.ru",
        "yandex.ru",
        "qq.com",
        "163.com",
        "126.com",
        "orange.fr",
        "free.fr",
        "laposte.net",
        "wanadoo.fr",
        "libero.it",
        "uol.com.br",
        "bol.com.br",
        "terra.com.br",
    ]
)


def fold(value: str) -> str:
    """Return the form in which two texts are compared: trimmed and case-folded."""
    return value.strip().casefold()


def email_key(address: str) -> str:
    """Return the normalised address by which a person is found, or ``""`` for none.

    Case, surrounding space and Unicode spelling do not make another person; the domain is
    written in its ASCII form. A plus tag does: ``anna+sales@`` may be another inbox.
    """
    address = unicodedata.normalize("NFKC", address).strip().lower()
    local, at, domain = address.rpartition("@")
    if not at:
        return ""
    with suppress(UnicodeError):  # an unusual domain stays as written, equal to itself
        domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}"


def domain_of(address: str) -> str:
    """Return the domain of an e-mail address, lower case, or ``""``."""
    return email_key(address).rpartition("@")[2]


def composed(value: Any) -> Any:
    """Return text, or JSON with all its texts and names, in Unicode's composed form (NFC).

    It is the form of signed text: else an é with its accent apart is not é, and meets no rule.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {composed(name): composed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [composed(one) for one in value]
    return value


def clean_text(value: str) -> str:
    """Return text without the NUL byte, which PostgreSQL cannot store."""
    return value.replace("\x00", "").strip()
