from celery import shared_task
from django.utils import timezone

from scoring.engine import due, warming
from scoring.engine.assembly import Texts

AT_ONCE = 20_000  # leads of one look; more than a batch of them are scored as a set


@shared_task
def settle_due() -> None:
    """Settle what waits, batch by batch, until nothing is due."""
    at, texts = timezone.now(), Texts()
    while due.settle_due(at=at, limit=AT_ONCE, texts=texts):
        pass


@shared_task
def keep_columns() -> None:
    """Keep this machine's columns of all leads warm, so that no page has to build them."""
    warming.keep_warm(at=timezone.now())
