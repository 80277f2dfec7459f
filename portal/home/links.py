"""What mails and channels are made of: lines with their places, in sections."""

from dataclasses import dataclass, field

from django.conf import settings


@dataclass(frozen=True)
class Line:
    """One thing, where it is, and what to know of it."""

    text: str
    url: str
    more: str = ""


@dataclass(frozen=True)
class Section:
    """Things of one kind: ``title`` says how many, ``url`` has all of them."""

    title: str
    url: str
    lines: list[Line] = field(default_factory=list)


def absolute(address: str) -> str:
    """Return an address of the portal as mails and channels need it."""
    return f"{settings.SITE_URL}{address}"
