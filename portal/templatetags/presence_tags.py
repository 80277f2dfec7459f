"""Who has a lead open now, beside each row of a list."""

from collections.abc import Mapping, Sequence

from django import template

from portal.accounts.models import User

register = template.Library()


@register.filter
def present_at(present: Mapping[int, Sequence[User]] | None, lead_id: int) -> Sequence[User]:
    """Return who has this lead open, of what ``present_on`` found for the list."""
    return (present or {}).get(lead_id, ())
