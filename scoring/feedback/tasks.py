from celery import shared_task
from django.utils import timezone

from scoring.feedback.services import learn


@shared_task
def look_for_amendments() -> None:
    """Each night: what the decided handoffs say of the definition in force."""
    learn(at=timezone.now())
