"""What agreements need to know about SLA terms: kinds of clauses, checks, sentences."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.agreements.models import Version
from portal.agreements.queries import versions_in_force
from portal.agreements.registry import (
    AgreementKind,
    AgreementPages,
    Panel,
    Tab,
    register_kind,
    register_pages,
)
from sla.terms.additions import additions
from sla.terms.checks import check_clause, check_version
from sla.terms.defaults import default_clauses
from sla.terms.forms import CalendarForm, TouchPolicyForm
from sla.terms.order import names_before
from sla.terms.promise_checks import Problem
from sla.terms.promise_form import PromiseForm
from sla.terms.queries import KIND
from sla.terms.sentences import Part, sentence
from sla.terms.text import ClauseKind


def _check(kind: str, key: str, body: Mapping[str, Any]) -> list[Problem]:
    return check_clause(kind, body)


def _sentence(
    kind: str, key: str, body: Mapping[str, Any], clauses: Sequence[Mapping[str, Any]]
) -> Sequence[Part]:
    calendars = {row["key"]: row["body"] for row in clauses if row["kind"] == ClauseKind.CALENDAR}
    clause = next((one for one in clauses if one["key"] == key), None)
    return sentence(kind, body, calendars, names_before(clause, clauses) if clause else ())


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
    place=names_before,
    label=_("SLA terms"),
)


def _first_clauses() -> list[dict[str, Any]]:
    return default_clauses(Organisation.current().zone)


def _definitions(
    version: Version, base: Version | None, user: User, at: datetime
) -> dict[str, Any]:
    """Return the definitions beside which these terms hold: now, or from their day on."""
    since = version.effective_from
    when = max(at, since) if since else at
    return {"versions": versions_in_force("definition", at=when)}


PAGES = AgreementPages(
    list_name="terms",
    version_name="terms-version",
    title=_("SLA terms"),
    name=_("SLA terms"),
    first_clauses=_first_clauses,
    tabs=(Tab("terms-rehearsal", _("Rehearsal")),),
    print_panels=(Panel("sla/terms/_definitions.html", _definitions),),
    additions=additions,
    forms={
        ClauseKind.PROMISE.value: PromiseForm,
        ClauseKind.TOUCH_POLICY.value: TouchPolicyForm,
        ClauseKind.CALENDAR.value: CalendarForm,
    },
)


def register() -> None:
    """Tell the agreements room how SLA terms are checked, read and edited."""
    register_kind(TERMS)
    register_pages(KIND, PAGES)
