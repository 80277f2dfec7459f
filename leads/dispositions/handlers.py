"""What the dispositions' room does when something happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from leads.dispositions.effects import marketing_leads
from leads.dispositions.errors import in_sentence
from leads.dispositions.merging import gather
from leads.dispositions.models import Appeal, Disposition, Merge, Outcome
from leads.handoffs.models import Cause, Handoff
from portal.accounts.models import Membership, Role, User
from portal.events.models import Event
from portal.notifications.services import News, tell_each


def tell_marketing(events: Sequence[Event], at: datetime) -> None:
    """Tell the marketing leads of rejections that still stand once the undo window is over."""
    standing = (
        Disposition.objects.standing()
        .filter(outcome=Outcome.REJECTED, handoff__in=[event.subject_id for event in events])
        .select_related("handoff__lead", "decided_by", "reason")
    )
    people = marketing_leads()
    tell_each(
        [
            News(
                user_id=person.pk,
                kind="rejection",
                key=f"disposition:{one.pk}",
                text=_("%(who)s rejected %(lead)s: %(reason)s.")
                % {
                    "who": one.decided_by,
                    "lead": one.handoff.lead.label,
                    "reason": in_sentence(one.reason.label) if one.reason else "",
                },
                url=one.handoff.lead.get_absolute_url(),
                lead_id=one.handoff.lead_id,
            )
            for one in standing
            for person in people
        ],
        at=at,
    )


def tell_of_contest(events: Sequence[Event], at: datetime) -> None:
    """``rejection.contested``: tell who may answer, and who rejected, of appeals that wait."""
    waiting = [one for one in _appeals(events) if one.answered_at is None]
    answering = _who_answers([one.disposition.handoff for one in waiting])
    news = []
    for one in waiting:
        rejected_by = one.disposition.decided_by
        words = {
            "who": one.made_by,
            "lead": one.disposition.handoff.lead.label,
            "sdr": rejected_by,
        }
        others = _(
            "%(who)s contests the rejection of %(lead)s by %(sdr)s: it waits for your answer."
        )
        own = _("%(who)s contests your rejection of %(lead)s. A sales lead answers.")
        asked = answering[one.disposition.handoff_id]
        news += [_appeal_news(one, user.pk, "contested", others % words) for user in asked]
        if rejected_by is not None and rejected_by not in asked:
            news.append(_appeal_news(one, rejected_by.pk, "contested", own % words))
    tell_each(news, at=at)


def tell_of_answer(events: Sequence[Event], at: datetime) -> None:
    """``appeal.answered``: tell who asked, and who had rejected, how it was answered."""
    news = []
    for one in _appeals(events):
        if one.answered_at is None:
            continue
        people = {one.made_by_id, one.disposition.decided_by_id} - {one.answered_by_id, None}
        text = _answer_words(one)
        news += [_appeal_news(one, pk, "answered", text) for pk in sorted(filter(None, people))]
    tell_each(news, at=at)


def _answer_words(appeal: Appeal) -> str:
    words = {"who": appeal.answered_by, "lead": appeal.disposition.handoff.lead.label}
    if not appeal.is_granted:
        return _("%(who)s upheld the rejection of %(lead)s.") % words
    if appeal.handoff is not None and appeal.handoff.cause != Cause.APPEAL:
        return _("%(who)s granted the appeal for %(lead)s: sales has the lead already.") % words
    return _("%(who)s granted the appeal: %(lead)s goes to sales again.") % words


def _appeals(events: Sequence[Event]) -> list[Appeal]:
    handoffs = [event.subject_id for event in events]
    rows = Appeal.objects.for_list().filter(disposition__handoff__in=handoffs)
    return list(rows.filter(disposition__withdrawn_at=None).order_by("pk"))


def _who_answers(handoffs: Iterable[Handoff]) -> dict[int, list[User]]:
    """Return for each handoff the sales leads of its team, the admins where there is none."""
    handoffs = list(handoffs)
    places = Membership.objects.filter(
        team__in={one.team_id for one in handoffs},
        user__role=Role.SALES_LEAD,
        user__is_active=True,
    )
    leads: defaultdict[int | None, list[User]] = defaultdict(list)
    for place in places.select_related("user").order_by("user"):
        leads[place.team_id].append(place.user)
    found = {one.pk: leads[one.team_id] for one in handoffs}
    if all(found.values()):
        return found
    admins = list(User.objects.filter(role=Role.ADMIN, is_active=True))
    return {pk: people or admins for pk, people in found.items()}


def _appeal_news(appeal: Appeal, user_id: int, what: str, text: str) -> News:
    return News(
        user_id=user_id,
        kind="appeal",
        key=f"appeal:{appeal.pk}:{what}",
        text=text,
        url=appeal.get_absolute_url(),
        lead_id=appeal.disposition.handoff.lead_id,
    )


def gather_late(events: Sequence[Event], at: datetime) -> None:
    """``lead.merged``: what another transaction wrote down for the one that went comes along.

    It found that lead before the merge and was committed after it.
    """
    rows = Merge.objects.filter(pk__in=[event.payload["merge"] for event in events])
    for row in rows.filter(undone_at=None).order_by("pk"):
        gather(row, at=at)
