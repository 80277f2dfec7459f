from celery import shared_task
from django.utils import timezone

from leads.routing import absence, services


@shared_task
def route_waiting() -> None:
    """Find somebody for what waits: absences end without an event."""
    services.route_waiting(at=timezone.now())


@shared_task
def begin_absences() -> None:
    """Move what is open with people whose planned absence begins now."""
    absence.begin_absences(at=timezone.now())
