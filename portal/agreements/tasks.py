from celery import shared_task
from django.utils import timezone

from portal.agreements import activation, cadence, coediting, overrides


@shared_task
def announce_activations() -> None:
    """Beat runs this every half minute: what came into force, and overrides that ended."""
    at = timezone.now()
    activation.announce_activations(at=at)
    overrides.close_ended(at=at)


@shared_task
def forget_editing() -> None:
    """Beat runs this every hour."""
    coediting.forget_editing(at=timezone.now())


@shared_task
def keep_reviews() -> None:
    """Beat runs this every ten minutes: reviews that are missing, and reminders."""
    at = timezone.now()
    cadence.schedule(at=at)
    cadence.remind(at=at)
