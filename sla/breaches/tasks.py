from celery import shared_task
from django.utils import timezone

from sla.breaches import services


@shared_task
def find_breaches() -> None:
    """Open the breaches that are due, batch by batch in short transactions, until none is left."""
    at = timezone.now()
    while services.find_breaches(at=at):
        pass
