"""Rows that admins add to the table of derived facts: reading, checking, and whom they concern."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads.database.derive import NONE, Own, spaced
from leads.database.models import DerivedRow, FactSnapshot, FactText, Lead
from portal.core.once import once

Fact = DerivedRow.Fact
OF_TITLE = (Fact.SENIORITY, Fact.DEPARTMENT)


def own_table(is_wanted: bool = True) -> Own:  # noqa: FBT001, FBT002 - a question's own condition
    """Return what admins added, longest words first; one query in a request, or none unless wanted.

    No request adds rows and derives facts from them: that is done when its undo window is over.
    """
    return once("derived_rows", _read) if is_wanted else NONE


def _read() -> Own:
    rows: dict[str, list[Any]] = {fact: [] for fact in Fact.values}
    for fact, says, means in DerivedRow.objects.filter(is_active=True).values_list(
        "fact", "says", "means"
    ):
        rows[fact].append((int(says) if fact == Fact.SIZE_BAND else says, means))
    for fact in OF_TITLE:
        rows[fact].sort(key=lambda row: (-len(row[0]), row))
    return Own(**{fact: tuple(found) for fact, found in rows.items()})


def concerned(fact: str, said: Iterable[str]) -> QuerySet[Lead]:
    """Return the leads of which ``fact`` may follow from what is ``said``, in any snapshot."""
    if fact == Fact.EMAIL_KIND:
        return Lead.objects.filter(email_domain__in=list(said))
    if fact == Fact.SIZE_BAND:
        most = max(int(one) for one in said)
        rows = FactSnapshot.objects.filter(company_size__gte=1, company_size__lte=most)
    else:
        phrases = [f" {one} " for one in said]
        texts = [
            pk
            for pk, text in FactText.objects.values_list("pk", "text").iterator()
            if any(phrase in spaced(text) for phrase in phrases)
        ]
        rows = (
            FactSnapshot.objects.filter(title__in=texts) if texts else FactSnapshot.objects.none()
        )
    return Lead.objects.filter(pk__in=rows.values("lead_id"))


def checked(fact: str, says: str) -> str:
    """Return what is said as the table holds it. Raises ValueError with a sentence."""
    if fact == Fact.SIZE_BAND:
        if not says.strip().isdecimal() or not 0 < int(says) < 10**9:
            raise ValueError(_("Give the most people of the band, as a whole number."))
        return str(int(says))
    if fact == Fact.EMAIL_KIND:
        domain = says.strip().removeprefix("@").casefold()
        if "." not in domain.strip(".") or not domain.replace(".", "").replace("-", "").isalnum():
            raise ValueError(_("Give a domain such as example.org."))
        return domain
    words = spaced(says).strip()
    if not words:
        raise ValueError(_("Give the words as they stand in a title."))
    return words
