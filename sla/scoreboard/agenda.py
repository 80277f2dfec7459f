"""What a review of the SLA terms talks about: each promise since the last one, and what waits."""

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.agreements.agenda import AgendaAsk, AgendaItem
from portal.core.intervals import ENOUGH, wilson
from sla.clocks.models import Clock
from sla.clocks.shown import TITLES
from sla.clocks.states import State
from sla.scoreboard.figures import CAME_DUE, tally
from sla.terms.queries import KIND


def agenda(ask: AgendaAsk) -> Sequence[AgendaItem]:
    """Return one item for each promise that came due; clocks that started since count."""
    if ask.agreement.kind != KIND:
        return []
    clocks = Clock.objects.visible_to(ask.reader).filter(
        started_at__gt=ask.since, started_at__lte=ask.at
    )
    return [
        _item(kind, counted.counts, counted.waiting)
        for (kind,), counted in sorted(tally(clocks, at=ask.at).items())
    ]


def _item(kind: str, states: Mapping[State, int], waiting: int) -> AgendaItem:
    met, n = states.get(State.MET, 0), sum(states.get(state, 0) for state in CAME_DUE)
    share = wilson(met, n)
    if share is None:
        sentence = _("Nothing came due since.")
    elif n < ENOUGH:
        sentence = _("Kept %(met)d of %(n)d: too little data for a rate.") % {"met": met, "n": n}
    else:
        sentence = _("Kept %(met)d of %(n)d, %(share)d %% (%(low)d to %(high)d %%).") % {
            "met": met,
            "n": n,
            "share": round(share.value * 100),
            "low": round(share.low * 100),
            "high": round(share.high * 100),
        }
    if waiting:
        sentence += " " + _("Late and still waiting: %d.") % waiting
    return AgendaItem(str(TITLES[kind]), sentence, reverse("scoreboard"))
