from celery import shared_task
from django.utils import timezone

from portal.core.mirrors import mend
from scoring.feedback.services import learn_of_all


@shared_task
def look_for_amendments() -> None:
    """Each night: put the rows to count right, then what they say of each definition in force."""
    mend()
    learn_of_all(at=timezone.now())
