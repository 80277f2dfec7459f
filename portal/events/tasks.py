from celery import shared_task
from django.utils import timezone

from portal.events.delivery import BATCH, deliver_pending


@shared_task
def deliver_due() -> None:
    """Carry out all that is due, batch by batch. Rung after commits, and by beat."""
    while deliver_pending(at=timezone.now()) == BATCH:
        pass
