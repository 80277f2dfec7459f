"""Companies: found by web domain, then by folded name, or made."""

import unicodedata
from collections.abc import Iterable

from django.db.models import Q

from leads.database.models import Company
from portal.core.text import clean_text, fold

Named = tuple[str, str]  # name, web domain; either may be blank


def clean_domain(text: str) -> str:
    """Return the bare domain of an address such as "https://www.Example.com/about"."""
    domain = clean_text(text).lower().partition("://")[2] or clean_text(text).lower()
    return domain.partition("/")[0].removeprefix("www.")[:200]


def companies_named(wanted: Iterable[Named]) -> dict[Named, Company]:
    """Return the company of each (name, domain); unknown ones with a name are made.

    The domain decides where both sides have one; a blank domain of a company found by name is
    not filled in, as two firms may share a name.
    """
    pairs = {pair for pair in wanted if pair[0] or pair[1]}
    found = _find(pairs)
    missing = {pair: _made(*pair) for pair in sorted(pairs) if pair[0] and pair not in found}
    if missing:
        Company.objects.bulk_create(missing.values(), ignore_conflicts=True)
        found = _find(pairs)
    return found


def company_key(name: str) -> str:
    return fold(unicodedata.normalize("NFKC", clean_text(name)))[:200]


def _made(name: str, domain: str) -> Company:
    return Company(name=clean_text(name)[:200], key=company_key(name), domain=domain)


def _find(pairs: Iterable[Named]) -> dict[Named, Company]:
    keys = {pair: company_key(pair[0]) for pair in pairs}
    rows = Company.objects.filter(
        Q(domain__in={domain for _, domain in keys if domain})
        | Q(key__in={key for key in keys.values() if key})
    ).order_by("-pk")
    by_domain = {row.domain: row for row in rows if row.domain}
    by_key = _first_by_key(rows)
    found = {}
    for (name, domain), key in keys.items():
        company = by_domain.get(domain) if domain else by_key.get(key)
        if company is not None:
            found[name, domain] = company
    return found


def _first_by_key(rows: Iterable[Company]) -> dict[str, Company]:
    """One company for each name: the one without a domain, else the oldest."""
    ranked = sorted(rows, key=lambda row: (row.domain == "", -row.pk))
    return {row.key: row for row in ranked}
