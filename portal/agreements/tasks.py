from celery import shared_task
from django.utils import timezone

from portal.agreements import activation


@shared_task
def announce_activations() -> None:
    """Beat runs this every half minute."""
    activation.announce_activations(at=timezone.now())
