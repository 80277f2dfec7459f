"""Which terms were in force when: read from signed text only."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

from portal.agreements.models import Override, Version
from portal.core.prepared import Prepared, together
from sla.terms.text import Terms, parse_terms

KIND = "terms"


class SignedTerms:
    """All signed terms, oldest first, and what stood in for them for a while.

    Read in two statements: there are few, and texts are parsed once for each content.
    """

    def __init__(self, versions: Iterable[Version], overrides: Iterable[Override] = ()) -> None:
        self._versions = [each for each in versions if each.effective_from is not None]
        self._begins = [each.effective_from for each in self._versions if each.effective_from]
        self._by_id = {each.pk: each for each in self._versions}
        self._overrides = list(overrides)
        self._by_id |= {each.version_id: each.version for each in self._overrides}

    @classmethod
    def read(cls) -> "SignedTerms":
        return cls(*together(*SIGNED_TERMS))

    def at(self, instant: datetime) -> tuple[Version, Terms] | None:
        """Return the version in force at ``instant`` with its terms; None before the first."""
        for one in self._overrides:
            if one.at <= instant < one.ends_at:
                return one.version, parse_terms(one.version.signed_text)
        place = bisect_right(self._begins, instant)
        if not place:
            return None
        version = self._versions[place - 1]
        return version, parse_terms(version.signed_text)

    def of_version(self, version_id: int) -> Terms:
        """Return the terms of one signed version; KeyError when it is none."""
        return parse_terms(self._by_id[version_id].signed_text)

    def number_of(self, version_id: int) -> int:
        """Return the number of one signed version; KeyError when it is none."""
        return self._by_id[version_id].number


# What ``SignedTerms`` is made of, for whoever asks more besides.
SIGNED_TERMS = (
    (
        Prepared(
            lambda: (
                Version.objects.of_kind(KIND)
                .signed()
                .only("pk", "number", "effective_from", "signed_text", "sha256")
                .order_by("effective_from", "pk")
            )
        ),
        (),
    ),
    (
        Prepared(
            lambda: Override.objects.filter(version__agreement__kind=KIND).select_related("version")
        ),
        (),
    ),
)


def terms_in_force(at: datetime) -> tuple[Version, Terms] | None:
    """Return the terms in force at ``at``, or None before the first were signed."""
    return SignedTerms.read().at(at)
