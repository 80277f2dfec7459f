"""Questions put to the database so that its indexes can answer them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q, QuerySet


def keys_of_any(model: type[Model], conditions: Iterable[Q]) -> QuerySet[Any]:
    """Return the keys of the rows that meet at least one condition, for ``pk__in``.

    Each condition is looked up on its own: an OR over several tables has no index, and reads
    them whole to find the few rows that somebody may see.
    """
    first, *others = (model._default_manager.filter(each).values("pk") for each in conditions)
    return first.union(*others)
