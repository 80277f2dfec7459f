"""The definition's own pages, told to the agreements room."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.agreements.agenda import register_agenda
from portal.agreements.registry import Addition, AgreementPages, ClauseText, Tab, register_pages
from scoring.backtest.panels import COMPARE, SIGN, TAB
from scoring.definitions.services import KIND
from scoring.definitions.starters import starters
from scoring.definitions.whom import whom_of
from scoring.rules.defaults import default_clauses
from scoring.rules.definition import GATES
from scoring.workshop import words
from scoring.workshop.agenda import agenda
from scoring.workshop.catalogue import prefilled
from scoring.workshop.checks import second_looks
from scoring.workshop.forms import (
    ChecklistForm,
    GateForm,
    GradeForm,
    GroupForm,
    IcpForm,
    SegmentForm,
    TotalForm,
)
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
    whom = _("Only these leads are scored by it. The definition for everybody has none.")
    return [
        *gates,
        Addition("segment", _("The segment"), whom, "segment", {}, "segment"),
        Addition("icp", _("The ICP"), _("The companies you are made for."), "icp", {}, "icp"),
        Addition("grade", _("The grade"), _("Where A, B and 1, 2 begin."), "grade", grade, "grade"),
        Addition("total", _("Limits of the total"), _("A cap or floor."), "total", {}, "total"),
        Addition(
            "checklist",
            _("A checklist for accepting"),
            _("Which answers of the call sheet an SQL must have."),
            "checklist",
            {},
            "checklist",
        ),
    ]


def register() -> None:
    """Called once when the app is ready."""
    register_agenda(agenda)
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
            whom=whom_of,
            checks=second_looks,
            forms={
                "rule": RuleForm,
                "group": GroupForm,
                "gate": GateForm,
                "icp": IcpForm,
                "segment": SegmentForm,
                "grade": GradeForm,
                "total": TotalForm,
                "checklist": ChecklistForm,
            },
            additions=additions,
            starters=starters,
            tabs=(
                Tab("definition-preview", gettext_lazy("What it would do")),
                Tab("definition-try", gettext_lazy("Try a lead")),
                TAB,
            ),
            compare_panels=(COMPARE,),
            sign_panels=(SIGN,),
            side_name="definition-preview",
            segments_name="definition-segments",
            guide_name="definition-begin",
            catalogue_name="definition-catalogue",
            prefill=prefilled,
        ),
    )
