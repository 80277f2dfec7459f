"""Searching people by the beginnings of words, from an index on both databases."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from django.db import connection
from django.db.models import Q

from leads.database.models import LeadWord
from portal.core.bulk import Insert, insert_each
from portal.core.text import fold

LONGEST = 60
WORD = re.compile(r"\w+")


def words_of(*texts: str) -> list[str]:
    """Return the distinct folded words of ``texts``, in order."""
    folded = (fold(unicodedata.normalize("NFKC", text)) for text in texts)
    return list(dict.fromkeys(w[:LONGEST] for text in folded for w in WORD.findall(text)))


def begins_with(field: str, prefix: str) -> Q:
    """A condition that an index serves: LIKE in PostgreSQL, a range in SQLite.

    PostgreSQL's own index for patterns does not depend on the collation; SQLite compares bytes
    and uses no index for LIKE.
    """
    if connection.vendor == "postgresql":
        return Q(**{f"{field}__startswith": prefix})
    return Q(**{f"{field}__gte": prefix, f"{field}__lt": f"{prefix}\U0010ffff"})


def store_words(texts: Mapping[int, Iterable[str]], *, anew: bool = False) -> None:
    """Store the words by which these leads are found; ``anew`` forgets the earlier ones."""
    if anew:
        LeadWord.objects.filter(lead_id__in=texts).delete()
    insert_each(words_to_store(texts))


def words_to_store(texts: Mapping[int, Iterable[str]]) -> Insert:
    """Return what stores the words by which these leads are found, for whoever stores more."""
    rows = [{"lead_id": pk, "word": word} for pk, own in texts.items() for word in words_of(*own)]
    return Insert(LeadWord, rows, unless_known=("lead_id", "word"))
