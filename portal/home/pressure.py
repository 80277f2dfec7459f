"""The watch over gates that were lowered while the numbers were short.

The gate is scoring's, the promised number the SLA terms': who watches both stands above them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.models import LeadQuerySet
from leads.handoffs.models import Handoff
from portal.accounts.models import Organisation
from portal.agreements.addresses import address
from portal.core.sightings import NIGHTLY, Figures, Limits, Sighting, Watch
from scoring.feedback.watching import Lowered, let_in, lowered_gates
from sla.scoreboard.counted import asks_what_was_known, count_promises, promises_in_force
from sla.scoreboard.period import Period, read_period
from sla.terms.text import PromiseKind

MONTH = timedelta(days=30)
BEFORE = 3  # months before, to compare with
GATES = {"mql": gettext_lazy("MQL"), "sales_ready": gettext_lazy("sales-ready")}


def find(at: datetime, limits: Limits) -> Sequence[Sighting]:
    """See a gate lowered in the last ``of`` days when handoffs had been short.

    Short: in the 30 days before it came into force fewer than ``limit`` per cent of the mean of
    the three times 30 days before those, or fewer than the SLA terms promised for that month.
    """
    found = lowered_gates(since=at - timedelta(days=limits.of), at=at)
    return [
        Sighting(f"gate:{one.version.pk}:{one.gate}", figures)
        for one in found
        if (figures := _pressure(one, limits.limit, at)) is not None
    ]


def _pressure(one: Lowered, least: int, at: datetime) -> dict[str, Any] | None:
    since = one.version.effective_from
    assert since is not None  # noqa: S101 - lowered gates are in force
    live = Handoff.objects.live()
    made = live.filter(made_at__gte=since - MONTH, made_at__lt=since).count()
    before = live.filter(made_at__gte=since - (BEFORE + 1) * MONTH, made_at__lt=since - MONTH)
    usual = before.count() / BEFORE
    promised = _promised(since)
    is_short = (usual > 0 and made * 100 < least * usual) or (
        promised is not None and promised["made"] < promised["at_least"]
    )
    if not is_short:
        return None
    return {
        "version": one.version.pk,
        "number": one.version.number,
        "url": address(one.version),
        "agreement": one.version.agreement.name,
        "gate": one.gate,
        "was": one.was,
        "now": one.now,
        "since": since.isoformat(),
        "made": made,
        "usual": round(usual, 1),
        "n": let_in(one.version.pk, was=one.was, now=one.now).count(),
        "promised": promised,
    }


def _promised(since: datetime) -> dict[str, int] | None:
    """Return the month of ``since`` as the SLA terms promise it, and what was handed over by then.

    The promise is compared with the share of the month that had passed.
    """
    zone = ZoneInfo(Organisation.current().zone)
    begins = since.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = (begins + timedelta(days=32)).replace(day=1)
    promised = promises_in_force(since=begins, before=since, at=since)
    numbers = [one for one in promised if one.promise.kind == PromiseKind.VOLUME][:1]
    if not numbers:
        return None
    read = read_period(
        Period(begins, since), user=None, at=since, with_known=asks_what_was_known(numbers)
    )
    (one,) = count_promises(numbers, read.handoffs, read.tries, effects={}, zone=zone, at=since)
    passed = (since - begins) / (ends - begins)
    made = sum(month.made for month in one.months)
    return {"at_least": int(one.promise.at_least * passed), "made": made,
            "month": one.promise.at_least}  # fmt: skip


def says(figures: Figures) -> str:
    """Put the figures into a sentence."""
    words = {**figures, "gate": GATES[figures["gate"]], "day": figures["since"][:10]}
    said = (
        _(
            "%(agreement)s v%(number)d lowered the %(gate)s gate from %(was)d to %(now)d on "
            "%(day)s. "
            "In the 30 days before, %(made)d leads were handed over, %(usual)s a month before that."
        )
        % words
    )
    if figures["promised"]:
        said += (
            " "
            + _("The SLA terms promise %(month)d a month; %(made)d had been by then.")
            % (figures["promised"])
        )
    return said + " " + _("%(n)d leads have come in below the former gate since.") % words


def behind(figures: Figures) -> LeadQuerySet:
    """Return the leads that came in below the former gate."""
    return let_in(figures["version"], was=figures["was"], now=figures["now"])


GATE_LOWERED = Watch(
    key="gate_lowered",
    title=gettext_lazy("A gate was lowered while the numbers were short"),
    find=find,
    says=says,
    todo=gettext_lazy(
        "Ask both sides whether the leads below the former gate are what they want, and let the "
        "activation report say what became of them."
    ),
    url=lambda figures: figures["url"] or reverse("scoring-drift"),
    default=Limits(limit=90, of=31),
    limit_means=gettext_lazy("per cent of the usual handoffs below which numbers are short"),
    of_means=gettext_lazy("days since it came into force"),
    behind=behind,
    is_instant=True,
    beat=NIGHTLY,
)
