from celery import shared_task
from django.utils import timezone

from portal.home.alerting import owe_weeks
from portal.home.posting import post_digests


@shared_task
def send_digests() -> None:
    """Beat rings every ten minutes; each person's digest is claimed once a day, and each channel's
    week once a week.
    """
    at = timezone.now()
    owe_weeks(at=at)
    post_digests(at=at)
