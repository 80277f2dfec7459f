from celery import shared_task
from django.utils import timezone

from portal.core.idempotency import forget_old_answers
from portal.core.models import Heartbeat
from portal.core.throttle import forget_old_counts


@shared_task
def beat_heart() -> None:
    """Say that beat and a worker live; ``manage.py doctor`` reads it."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})


@shared_task
def forget_old() -> None:
    """Delete what is kept for a while only: answers to repeated requests, counts of knocks."""
    at = timezone.now()
    forget_old_answers(at=at)
    forget_old_counts(at=at)
