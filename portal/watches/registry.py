"""Which watches there are: the list of portal/lifecycle.py, read where it is needed."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from portal.core.sightings import Watch


def all_watches() -> Sequence[Watch]:
    """Return every watch, in the order of the list."""
    found: Sequence[Watch] = import_string(settings.LIFECYCLE_WATCHES)
    return found


def watch_of(key: str) -> Watch | None:
    """Return a watch by its key; None for one that is no longer in the list."""
    return next((one for one in all_watches() if one.key == key), None)
