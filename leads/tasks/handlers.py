"""What the follow-ups' room does when something happened."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.database.models import Lead, Stage
from leads.dispositions.models import Disposition, Outcome
from leads.tasks.models import FollowUp
from leads.tasks.services import NewFollowUp, close_follow_ups, create_follow_ups
from portal.accounts.models import Membership, Role, Team, User
from portal.events.models import Event
from portal.notifications.services import News, tell_each

FIRST_CALL = timedelta(days=1)


def open_follow_up(events: Sequence[Event], at: datetime) -> None:
    """``handoff.accepted``: the SQL's owner calls within a day, unless it was taken back."""
    accepted = (
        Disposition.objects.standing()
        .filter(outcome=Outcome.ACCEPTED, handoff__in=[event.subject_id for event in events])
        .select_related("handoff__lead")
    )
    create_follow_ups(
        [
            NewFollowUp(
                lead_id=one.handoff.lead_id,
                assignee_id=one.handoff.lead.owner_id,
                due_at=one.decided_at + FIRST_CALL,
                why=_("Call, then offer a demo or a proposal: sales accepted this lead."),
                key=key_of(one.pk),
            )
            for one in accepted
            if one.handoff.lead.owner_id is not None and one.decided_at is not None
        ],
        by=None,
        at=at,
    )


def close_follow_up(events: Sequence[Event], at: datetime) -> None:
    """``disposition.withdrawn``: nothing is left to follow up."""
    withdrawn = Disposition.objects.exclude(withdrawn_at=None).filter(
        handoff__in=[event.subject_id for event in events]
    )
    close_follow_ups([key_of(pk) for pk in withdrawn.values_list("pk", flat=True)], at=at)


def key_of(disposition_id: int) -> str:
    return f"accepted:{disposition_id}"


def tell_of_what_is_left(events: Sequence[Event], at: datetime) -> None:
    """``person.left``: tell the sales leads of their teams what waits for a new owner."""
    gone = User.objects.filter(pk__in=[event.subject_id for event in events], is_active=False)
    for person in gone.order_by("pk"):
        leads = Lead.objects.listed().filter(owner=person, stage=Stage.SQL, opportunities=None)
        count = leads.count() + FollowUp.objects.open().filter(assignee=person).count()
        if count:
            tell_each(_news_of(person, count), at=at)


def _news_of(person: User, count: int) -> list[News]:
    teams = Team.objects.filter(memberships__user=person)
    teams = teams if teams.exists() else Team.objects.filter(is_default=True)
    words = {"who": person.name, "count": count}
    text = ngettext(
        "%(who)s has left: %(count)d thing waits for a new owner.",
        "%(who)s has left: %(count)d things wait for a new owner.",
        count,
    )
    bosses = Membership.objects.filter(
        team__in=teams, user__role=Role.SALES_LEAD, user__is_active=True
    )
    return [
        News(
            user_id=place.user_id,
            kind="left",
            key=f"left:{person.pk}:{place.team_id}",
            text=text % words,
            url=reverse("team-left", args=[place.team_id]),
        )
        for place in bosses
    ]


def tell_new_owner(events: Sequence[Event], at: datetime) -> None:
    """``lead.passed_on``, ``follow_up.passed_on``: tell each who has it now, unless they did it."""
    leads = Lead.objects.in_bulk([one.subject_id for one in events if _is_about_lead(one)])
    others = [one.subject_id for one in events if not _is_about_lead(one)]
    follow_ups = FollowUp.objects.select_related("lead").in_bulk(others)
    tell_each(
        [
            _yours_now(event, what)
            for event in events
            if event.actor_id != event.payload["to"]
            and (what := (leads if _is_about_lead(event) else follow_ups).get(event.subject_id))
        ],
        at=at,
    )


def _is_about_lead(event: Event) -> bool:
    return event.kind == "lead.passed_on"


def _yours_now(event: Event, what: Lead | FollowUp) -> News:
    lead = what if isinstance(what, Lead) else what.lead
    text = _("%(lead)s is yours now: who had this SQL has left.") % {"lead": lead.label}
    if isinstance(what, FollowUp):
        text = _("A follow-up is yours now, %(lead)s: %(why)s") % {
            "lead": lead.label,
            "why": what.why,
        }
    return News(
        user_id=event.payload["to"],
        kind="left",
        key=f"passed:{event.pk}",
        text=text,
        url=lead.get_absolute_url(),
        lead_id=lead.pk,
    )
