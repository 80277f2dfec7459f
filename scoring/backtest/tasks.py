from celery import shared_task
from django.utils import timezone

from scoring.backtest.models import Backtest
from scoring.backtest.services import claim_backtest, run_backtest


@shared_task
def continue_backtests() -> None:
    """Carry on every back-test that no worker holds. Rung at the start, and by beat."""
    for pk in Backtest.objects.running().order_by("pk").values_list("pk", flat=True):
        if claim_backtest(pk, at=timezone.now()):
            run_backtest(pk, clock=timezone.now)
