"""Finding who may be the same person: what is offered before two leads are made one."""

import re
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leads.database.models import Lead
from leads.database.search import search_ids
from portal.accounts.models import User
from portal.core.lookups import keys_of_any
from portal.core.text import FREE_MAIL

COMPARED = (
    "public_id", "name", "name_key", "email", "email_domain", "phone", "external_source",
    "external_id", "company",
)  # fmt: skip
ALIKE = 200  # the newest of one name, of one company and of one domain
LOOKED_AT = 200  # of them that are compared
SHOWN = 8
DIGITS = re.compile(r"\d")
SAME_PHONE, SAME_NAME, SAME_COMPANY, PART_OF_NAME = 4, 3, 2, 1
ENOUGH = 3  # a name, a phone, or a company with part of a name


@dataclass(frozen=True)
class Likeness:
    """A lead that may be the same person, and what speaks for it."""

    lead: Lead
    weight: int
    why: str


def likely_duplicates(lead: Lead, *, reader: User, by_name: bool = False) -> list[Likeness]:
    """Return the leads that ``reader`` sees and that are most likely this one; two queries.

    Candidates share the name, the company or its mail domain, which indexes find; among them
    count the same phone number, name and company. ``by_name``: nothing but their labels is shown.
    """
    rows = _candidates(lead, reader)
    rows = rows.only(*COMPARED) if by_name else rows.select_related("company", "standing", "owner")
    likely = [one for one in (_compare(lead, other) for other in rows) if one.weight >= ENOUGH]
    return sorted(likely, key=lambda one: (-one.weight, one.lead.pk))[:SHOWN]


def found_by(text: str, *, but: Lead, reader: User) -> list[Likeness]:
    """Return the leads that ``text`` finds, as somebody types it into a search."""
    among = None if reader.sees_everything else Lead.objects.visible_to(reader)
    rows = Lead.objects.listed().filter(pk__in=search_ids(text, among=among)).exclude(pk=but.pk)
    rows = rows.select_related("company", "standing", "owner").order_by("name_key", "pk")
    return [_compare(but, other) for other in rows[:SHOWN]]


def _candidates(lead: Lead, reader: User) -> QuerySet[Lead]:
    alike = []
    if lead.name_key:
        alike.append(Q(name_key=lead.name_key))
    if lead.company_id is not None:
        alike.append(Q(company=lead.company_id))
    if lead.email_domain and lead.email_domain not in FREE_MAIL:
        alike.append(Q(email_domain=lead.email_domain))
    if not alike:
        return Lead.objects.none()
    # A common domain is that of a tenth of all leads: of each likeness the newest are looked at.
    newest = [Lead.objects.filter(each).order_by("-pk").values("pk")[:ALIKE] for each in alike]
    keys = keys_of_any(Lead, [Q(pk__in=some) for some in newest])
    found = Lead.objects.filter(pk__in=keys).exclude(pk=lead.pk).listed().order_by("-pk")
    if not reader.sees_everything:  # who has decided for years sees thousands: ask for these only
        few = list(found.values_list("pk", flat=True))
        found = found.visible_to(reader, among=few) if few else Lead.objects.none()
    return found[:LOOKED_AT]


def _compare(lead: Lead, other: Lead) -> Likeness:
    words = set(lead.name_key.split()) & set(other.name_key.split())
    reasons = []
    if _digits(lead.phone) and _digits(lead.phone) == _digits(other.phone):
        reasons.append((SAME_PHONE, _("same phone")))
    if lead.name_key and lead.name_key == other.name_key:
        reasons.append((SAME_NAME, _("same name")))
    elif words:
        reasons.append((PART_OF_NAME, _("part of the name")))
    if _is_same_company(lead, other):
        reasons.append((SAME_COMPANY, _("same company")))
    return Likeness(
        other, sum(weight for weight, _why in reasons), ", ".join(why for _weight, why in reasons)
    )


def _is_same_company(lead: Lead, other: Lead) -> bool:
    if lead.company_id is not None and lead.company_id == other.company_id:
        return True
    return bool(lead.email_domain) and (
        lead.email_domain == other.email_domain and lead.email_domain not in FREE_MAIL
    )


def _digits(phone: str) -> str:
    """Return what of two spellings of one number is the same: its last nine digits."""
    return "".join(DIGITS.findall(phone))[-9:]
