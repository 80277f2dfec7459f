from celery import shared_task
from django.utils import timezone

from portal.core.models import Heartbeat


@shared_task
def beat_heart() -> None:
    """Say that beat and a worker live; ``manage.py doctor`` reads it."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})
