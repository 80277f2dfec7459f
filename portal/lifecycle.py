"""The product on one page: what follows from what.

``settle`` (scoring.engine) has already stored standing, stage, handoff and evidence when
``handoff.made`` is recorded; a disposition has already moved the lead when ``handoff.rejected``
is. Each line names who acts next, in order: ``now`` marks what a person waits for, ``UNDO`` what
must not happen before the undo window has closed. Bells carry no event: they say which rows want
looking at (portal/events/bells.py).
"""

from collections.abc import Mapping
from datetime import timedelta

from leads.dispositions import handlers as dispositions
from leads.handoffs import handlers as handoffs
from leads.nurture import handlers as nurture
from leads.routing import handlers as routing
from leads.tasks import handlers as tasks
from portal.events.table import Bell, Handler, Table
from scoring.engine import handlers as engine
from scoring.engine import services as scoring
from scoring.engine.reconstruct import reconstruct
from sla.breaches import handlers as sla

UNDO = timedelta(seconds=10)

HANDLERS: Table = {
    # capture -> settle (a bell, below) -> qualified, handed off
    "lead.qualified": (Handler(nurture.nurture),),
    "handoff.made": (
        Handler(routing.route, now=True),
        Handler(sla.keep_clocks, now=True),
        Handler(nurture.let_go),
        Handler(handoffs.tell_owner),
    ),
    "handoff.routed": (Handler(sla.keep_clocks, now=True), Handler(handoffs.tell_owner)),
    "handoff.returned": (Handler(routing.route, now=True), Handler(sla.keep_clocks, now=True)),
    # touch and disposition
    "handoff.touched": (Handler(sla.keep_clocks, now=True),),
    "handoff.accepted": (
        Handler(sla.keep_clocks, now=True),
        Handler(tasks.open_follow_up, now=True),
        Handler(routing.route_into_freed_room),
    ),
    "handoff.rejected": (
        Handler(sla.keep_clocks, now=True),
        Handler(engine.wake_on_recycle_date),
        Handler(routing.route_into_freed_room),
        Handler(dispositions.tell_marketing, after=UNDO),
    ),
    "disposition.withdrawn": (
        Handler(sla.keep_clocks, now=True),
        Handler(tasks.close_follow_up, now=True),
    ),
    # clocks
    "clock.breached": (Handler(sla.tell_of_breaches),),
    "calendar.changed": (Handler(sla.recompute_clocks),),
    "calendar.chosen": (Handler(sla.recompute_clocks),),
    # history that an import brought: evidence as of its instant, in batches
    "import.finished": (Handler(reconstruct),),
    "import.cancelled": (Handler(reconstruct),),
    "import.failed": (Handler(reconstruct),),
    "evidence.continued": (Handler(reconstruct),),
    # people
    "member.changed": (Handler(routing.route_after_member_change),),
    "team.changed": (Handler(routing.take_back_from_former_members, now=True),),
    "person.left": (Handler(routing.take_back_from_leavers, now=True),),
}

BELLS: Mapping[str, tuple[Bell, ...]] = {
    "lead.stale": (scoring.settle_now,),
}
