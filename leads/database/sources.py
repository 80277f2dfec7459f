"""Sources and campaigns: found by their folded names, or made."""

from collections.abc import Iterable, Sequence

from leads.database.models import Campaign, Source
from portal.core.text import clean_text, fold


def sources_named(names: Iterable[str]) -> dict[str, Source]:
    """Return each name's source by folded name; unknown ones are made. Blank names are left out."""
    wanted = _keyed(names, 120)
    found = {source.key: source for source in Source.objects.filter(key__in=wanted)}
    missing = [Source(name=name, key=key) for key, name in wanted.items() if key not in found]
    if missing:
        Source.objects.bulk_create(missing, ignore_conflicts=True)
        found = {source.key: source for source in Source.objects.filter(key__in=wanted)}
    return found


def campaigns_named(pairs: Sequence[tuple[Source, str]]) -> dict[tuple[int, str], Campaign]:
    """Return each (source, name)'s campaign by (source id, folded name); unknown ones are made."""
    wanted = {
        (source.pk, key): name
        for source, named in pairs
        for key, name in _keyed([named], 200).items()
    }
    found = _campaigns(wanted)
    missing = [
        Campaign(source_id=source_id, key=key, name=name)
        for (source_id, key), name in wanted.items()
        if (source_id, key) not in found
    ]
    if missing:
        Campaign.objects.bulk_create(missing, ignore_conflicts=True)
        found = _campaigns(wanted)
    return found


def _campaigns(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Campaign]:
    pairs = list(wanted)
    rows = Campaign.objects.filter(
        source__in={source for source, _ in pairs}, key__in={key for _, key in pairs}
    )
    return {(row.source_id, row.key): row for row in rows}


def _keyed(names: Iterable[str], longest: int) -> dict[str, str]:
    clean = (clean_text(name)[:longest] for name in names)
    return {fold(name)[:longest]: name for name in clean if name}
