"""Which terms were in force when: read from signed text only."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

from portal.agreements.models import Version
from sla.terms.text import Terms, parse_terms

KIND = "terms"


class SignedTerms:
    """All signed terms, oldest first, read in one statement: there are few, and texts are parsed
    once for each content."""

    def __init__(self, versions: Iterable[Version]) -> None:
        self._versions = [each for each in versions if each.effective_from is not None]
        self._begins = [each.effective_from for each in self._versions if each.effective_from]
        self._by_id = {each.pk: each for each in self._versions}

    @classmethod
    def read(cls) -> "SignedTerms":
        rows = Version.objects.of_kind(KIND).signed().order_by("effective_from", "pk")
        return cls(rows.only("pk", "number", "effective_from", "signed_text", "sha256"))

    def at(self, instant: datetime) -> tuple[Version, Terms] | None:
        """Return the version in force at ``instant`` with its terms; None before the first."""
        place = bisect_right(self._begins, instant)
        if not place:
            return None
        version = self._versions[place - 1]
        return version, parse_terms(version.signed_text)

    def of_version(self, version_id: int) -> Terms:
        """Return the terms of one signed version; KeyError when it is none."""
        return parse_terms(self._by_id[version_id].signed_text)


def terms_in_force(at: datetime) -> tuple[Version, Terms] | None:
    """Return the terms in force at ``at``, or None before the first were signed."""
    return SignedTerms.read().at(at)
