"""What making one of two leads would do, side by side, before it is done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.activities.models import Activity
from leads.database.fact_rows import TEXTS
from leads.database.facts import known_facts, since
from leads.database.models import FactText, Lead, Stage
from leads.database.queries import SAID_BY
from leads.database.registry import FACTS, SetBy
from leads.database.timeline import FactRow
from leads.dispositions.merge_checks import must_close, obstacles, open_handoff_of, stage_apart
from leads.dispositions.merge_facts import facts_of
from leads.dispositions.merge_values import Choice, choices_of
from leads.dispositions.merge_ways import count_moving
from leads.handoffs.models import Handoff

MOVES: Mapping[str, Promise] = {
    "leads.Activity.lead": gettext_lazy("Activities"),
    "leads.Note.lead": gettext_lazy("Notes and questions"),
    "leads.Handoff.lead": gettext_lazy("Handoffs, with their decisions"),
    "leads.Opportunity.lead": gettext_lazy("Opportunities"),
    "leads.Meeting.lead": gettext_lazy("Meetings"),
    "leads.FollowUp.lead": gettext_lazy("Follow-ups"),
    "leads.Consent.lead": gettext_lazy("Consents"),
}


@dataclass(frozen=True)
class Line:
    """One thing that both have: each side's words, whose stays, and why."""

    label: str | Promise
    kept: str
    gone: str
    is_from_gone: bool
    why: str | Promise

    @property
    def differs(self) -> bool:
        return self.kept != self.gone


@dataclass(frozen=True)
class MergePreview:
    """``closes`` is the open handoff of ``gone`` that is rejected as a duplicate, if any."""

    kept: Lead
    gone: Lead
    lines: list[Line]
    facts: list[Line]
    moves: list[tuple[str | Promise, int]]
    warnings: list[str]
    obstacles: list[str]
    closes: Handoff | None


def preview(
    kept: Lead, gone: Lead, *, at: datetime | None = None, rejects: bool = False
) -> MergePreview:
    """Compare two leads as ``merge`` would make them one. A fixed number of queries.

    ``rejects``: the open handoff of ``gone`` is rejected as a duplicate, as at the desk. Facts
    are those known ``at``, the latest ones without it.
    """
    closes = open_handoff_of(gone) if rejects else must_close(kept, gone)
    stage = stage_apart(gone, stage=gone.stage, is_closed=closes is not None)
    found = obstacles(kept, gone, is_closed=closes is not None)
    counted = count_moving(list(MOVES), gone=gone.pk, kept=kept.pk) if not found else {}
    return MergePreview(
        kept=kept,
        gone=gone,
        lines=[_line(one, kept, gone) for one in choices_of(kept, gone, gone_stage=stage)],
        facts=_facts(kept, gone, at=at),
        moves=[(MOVES[label], n) for label, n in counted.items() if n],
        warnings=list(_warnings(kept, gone, closes)),
        obstacles=found,
        closes=closes,
    )


def _line(choice: Choice, kept: Lead, gone: Lead) -> Line:
    own, other = _words(choice.name, kept), _words(choice.name, gone)
    return Line(choice.label, own, other, choice.is_from_gone, choice.why)


def _words(name: str, lead: Lead) -> str:
    if name == "stage":
        return str(Stage(lead.stage).label)
    if name == "origin":
        return ", ".join(str(one) for one in (lead.source, lead.campaign) if one)
    if name == "extra":
        return ", ".join(sorted(lead.extra))
    value: Any = getattr(lead, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "j M Y")
    return str(value or "")


def _facts(kept: Lead, gone: Lead, *, at: datetime | None) -> list[Line]:
    """What is known of both now, and which of it stays: it is woven as the merge will."""
    rows = [known_facts([lead.pk], until=at).get(lead.pk) for lead in (kept, gone)]
    own, other = ({} if row is None else row[-1].values for row in rows)
    woven = facts_of([kept, gone], into=kept if kept.email_key else gone).rows
    until = None if at is None else int(at.timestamp())
    known = [row for row in woven if until is None or row.since <= until]
    after = _in_words(known[-1]) if known else {}
    return [
        Line(
            fact.label,
            str(own.get(fact.name, "")),
            str(other.get(fact.name, "")),
            is_from_gone=after.get(fact.name) != own.get(fact.name),
            why=_why(known[-1], fact.name),
        )
        for fact in FACTS
        if fact.name in own or fact.name in other
    ]


def _in_words(row: FactRow) -> dict[str, str | int]:
    codes = {value for name, value in row.values.items() if name in TEXTS}
    texts = dict(FactText.objects.filter(pk__in=codes).values_list("pk", "text"))
    return {n: texts[value] if n in TEXTS else value for n, value in row.values.items()}


def _why(row: FactRow, name: str) -> str:
    """Say who said what stays, and since when: that is what decided."""
    if name not in row.origins:
        return ""
    set_by, seconds = row.origins[name]
    day = date_format(localtime(since(seconds)), "j M Y")
    words = {"who": SAID_BY[SetBy(set_by)], "day": day}
    if set_by == SetBy.DERIVED:
        return _("Worked out, known since %(day)s.") % words
    return _("From %(who)s, known since %(day)s.") % words


def _warnings(kept: Lead, gone: Lead, closes: Handoff | None) -> Iterator[str]:
    """Say what somebody should look at twice, and what follows for sales."""
    if kept.company_id and gone.company_id and kept.company_id != gone.company_id:
        yield _("They are with two companies. Are they one person?")
    if (
        kept.name_key
        and gone.name_key
        and not set(kept.name_key.split()) & set(gone.name_key.split())
    ):
        yield _("Their names have no word in common. Are they one person?")
    if closes is not None:
        yield _("The open handoff of %(lead)s is rejected as a duplicate; its clocks stop.") % {
            "lead": gone
        }
    elif (handoff := open_handoff_of(gone)) is not None:
        yield _("The open handoff of %(lead)s goes on for %(stays)s, with %(owner)s.") % {
            "lead": gone,
            "stays": kept,
            "owner": handoff.owner or _("nobody yet"),
        }
    same = _told_twice(kept, gone)
    if same:
        yield ngettext(
            "%(n)d activity stands on both at the same second. Each counts, as it would on one "
            "lead; mark one as a machine’s if it is not real.",
            "%(n)d activities stand on both at the same second. Each counts, as it would on one "
            "lead; mark one as a machine’s if it is not real.",
            same,
        ) % {"n": same}


def _told_twice(kept: Lead, gone: Lead) -> int:
    like = {name: OuterRef(name) for name in ("kind", "occurred_at")}
    own = Activity.objects.filter(lead=kept, is_bot=False, **like)
    return Activity.objects.filter(Exists(own), lead=gone, is_bot=False).count()
