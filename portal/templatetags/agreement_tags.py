"""How much is being said of a sentence."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def open_at(counts: Mapping[str, int] | None, key: str) -> int:
    """Return how many threads are open at a clause, of what ``open_counts`` found."""
    return (counts or {}).get(key, 0)
