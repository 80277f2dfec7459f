from celery import shared_task
from django.utils import timezone

from sla.breaches import services
from sla.clocks import pausing


@shared_task
def find_breaches() -> None:
    """End the pauses that came to their limit, then open the breaches that are due.

    Batch by batch in short transactions, until none is left.
    """
    at = timezone.now()
    while pausing.end_pauses(at=at):
        pass
    while services.find_breaches(at=at):
        pass
