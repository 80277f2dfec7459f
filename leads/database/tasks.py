from celery import shared_task
from django.utils import timezone

from leads.database import presence


@shared_task
def forget_presence() -> None:
    """Delete who had which lead open yesterday: it is nobody's history."""
    presence.forget_presence(at=timezone.now())
