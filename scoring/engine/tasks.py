from celery import shared_task
from django.utils import timezone

from scoring.engine import services


@shared_task
def settle_due() -> None:
    """Settle what waits, batch by batch, until nothing is due."""
    at = timezone.now()
    while services.settle_due(at=at):
        pass
