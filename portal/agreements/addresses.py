"""Where the pages of a version are."""

from django.urls import reverse

from portal.agreements.models import Version
from portal.agreements.registry import pages_of


def address(version: Version, act: str = "", **arguments: str) -> str:
    """Return the address of a version, or of an act on it: ``address(version, "sign")``."""
    name = pages_of(version.agreement.kind).version_name
    name = f"{name}-{act}" if act else name
    return reverse(name, kwargs={"number": version.number, **arguments})
