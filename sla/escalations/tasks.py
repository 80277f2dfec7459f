from celery import shared_task
from django.utils import timezone

from sla.escalations.climbing import climb


@shared_task
def climb_ladders() -> None:
    """Write down and take the steps that are due, batch by batch, until none is left."""
    climb(at=timezone.now())
