"""The product on one page: what follows from what.

``settle`` (scoring.engine) has already stored standing, stage, handoff and evidence when
``handoff.made`` is recorded; a disposition has already moved the lead when ``handoff.rejected``
is. Each line names who acts next, in order: ``now`` marks what a person waits for, ``UNDO`` what
must not happen before the undo window has closed. Bells carry no event: they say which rows want
looking at (portal/events/bells.py).
"""

from collections.abc import Mapping
from datetime import timedelta

from leads.database import restating as database
from leads.database.watching import MQL_TO_SQL
from leads.dispositions import handlers as dispositions
from leads.dispositions.watching import SOURCE_REJECTED
from leads.handoffs import handlers as handoffs
from leads.meetings import handlers as meetings
from leads.nurture import handlers as nurture
from leads.routing import handlers as routing
from leads.tasks import handlers as tasks
from portal.agreements.watching import REVIEW_OVERDUE
from portal.core.sightings import Watch
from portal.events.table import Bell, Handler, Table
from portal.home import agreed, alerting
from portal.home.pressure import GATE_LOWERED
from scoring.backtest import handlers as backtests
from scoring.engine import handlers as engine
from scoring.engine import services as scoring
from scoring.engine.reconstruct import reconstruct
from scoring.feedback.watching import RULE_FALLEN
from sla.breaches import handlers as sla
from sla.breaches.watching import UNTOUCHED
from sla.escalations import handlers as escalations

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
    "handoff.hold_broken": (Handler(handoffs.tell_holder),),
    # touch and disposition
    "handoff.touched": (Handler(sla.keep_clocks, now=True),),
    "handoff.talk_changed": (Handler(sla.keep_clocks, now=True),),
    # a decision: whoever made it is at the next lead already, so all of it is the worker's
    "handoff.accepted": (
        Handler(sla.keep_clocks),
        Handler(tasks.open_follow_up),
        Handler(routing.route_into_freed_room),
    ),
    "handoff.rejected": (
        Handler(sla.keep_clocks),
        Handler(engine.wake_on_recycle_date),
        Handler(routing.route_into_freed_room),
        Handler(dispositions.tell_marketing, after=UNDO),
    ),
    "disposition.withdrawn": (
        Handler(sla.keep_clocks, now=True),
        Handler(tasks.close_follow_up, now=True),
    ),
    # an appeal: a granted one hands the lead over again
    "rejection.contested": (Handler(dispositions.tell_of_contest),),
    "appeal.answered": (
        Handler(engine.hand_over_again, now=True),
        Handler(dispositions.tell_of_answer),
    ),
    # meetings: the .ics leaves once the undo window has closed
    "meeting.booked": (Handler(meetings.send_calendar, after=UNDO),),
    "meeting.moved": (Handler(meetings.send_calendar, after=UNDO),),
    "meeting.cancelled": (Handler(meetings.send_calendar, after=UNDO),),
    # what both sides write and sign
    "agreement.commented": (Handler(agreed.tell_of_talk, now=True),),
    "agreement.proposed": (Handler(agreed.tell_signers, now=True),),
    "agreement.declined": (Handler(agreed.tell_of_decline, now=True),),
    "agreement.order_asked": (Handler(agreed.tell_of_order, now=True),),
    "agreement.overridden": (Handler(agreed.tell_of_override, now=True),),
    "review.due": (Handler(agreed.tell_of_review),),
    "review.overdue": (Handler(agreed.tell_of_review),),
    # two leads that are one, and two again
    "lead.merged": (
        Handler(nurture.let_go),
        Handler(dispositions.gather_late, after=UNDO),
        Handler(engine.renew_columns),
    ),
    "lead.unmerged": (Handler(nurture.nurture), Handler(engine.renew_columns)),
    "derived_table.changed": (Handler(database.restate, after=UNDO),),  # typed wrong: once more
    "derived_table.continued": (Handler(database.restate),),
    "lead.erased": (Handler(nurture.let_go), Handler(engine.forget_columns)),
    # a version came into force and everybody is scored by it
    "rescore.finished": (Handler(engine.renew_columns), Handler(backtests.report_activation)),
    # clocks
    "clock.breached": (Handler(escalations.begin_escalation),),
    "terms.activated": (Handler(sla.keep_signed_calendars),),
    "calendar.changed": (Handler(sla.recompute_clocks),),
    "calendar.chosen": (Handler(sla.recompute_clocks),),
    # history that an import brought: evidence as of its instant, in batches
    "import.finished": (Handler(engine.renew_columns), Handler(reconstruct)),
    "import.cancelled": (Handler(reconstruct),),
    "import.failed": (Handler(reconstruct),),
    "evidence.continued": (Handler(reconstruct),),
    # what the numbers say by themselves (WATCHES, below), and where that is said
    "alert.opened": (Handler(alerting.tell_of_alert),),
    "alert.mail_owed": (Handler(alerting.mail_alert, outside=True),),
    "channel.owed": (Handler(alerting.speak, outside=True),),
    # people
    "member.changed": (Handler(routing.route_after_member_change),),
    "absence.ended": (Handler(routing.route_after_member_change, now=True),),
    "team.changed": (Handler(routing.take_back_from_former_members, now=True),),
    "person.left": (
        Handler(routing.take_back_from_leavers, now=True),
        Handler(tasks.tell_of_what_is_left),
    ),
    "lead.passed_on": (Handler(tasks.tell_new_owner),),
    "follow_up.passed_on": (Handler(tasks.tell_new_owner),),
}

BELLS: Mapping[str, tuple[Bell, ...]] = {
    "lead.stale": (scoring.settle_now,),
}

# What the numbers are asked each hour or each night; what they say is an alert (portal/watches).
WATCHES: tuple[Watch, ...] = (
    SOURCE_REJECTED,
    UNTOUCHED,
    MQL_TO_SQL,
    RULE_FALLEN,
    GATE_LOWERED,
    REVIEW_OVERDUE,
)
