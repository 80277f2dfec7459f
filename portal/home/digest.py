"""What one person's morning mail says: what waits, by role. Composed of what they may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.dispositions.errors import in_sentence
from leads.dispositions.models import Appeal, Disposition, Outcome
from leads.handoffs.models import Handoff, Origin
from leads.meetings.models import Meeting
from leads.tasks.models import FollowUp
from portal.accounts.models import Role, User
from portal.core.moments import moment_words
from portal.home.links import Line, Section, absolute
from portal.home.week import READS_THE_WEEK, monday_before, week_for, week_sections

SHOWN = 5  # lines of each section; the page behind it has all
DESK = frozenset({Role.SDR, Role.SALES_LEAD})
READS_REJECTIONS = frozenset({Role.MARKETING, Role.MARKETING_LEAD, Role.LEADERSHIP})


@dataclass(frozen=True)
class Digest:
    """Everything one mail says; ``subject`` names numbers only, no people."""

    user: User
    sections: list[Section]

    @property
    def is_empty(self) -> bool:
        return not self.sections

    @property
    def subject(self) -> str:
        return capfirst(", ".join(section.title for section in self.sections[:3]))


def digest_of(user: User, *, since: datetime, at: datetime) -> Digest:
    """Gather the digest of ``user`` in the zone at hand; a fixed number of queries.

    ``since`` is the beginning of the first day that the last one did not tell of: rejections and
    answers count from there to the beginning of today.
    """
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    tonight = midnight + timedelta(days=1)  # on the wall clock, also when it changes
    sections: list[Section | None] = []
    if user.role in DESK:
        sections += _desk(user, at, tonight)
    if user.role == Role.SALES_LEAD or user.role in READS_REJECTIONS:
        sections.append(_appeals(user, at))
    if user.role in READS_REJECTIONS:
        sections += [_rejections(user, since, midnight), _answers(user, since, midnight)]
    if user.role not in READS_REJECTIONS:
        sections += [_meetings(user, at, tonight), _follow_ups(user, tonight)]
    if user.role in READS_THE_WEEK and since < (monday := monday_before(at)):
        # The first one of a week, on Monday but for holidays, ends with the week before.
        sections += week_sections(week_for(user, until=monday), at=at)
    return Digest(user, [one for one in sections if one is not None])


def _desk(user: User, at: datetime, tonight: datetime) -> list[Section | None]:
    """What waits on the desk, or on the team's desks; what is breached or at risk first."""
    seen = Handoff.objects.open().visible_to(user)
    late, soon = Q(due_at__lte=at), Q(due_at__gt=at, warn_at__lte=at)
    counts = seen.awake(at).aggregate(
        all=Count("pk"), late=Count("pk", filter=late), soon=Count("pk", filter=soon)
    )
    board = absolute(reverse("team" if user.role == Role.SALES_LEAD else "desk"))
    pressing = seen.awake(at).filter(late | soon).for_list().order_by("due_at", "pk")
    waking = seen.filter(snoozed_until__gt=at, snoozed_until__lt=tonight).for_list()
    woken = list(waking.order_by("snoozed_until", "pk")[: SHOWN + 1])
    titles = [
        ngettext("%(n)d breached", "%(n)d breached", counts["late"]) % {"n": counts["late"]},
        ngettext("%(n)d at risk", "%(n)d at risk", counts["soon"]) % {"n": counts["soon"]},
        ngettext("%(n)d lead waits", "%(n)d leads wait", counts["all"]) % {"n": counts["all"]},
    ]
    numbers = (counts["late"], counts["soon"], counts["all"])
    said = [title for title, number in zip(titles, numbers, strict=True) if number]
    if not said:
        return [_waking(woken, board, at)]
    lines = [_handoff_line(one, one.due_at, user, at) for one in pressing[:SHOWN]]
    return [Section(", ".join(said), board, lines), _waking(woken, board, at)]


def _waking(woken: Sequence[Handoff], board: str, at: datetime) -> Section | None:
    if not woken:
        return None
    lines = [_handoff_line(one, one.snoozed_until, None, at) for one in woken[:SHOWN]]
    return Section(_("snoozed until today"), board, lines)


def _handoff_line(
    handoff: Handoff, when: datetime | None, reader: User | None, at: datetime
) -> Line:
    lead = handoff.lead
    named = f"{lead.label}, {lead.company}" if lead.company else lead.label
    owner = handoff.owner
    is_others = reader is not None and owner is not None and owner != reader
    with_ = _("with %(who)s") % {"who": owner} if is_others else ""
    due = _moment(when, at) if when else ""
    more = ", ".join(part for part in (due, with_) if part)
    return Line(named, absolute(handoff.get_absolute_url()), more)


def _appeals(user: User, at: datetime) -> Section | None:
    waiting = Appeal.objects.visible_to(user).open()
    count = waiting.count()
    if not count:
        return None
    title = ngettext("%(n)d open appeal", "%(n)d open appeals", count) % {"n": count}
    rows = waiting.for_list().order_by("made_at", "pk")[:SHOWN]
    lines = [
        Line(
            one.disposition.handoff.lead.label,
            absolute(one.get_absolute_url()),
            _("contested by %(who)s, %(when)s")
            % {"who": one.made_by, "when": _moment(one.made_at, at)},
        )
        for one in rows
    ]
    return Section(title, absolute(reverse("appeals")), lines)


def _rejections(user: User, since: datetime, until: datetime) -> Section | None:
    """How often sales said no since the last digest, by reason, the most frequent first."""
    handoffs = Handoff.objects.visible_to(user)
    rows = Disposition.objects.standing().filter(
        outcome=Outcome.REJECTED,
        origin=Origin.LIVE,
        decided_at__gte=since,
        decided_at__lt=until,
    )
    if not user.sees_everything:
        rows = rows.filter(handoff__in=handoffs.values("pk"))
    by_reason = list(rows.order_by().values_list("reason", "reason__label").annotate(n=Count("pk")))
    count = sum(n for _code, _label, n in by_reason)
    if not count:
        return None
    by_reason.sort(key=lambda row: (-row[2], row[1]))
    title = ngettext("%(n)d rejection", "%(n)d rejections", count) % {"n": count}
    drill = reverse("rejected-leads")
    day = timezone.localtime(since).date().isoformat()
    lines = [
        Line(
            f"{n} {in_sentence(label)}",
            absolute(f"{drill}?outcome=rejected&reason={code}&since={day}"),
        )
        for code, label, n in by_reason[: 2 * SHOWN]
    ]
    return Section(title, absolute(reverse("rejections")), lines)


def _answers(user: User, since: datetime, until: datetime) -> Section | None:
    rows = Appeal.objects.visible_to(user).answered().for_list()
    rows = rows.filter(answered_at__gte=since, answered_at__lt=until)
    found = list(rows.order_by("-answered_at", "-pk")[: SHOWN + 1])
    if not found:
        return None
    lines = [
        Line(
            one.disposition.handoff.lead.label,
            absolute(one.get_absolute_url()),
            (_("granted by %(who)s") if one.is_granted else _("upheld by %(who)s"))
            % {"who": one.answered_by},
        )
        for one in found[:SHOWN]
    ]
    return Section(_("appeals answered"), absolute(f"{reverse('appeals')}?answered"), lines)


def _meetings(user: User, at: datetime, tonight: datetime) -> Section | None:
    rows = (
        Meeting.objects.visible_to(user).planned().filter(starts_at__gt=at, starts_at__lt=tonight)
    )
    if user.role != Role.SALES_LEAD:
        rows = rows.of(user)
    count = rows.count()
    if not count:
        return None
    title = ngettext("%(n)d meeting", "%(n)d meetings", count) % {"n": count}
    lines = [
        Line(
            f"{timezone.localtime(one.starts_at):%H:%M} {one.subject}",
            absolute(one.get_absolute_url()),
            one.lead.label if one.host_id == user.pk else f"{one.lead.label}, {one.host}",
        )
        for one in rows.for_list().order_by("starts_at", "pk")[:SHOWN]
    ]
    return Section(title, absolute(reverse("meetings")), lines)


def _follow_ups(user: User, tonight: datetime) -> Section | None:
    rows = FollowUp.objects.visible_to(user).open().filter(assignee=user, due_at__lt=tonight)
    count = rows.count()
    if not count:
        return None
    title = ngettext("%(n)d follow-up", "%(n)d follow-ups", count) % {"n": count}
    url = absolute(reverse("follow-ups"))
    first = rows.select_related("lead").order_by("due_at", "pk")[:SHOWN]
    return Section(title, url, [Line(one.why, url, one.lead.label) for one in first])


def _moment(when: datetime, at: datetime) -> Any:
    return moment_words(timezone.localtime(when), timezone.localtime(at))
