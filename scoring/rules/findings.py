"""What a lint says: a sentence at a place, how grave it is, and what mends it."""

from dataclasses import dataclass

from scoring.rules.problems import Problem


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a finding: a page below the version's address, or what one press does.

    ``press`` is a change that ``scoring.rules.mending`` knows, with what it is about after a colon.
    """

    label: str
    path: str = ""
    press: str = ""


@dataclass(frozen=True, slots=True)
class Finding(Problem):
    """One thing to look at; ``code`` names the check that found it."""

    code: str = ""
    level: str = "warning"  # or error
    fix: Fix | None = None
