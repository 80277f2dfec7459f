"""The definition's own pages, told to the agreements room."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.agreements.registry import Addition, AgreementPages, ClauseText, register_pages
from scoring.definitions.services import KIND
from scoring.rules.defaults import default_clauses
from scoring.rules.definition import GATES
from scoring.workshop import words
from scoring.workshop.checks import second_looks
from scoring.workshop.forms import ChecklistForm, GateForm, GradeForm, GroupForm, IcpForm, TotalForm
from scoring.workshop.rule_form import RuleForm

RULE: dict[str, Any] = {"signal": "none", "disqualifies": False}


def additions(clauses: Sequence[ClauseText]) -> list[Addition]:
    """Return what may be added; what there is one of only while it is missing."""
    there = {clause["key"] for clause in clauses}
    return [*_rules(), *(one for one in _once() if one.key not in there)]


def _rules() -> list[Addition]:
    counted = {"type": "behaviour", "counts": "once", "within_days": 180}
    return [
        Addition(
            "activity",
            _("A rule on what a person does"),
            _("Visits, downloads, requests: counted once or each time, within days or with decay."),
            "rule",
            RULE | counted,
        ),
        Addition(
            "fact",
            _("A rule on who a person is"),
            _("Title, industry, size: points when a condition on facts holds."),
            "rule",
            RULE | {"type": "attribute"},
        ),
        Addition(
            "silence",
            _("A rule on silence"),
            _("Points, usually below zero, when nobody did something for so many days."),
            "rule",
            RULE | {"type": "silence", "days": 90},
        ),
        Addition(
            "group",
            _("A group"),
            _("Rules that are added, or of which the largest counts, with a cap of their own."),
            "group",
            {"dimension": "fit", "combine": "sum"},
        ),
    ]


def _once() -> list[Addition]:
    gates = [
        Addition(
            f"gate-{key}",
            _("The gate “%s”") % words.GATE_WORDS[key],
            _("What must hold for a lead to pass."),
            "gate",
            {},
            key,
        )
        for key in GATES
    ]
    grade = {"fit": {"A": "25", "B": "10"}, "engagement": {"1": "45", "2": "15"}}
    return [
        *gates,
        Addition("icp", _("The ICP"), _("The companies you are made for."), "icp", {}, "icp"),
        Addition("grade", _("The grade"), _("Where A, B and 1, 2 begin."), "grade", grade, "grade"),
        Addition("total", _("Limits of the total"), _("A cap or floor."), "total", {}, "total"),
        Addition(
            "checklist",
            _("Questions on accepting"),
            _("What an SDR confirms when a lead becomes an SQL."),
            "checklist",
            {},
            "checklist",
        ),
    ]


def register() -> None:
    """Called once when the app is ready."""
    register_pages(
        KIND,
        AgreementPages(
            list_name="definitions",
            version_name="definition",
            title=gettext_lazy("Definitions"),
            name=gettext_lazy("Qualified lead"),
            first_clauses=default_clauses,
            sections=words.sections,
            lead=words.lead,
            more=words.more,
            mark=words.mark,
            checks=second_looks,
            forms={
                "rule": RuleForm,
                "group": GroupForm,
                "gate": GateForm,
                "icp": IcpForm,
                "grade": GradeForm,
                "total": TotalForm,
                "checklist": ChecklistForm,
            },
            additions=additions,
        ),
    )
