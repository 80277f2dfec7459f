"""The decided handoffs behind one number: every cell of a page opens what it counted."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from leads.database.models import Opportunity
from leads.dispositions.models import Disposition, Outcome
from leads.handoffs.models import ON_A_WORD
from scoring.feedback import counts
from scoring.feedback.decided import APART

CELL = ("outcome", "reason", "rule", "fired", "also", "needed", "named", "low", "high", "grade",
        "won", "signal", "times", "judging")  # fmt: skip
EVIDENCE = "handoff__evidence__"
MOST_TIMES = 3  # so many fired rules of a signal, and more

Rows = QuerySet[Disposition]
Wanted = Mapping[str, str]


def behind(rows: Rows, wanted: Wanted) -> Rows:
    """Narrow to one cell.

    ``outcome``, ``reason``, ``grade``; ``low`` and ``high`` of the total, both included;
    ``rule`` and whether it had ``fired`` (no: it had not), ``also`` a second rule that had;
    ``needed`` a rule without which the handoff would not have been made; ``named`` one that the
    SDR named as wrong; ``signal`` and how many ``times`` rules of it had fired, 3 for more too;
    ``won``; ``judging``: only handoffs that judge rules.
    """
    if wanted.get("judging"):
        rows = judging(rows)
    for narrow in (_by_decision, _by_score, _by_rule, _by_signal):
        rows = narrow(rows, wanted)
    return rows


def _by_decision(rows: Rows, wanted: Wanted) -> Rows:
    if wanted.get("outcome") in Outcome.values:
        rows = rows.filter(outcome=wanted["outcome"])
    if wanted.get("reason"):
        rows = rows.filter(reason=wanted["reason"])
    if wanted.get("won"):
        won = Opportunity.objects.filter(outcome=Opportunity.Outcome.WON)
        rows = rows.filter(handoff__in=won.values("handoff"))
    if named := wanted.get("named", ""):
        # Text, because SQLite cannot ask whether a JSON list contains something.
        rows = rows.annotate(named=Cast("wrong_rules", TextField()))
        rows = rows.filter(named__contains=f'"{named}"')
    return rows


def _by_score(rows: Rows, wanted: Wanted) -> Rows:
    for name, lookup in (("low", "gte"), ("high", "lte")):
        if (number := _whole(wanted.get(name, ""))) is not None:
            rows = rows.filter(**{f"{EVIDENCE}total__{lookup}": number})
    if wanted.get("grade"):
        rows = rows.filter(**{f"{EVIDENCE}grade": wanted["grade"]})
    return rows


def _by_rule(rows: Rows, wanted: Wanted) -> Rows:
    for name in ("rule", "also", "needed"):
        if key := wanted.get(name, ""):
            field = "needed" if name == "needed" else "fired"
            is_set = name != "rule" or wanted.get("fired") != "no"
            rows = _with_bit(rows, key, field=field, alias=f"bit_{name}", is_set=is_set)
    return rows


def _by_signal(rows: Rows, wanted: Wanted) -> Rows:
    signal, times = wanted.get("signal", ""), _whole(wanted.get("times", ""))
    if not signal or times is None:
        return rows
    versions = _versions(rows)
    whens = [
        When(
            **{f"{EVIDENCE}version": pk},
            then=sum(
                (
                    F(f"{EVIDENCE}fired").bitrightshift(place).bitand(1)
                    for place, rule in enumerate(rules)
                    if rule.signal == signal
                ),
                start=Value(0),
            ),
        )
        for pk, rules in counts.rules_by_version(versions).items()
    ]
    count = Case(*whens, default=Value(0), output_field=IntegerField())
    rows = rows.annotate(signals=count)
    return rows.filter(signals__gte=times) if times >= MOST_TIMES else rows.filter(signals=times)


def _versions(rows: Rows) -> QuerySet[Any, Any]:
    """Return the ids of the versions behind these handoffs, each once."""
    with_evidence = rows.filter(**{f"{EVIDENCE}isnull": False}).order_by()
    return with_evidence.values_list(f"{EVIDENCE}version", flat=True).distinct()


def judging(rows: Rows) -> Rows:
    """Only handoffs that say something about rules: made by a gate, and judged as leads."""
    says_something = ~Q(reason__effect__in=APART) | Q(reason=None)
    return rows.filter(says_something, **{f"{EVIDENCE}isnull": False}).exclude(
        handoff__cause__in=ON_A_WORD
    )


def _with_bit(rows: Rows, key: str, *, field: str, alias: str, is_set: bool) -> Rows:
    masks = _masks(_versions(rows), key)
    bit = Case(
        *(
            When(**{f"{EVIDENCE}version": pk}, then=F(f"{EVIDENCE}{field}").bitand(mask))
            for pk, mask in masks.items()
        ),
        default=Value(0),
        output_field=IntegerField(),
    )
    rows = rows.filter(**{f"{EVIDENCE}version__in": masks}).annotate(**{alias: bit})
    return rows.filter(**{f"{alias}__gt": 0}) if is_set else rows.filter(**{alias: 0})


def _masks(version_ids: QuerySet[Any, Any], key: str) -> dict[int, int]:
    """Return the rule's bit in each version that has the rule."""
    return {
        pk: 1 << place
        for pk, rules in counts.rules_by_version(version_ids).items()
        for place, rule in enumerate(rules)
        if rule.key == key
    }


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    is_whole = digits.isascii() and digits.isdecimal() and len(digits) < 7
    return int(text) if is_whole else None
