"""The nurture programme for a kind of person: "SaaS marketing directors". Pure."""

from collections.abc import Mapping

GENERAL = "General interest"
RANKS = {
    "C-level": "executives",
    "VP": "VPs",
    "Director": "directors",
    "Head": "heads",
    "Manager": "managers",
    "Senior": "experts",
    "Junior": "juniors",
    "Intern": "interns",
    "Student": "students",
}
PEOPLE = "teams"  # a department or industry without a known rank
LONGEST = 120


def programme_of(facts: Mapping[str, str | int]) -> str:
    """Name the programme by industry, department and rank, as far as they are known."""
    industry = str(facts.get("industry", "")).strip()
    department = str(facts.get("department", "")).strip()
    rank = RANKS.get(str(facts.get("seniority", "")).strip(), "")
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
    return department if department[:2].isupper() else department.lower()
