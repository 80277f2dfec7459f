from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from leads.imports.models import Import
from leads.imports.running import claim_import, run_import

SLICE = timedelta(seconds=30)  # then the worker does what else is due, and the import goes on


@shared_task
def continue_imports() -> None:
    """Carry on every running import that no worker holds. Rung at the start, and by beat."""
    again = False
    for run_id in Import.objects.unfinished().order_by("pk").values_list("pk", flat=True):
        at = timezone.now()
        if claim_import(run_id, at=at):
            again |= run_import(run_id=run_id, clock=timezone.now, until=at + SLICE)
    if again:
        continue_imports.delay()
