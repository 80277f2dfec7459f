"""How a definition is checked and read, told to the agreements room."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from leads.database.registry import FACT_TYPES, FACTS, KINDS, PROPERTY_TYPES
from leads.dispositions.call_sheet import ANSWERS, NAMES
from portal.agreements.registry import AgreementKind, Part, Problem, register_kind
from scoring.definitions.segments import check_beside, check_order
from scoring.rules.clause_forms import Vocabulary
from scoring.rules.lint import errors
from scoring.rules.problems import Findings
from scoring.rules.schema import read_version, validate_clause, validate_version
from scoring.rules.sentences import clause_sentence

VOCABULARY = Vocabulary(
    facts=FACT_TYPES,
    properties=PROPERTY_TYPES,
    kinds=frozenset(kind.name for kind in KINDS),
    answers=frozenset(ANSWERS),
)

# Words inside a sentence, where a label that stands alone would not read on.
IN_SENTENCES = {
    "company_size": _("company size"),
    "team_size": _("team size"),
    "seniority:c_level": _("C-level"),
    "seniority:vp": _("VP"),
    "seniority:director": _("Director"),
    "seniority:head": _("Head of"),
    "seniority:manager": _("Manager"),
    "seniority:senior": _("Senior"),
    "seniority:junior": _("Junior"),
    "seniority:intern": _("Intern"),
    "seniority:student": _("Student"),
    "department:it": _("IT"),
    "department:customer_success": _("customer success"),
    "timeline:within_30_days": _("within 30 days"),
    "timeline:this_quarter": _("this quarter"),
    "timeline:this_year": _("this year"),
    "timeline:just_exploring": _("just exploring"),
    "budget:below_5000": _("below 5,000 a year"),
    "budget:5000_to_20000": _("5,000 to 20,000 a year"),
    "budget:above_20000": _("above 20,000 a year"),
    "budget:unknown": _("not known yet"),
}


def labels() -> dict[str, str]:
    """Return the words for facts, some of their values, activity kinds and the call sheet."""
    named = {fact.name: str(fact.label) for fact in FACTS}
    kinds = {kind.name: str(kind.label) for kind in KINDS}
    answers = {f"answer:{key}": str(name) for key, name in NAMES.items()}
    words = {name: str(words) for name, words in IN_SENTENCES.items()}
    return named | kinds | answers | words


def value_words(fact: str, value: object) -> str:
    """Return a fact's value as one reads it: a choice by its label, a number with its commas."""
    if isinstance(value, int):
        return f"{value:,}"
    return str(IN_SENTENCES.get(f"{fact}:{value}", value))


def rule_names(clauses: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of rules by key, for gates that ask for one."""
    return {
        clause["key"]: clause["body"].get("name", clause["key"])
        for clause in clauses
        if clause["kind"] == "rule"
    }


def _check_clause(kind: str, key: str, body: Mapping[str, Any]) -> Sequence[Problem]:
    return validate_clause(kind, key, body, VOCABULARY)


def _check_version(clauses: Sequence[Mapping[str, Any]]) -> Sequence[Problem]:
    """Return what cannot be read, else the lint's errors: both keep a draft from a proposal."""
    problems = validate_version(clauses, VOCABULARY)
    if problems:
        return problems
    return errors(read_version(clauses, VOCABULARY, Findings()))


def _sentence(
    kind: str, key: str, body: Mapping[str, Any], clauses: Sequence[Mapping[str, Any]]
) -> Sequence[Part]:
    return clause_sentence(kind, key, body, labels(), rule_names(clauses))


def register() -> None:
    """Called once when the app is ready."""
    register_kind(
        AgreementKind(
            name="definition",
            label=_("Definition"),
            clause_kinds={
                "segment": _("Segment"),
                "group": _("Group"),
                "rule": _("Rule"),
                "icp": _("ICP"),
                "gate": _("Gate"),
                "grade": _("Grade"),
                "total": _("Total"),
                "checklist": _("Checklist"),
            },
            check_clause=_check_clause,
            check_version=_check_version,
            sentence=_sentence,
            activated_event="definition.activated",
            check_beside=check_beside,
            check_order=check_order,
            has_segments=True,
        )
    )
