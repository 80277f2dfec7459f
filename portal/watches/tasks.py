from celery import shared_task
from django.utils import timezone

from portal.core.sightings import HOURLY, NIGHTLY
from portal.watches.services import look


@shared_task
def look_each_hour() -> None:
    """Beat rings at 20 past: what cannot wait for the night."""
    look(beat=HOURLY, at=timezone.now())


@shared_task
def look_each_night() -> None:
    """Beat rings at 03:10 UTC: what reads months of decisions."""
    look(beat=NIGHTLY, at=timezone.now())
