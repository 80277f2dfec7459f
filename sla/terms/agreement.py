"""What agreements need to know about SLA terms: kinds of clauses, checks, sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.agreements.registry import AgreementKind
from sla.terms.checks import Problem, check_clause, check_version
from sla.terms.queries import KIND
from sla.terms.sentences import Part, sentence
from sla.terms.text import ClauseKind


def _check(kind: str, key: str, body: Mapping[str, Any]) -> list[Problem]:
    return check_clause(kind, body)


def _sentence(
    kind: str, key: str, body: Mapping[str, Any], clauses: Sequence[Mapping[str, Any]]
) -> Sequence[Part]:
    calendars = {row["key"]: row["body"] for row in clauses if row["kind"] == ClauseKind.CALENDAR}
    return sentence(kind, body, calendars)


TERMS = AgreementKind(
    name=KIND,
    clause_kinds={
        ClauseKind.PROMISE.value: _("Promises"),
        ClauseKind.TOUCH_POLICY.value: _("What counts as a touch"),
        ClauseKind.CALENDAR.value: _("Calendars"),
    },
    check_clause=_check,
    check_version=check_version,
    sentence=_sentence,
    activated_event="terms.activated",
    label=_("SLA terms"),
)
