from celery import shared_task
from django.utils import timezone

from sla.scoreboard import packing


@shared_task
def pack_days() -> None:
    """Pack the days that changed, batch by batch; what comes meanwhile is left to the next run."""
    at = timezone.now()
    while packing.pack_days(at=at) == packing.BATCH:
        pass
