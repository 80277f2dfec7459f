"""Back-tests and activations for the pages that show them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.accounts.models import User
from portal.agreements.models import Version
from scoring.backtest.models import ActivationMove, ActivationReport, Backtest, Mover, Replayed
from scoring.backtest.services import begin_backtest, claim_backtest, run_backtest
from tests.architecture.world import World


def tested(world: World) -> Backtest:
    """Return a finished back-test of the draft."""
    version = world.drafts["definition"]
    found = Backtest.objects.finished().filter(version=version).first()
    if found is not None:
        return found
    test = begin_backtest(
        version=version, base=world.signed["definition"], by=world.marketing, at=world.at
    )
    if claim_backtest(test.pk, at=world.at):  # a committed one may have been run at once
        run_backtest(test.pk, clock=lambda: world.at)
    test.refresh_from_db()
    assert test.state == Backtest.State.DONE, test.error
    return test


def a_tested(world: World) -> Mapping[str, Any]:
    return {"number": tested(world).version.number}


def _leads(world: World, user: User, count: int) -> list[int]:
    """Hand so many leads over, so that sales people see them, too."""
    return [one.lead_id for one in world.hand_over(count)]


def replayed(world: World, user: User, count: int) -> None:
    test = tested(world)
    Replayed.objects.bulk_create(
        Replayed(backtest=test, lead_id=pk, draft_at=world.at) for pk in _leads(world, user, count)
    )


def movers(world: World, user: User, count: int) -> None:
    test = tested(world)
    Mover.objects.bulk_create(
        Mover(backtest=test, lead_id=pk, base_gates=0, draft_gates=1)
        for pk in _leads(world, user, count)
    )


def report(world: World) -> ActivationReport:
    version: Version = world.signed["definition"]
    at = version.effective_from or world.at - timedelta(days=1)
    found, _ = ActivationReport.objects.get_or_create(
        version=version, defaults={"at": at, "made_at": world.at}
    )
    return found


def an_activated(world: World) -> Mapping[str, Any]:
    return {"number": report(world).version.number}


def activated(world: World, user: User, count: int) -> None:
    one = report(world)
    ActivationMove.objects.bulk_create(
        ActivationMove(report=one, lead_id=pk, was_gates=0, now_gates=1, was_total=1, now_total=50)
        for pk in _leads(world, user, count)
    )
