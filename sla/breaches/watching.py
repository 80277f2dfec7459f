"""The watch over untouched leads: handoffs that wait past the promised first touch."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from leads.database.models import Lead, LeadQuerySet
from leads.handoffs.models import Handoff
from portal.accounts.models import Team
from portal.core.sightings import Figures, Limits, Sighting, Watch
from sla.clocks.models import Clock, Promise


def find(at: datetime, limits: Limits) -> Sequence[Sighting]:
    """See each team with ``limit`` or more open leads that nobody has touched for ``of`` hours.

    Only those past the first touch that the SLA terms promise: working hours are counted there.
    Excused and paused ones do not count. Two statements.
    """
    late = (
        Clock.objects.running()
        .filter(kind=Promise.FIRST_TOUCH, due_at__lt=at, paused_at=None, is_excused=False)
        .filter(handoff__is_decided=False, handoff__first_touch_at=None)
        .filter(handoff__made_at__lte=at - timedelta(hours=limits.of))
    )
    groups = (
        late.order_by().values_list("handoff__team").annotate(n=Count("pk"), first=Min("due_at"))
    )
    found = [(team, n, first) for team, n, first in groups if n >= limits.limit]
    names = dict(Team.objects.filter(pk__in=[team for team, *_ in found]).values_list("pk", "name"))
    return [
        Sighting(
            f"team:{team or 0}",
            {
                "team": team,
                "name": names.get(team, ""),
                "n": n,
                "hours": limits.of,
                "first_due": first.isoformat(),
                "waited": int((at - first).total_seconds() // 3600),
            },
            team=team,
        )
        for team, n, first in sorted(found, key=lambda one: one[0] or 0)
    ]


def says(figures: Figures) -> str:
    """Put the figures into a sentence."""
    said = ngettext(
        "%(n)d lead of %(name)s has been touched by nobody, past the promised first touch; "
        "the oldest was due %(waited)d hours ago.",
        "%(n)d leads of %(name)s have been touched by nobody, past the promised first touch; "
        "the oldest was due %(waited)d hours ago.",
        figures["n"],
    )
    return said % {**figures, "name": figures["name"] or gettext_lazy("no team")}


def behind(figures: Figures) -> LeadQuerySet:
    """Return the team's open leads without a touch that were due by then."""
    untouched = Handoff.objects.open().filter(team=figures["team"], first_touch_at=None)
    late = Clock.objects.running().filter(
        kind=Promise.FIRST_TOUCH, due_at__gte=figures["first_due"], handoff__in=untouched
    )
    return Lead.objects.filter(handoffs__in=late.filter(is_breached=True).values("handoff"))


UNTOUCHED = Watch(
    key="untouched",
    title=gettext_lazy("Leads wait untouched"),
    find=find,
    says=says,
    todo=gettext_lazy("Call the oldest first, or pass them on to somebody who has room."),
    url=lambda figures: (
        f"{reverse('team-board', args=[figures['team']])}?list=late"
        if figures["team"]
        else reverse("team")
    ),
    default=Limits(limit=3, of=4),
    limit_means=gettext_lazy("untouched leads of a team"),
    of_means=gettext_lazy("hours since the handoff, at least"),
    behind=behind,
    sides=("sales",),
    is_instant=True,
)
