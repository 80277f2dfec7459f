"""Finding a few leads by what somebody types; every way in is served by an index."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from leads.database.models import Lead, LeadWord, Standing
from leads.database.words import begins_with, words_of
from portal.core.text import email_key, fold

MOST = 500  # matches that are looked at; more mean "type more"


def search_ids(text: str, *, among: QuerySet[Lead] | None) -> list[int]:
    """Return up to MOST ids of leads that ``text`` finds: an e-mail address, the domain of one,
    another system's id, or beginnings of words of the person's or the company's name.

    ``among`` limits the search to leads that somebody may see; None is everybody.
    """
    text = text.strip()
    if not text:
        return []
    if "@" in text:
        return _ids(_staying(Lead.objects.filter(email_key=email_key(text))), "stays", among)
    known = Lead.objects.filter(external_id=text).exclude(external_id="")
    found = _ids(_staying(known), "stays", among)
    if "." in text:
        found += _ids(Lead.objects.filter(email_domain=fold(text)), "pk", among)
    words = sorted(words_of(text), key=len, reverse=True)
    if words:
        rows = LeadWord.objects.filter(begins_with("word", words[0]))
        for word in words[1:]:
            others = LeadWord.objects.filter(begins_with("word", word))
            rows = rows.filter(lead__in=others.values("lead"))
        found += _ids(rows, "lead", among)
    return list(dict.fromkeys(found))[:MOST]


def narrow(rows: QuerySet[Standing], ids: Iterable[int]) -> QuerySet[Standing]:
    return rows.filter(pk__in=list(ids))


def _staying(rows: QuerySet[Lead]) -> QuerySet[Lead]:
    """Find a lead also by what one had that was merged into it."""
    return rows.annotate(stays=Coalesce("duplicate_of_id", "pk"))


def _ids(rows: QuerySet[Any], column: str, among: QuerySet[Lead] | None) -> list[int]:
    if among is not None:
        rows = rows.filter(**{f"{column}__in": among.values("pk")})
    return list(rows.values_list(column, flat=True).distinct()[:MOST])
