"""The nurture programme for a kind of person: "SaaS marketing directors". Pure."""

from collections.abc import Mapping

from portal.core.text import fold

GENERAL = "General interest"
RANKS = {
    "c_level": "executives",
    "vp": "VPs",
    "director": "directors",
    "head": "heads",
    "manager": "managers",
    "senior": "experts",
    "junior": "juniors",
    "intern": "interns",
    "student": "students",
}
DEPARTMENTS = {"it": "IT", "people": "HR"}  # the others read as they are
PEOPLE = "teams"  # a department or industry without a known rank
LONGEST = 120


def programme_of(facts: Mapping[str, str | int]) -> str:
    """Name the programme by industry, department and rank, as far as they are known."""
    industry = str(facts.get("industry", "")).strip()
    department = fold(str(facts.get("department", "")))
    rank = RANKS.get(fold(str(facts.get("seniority", ""))), "")
    if not (industry or department or rank):
        return GENERAL
    words = [_trade(industry), _inside(department), rank or PEOPLE]
    name = " ".join(word for word in words if word)
    return (name[:1].upper() + name[1:])[:LONGEST]


def _trade(industry: str) -> str:
    """Return the industry without the words that say only whom it sells to."""
    words = industry.split()
    while len(words) > 1 and words[0].casefold() in {"b2b", "b2c"}:
        words = words[1:]
    return " ".join(words)[:60]


def _inside(department: str) -> str:
    return DEPARTMENTS.get(department, department.replace("_", " "))
