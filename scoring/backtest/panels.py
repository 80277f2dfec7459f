"""Parts of a back-test on the pages of agreements: where one signs, and under a comparison."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.agreements.addresses import address
from portal.agreements.models import Version
from portal.agreements.registry import Panel, Tab
from portal.agreements.services import EDITORS
from scoring.backtest.models import Backtest
from scoring.backtest.services import DAYS, backtest_of
from scoring.backtest.shown import population, shown
from scoring.backtest.views import READERS


def last_of(version: Version, base: Version | None, user: User, at: datetime) -> Mapping[str, Any]:
    """Return the last back-test of a text about to be signed, and whether it is of this text."""
    test = backtest_of(version)
    told: dict[str, Any] = {"url": address(version, "backtest"), "may_run": user.role in EDITORS}
    if test is None:
        return told
    return told | shown(test) | {"is_stale": test.revision != version.revision}


def moves(version: Version, base: Version | None, user: User, at: datetime) -> Mapping[str, Any]:
    """Return who enters and who leaves each gate between two versions, as far as it was run."""
    told: dict[str, Any] = {
        "url": address(version, "backtest"),
        "movers_url": address(version, "backtest-movers"),
        "base": base,
        "version": version,
        "days": DAYS,
        "may_run": user.role in EDITORS,
        "reads_leads": user.role in READERS,
        "running": Backtest.objects.running().filter(version=version).first(),
    }
    test = backtest_of(version, base) if base else None
    if test is None:
        return told
    return told | {
        "test": test,
        "gates": population(test),
        "is_stale": test.revision != version.revision,
    }


SIGN = Panel("scoring/backtest/_last.html", last_of)
COMPARE = Panel("scoring/backtest/_population.html", moves)
TAB = Tab("definition-backtest", gettext_lazy("Back-test"))
