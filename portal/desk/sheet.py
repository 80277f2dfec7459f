"""The call sheet as the desk shows it: each question with its answer, and what still is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.dispositions.call_sheet import (
    ANSWERS,
    BANT,
    LIMITS,
    NAMES,
    QUESTIONS,
    StaleSheet,
    required_answers,
    save_sheet,
    sheet_of,
)
from leads.dispositions.errors import Incomplete
from leads.dispositions.models import CallSheet
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.desk.forms import SheetForm

# The call guide's own words, so that one reads them out and need not make up a question.
HINTS: Mapping[str, str | Promise] = {
    "pain": _("The biggest roadblock right now"),
    "impact": _("If it stays for another six months"),
    "urgency": _("Why now, and not last quarter"),
    "decision_makers": _("Who else on the team has a say"),
    "budget": _("Set aside, how much"),
    "authority": _("Who signs"),
    "need": _("What it must do"),
    "timeline": _("This quarter, next year"),
}


@dataclass(frozen=True)
class Answer:
    """One question of the sheet. ``theirs`` is what counts when another text was typed here."""

    key: str
    label: str | Promise
    name: str | Promise
    hint: str | Promise
    text: str
    limit: int
    is_needed: bool
    is_missing: bool
    theirs: str | None
    has_focus: bool


@dataclass(frozen=True)
class Sheet:
    """What ``_call_sheet.html`` takes.

    ``stale`` is the refusal of a save over another's words, ``refusal`` that of any other.
    """

    questions: list[Answer]
    bant: list[Answer]
    revision: int
    saved_at: datetime | None
    stale: StaleSheet | None
    refusal: str

    @property
    def answers(self) -> list[Answer]:
        return self.questions + self.bant

    @property
    def needed(self) -> list[Answer]:
        """What accepting needs, answered or not."""
        return [one for one in self.answers if one.is_needed]

    @property
    def missing(self) -> list[Answer]:
        return [one for one in self.answers if one.is_missing]

    @property
    def given(self) -> list[Answer]:
        return [one for one in self.answers if one.text.strip()]


def sheet_for(
    handoff: Handoff,
    *,
    stale: StaleSheet | None = None,
    typed: Mapping[str, str] | None = None,
    refusal: str = "",
    asks_for_more: bool = False,
) -> Sheet:
    """Return the sheet of a handoff; ``typed`` is put back, over what is stored.

    ``asks_for_more`` gives the focus to the first answer that accepting still needs.
    """
    stored = stale.sheet if stale else sheet_of(handoff)
    mine = stale.typed if stale else typed or {}
    needed = set(required_answers(handoff))
    missing = [key for key in ANSWERS if key in needed and not _text(stored, mine, key).strip()]
    focus = missing[0] if asks_for_more and missing else ""

    def answer(key: str, label: str | Promise) -> Answer:
        text, counts = _text(stored, mine, key), getattr(stored, key)
        differs = stale is not None and text.strip() != counts
        return Answer(
            key=key,
            label=label,
            name=NAMES[key],
            hint=HINTS[key],
            text=text,
            limit=LIMITS[key],
            is_needed=key in needed,
            is_missing=key in missing,
            theirs=counts if differs else None,
            has_focus=key == focus,
        )

    return Sheet(
        questions=[answer(*one) for one in QUESTIONS.items()],
        bant=[answer(*one) for one in BANT.items()],
        revision=stored.revision,
        saved_at=stored.changed_at,
        stale=stale,
        refusal=refusal,
    )


def keep_sheet(
    data: Mapping[str, Any], handoff: Handoff, *, by: User, at: datetime
) -> CallSheet | None:
    """Save the sheet that came with a form; None when none came.

    Raises what ``save_sheet`` raises, Incomplete also for what no sheet can be.
    """
    if "sheet_revision" not in data:
        return None
    form = SheetForm(data)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Incomplete(field, str(errors[0]))
    revision = form.cleaned_data["sheet_revision"]
    return save_sheet(handoff=handoff, by=by, at=at, revision=revision, **form.answers())


def _text(stored: CallSheet, mine: Mapping[str, str], key: str) -> str:
    return str(mine[key] if key in mine else getattr(stored, key))
