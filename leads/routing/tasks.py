from celery import shared_task
from django.utils import timezone

from leads.routing import services


@shared_task
def route_waiting() -> None:
    """Find somebody for what waits: absences end without an event."""
    services.route_waiting(at=timezone.now())
