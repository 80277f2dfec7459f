"""The call sheet: four open questions and BANT, saved as one types, asked for when accepting."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.dispositions.access import check_may_decide
from leads.dispositions.errors import Incomplete, ago, already_decided
from leads.dispositions.models import CallSheet
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.core.errors import Conflict
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record

QUESTIONS: Mapping[str, str | Promise] = {
    "pain": gettext_lazy("What hurts?"),
    "impact": gettext_lazy("What does it cost them?"),
    "urgency": gettext_lazy("Why now?"),
    "decision_makers": gettext_lazy("Who decides?"),
}
BANT: Mapping[str, str | Promise] = {
    "budget": gettext_lazy("Budget"),
    "authority": gettext_lazy("Authority"),
    "need": gettext_lazy("Need"),
    "timeline": gettext_lazy("Timeline"),
}
ANSWERS = (*QUESTIONS, *BANT)
FIELDS = {field.name: field for field in CallSheet._meta.concrete_fields if field.name in ANSWERS}
NAMES: Mapping[str, str | Promise] = {key: FIELDS[key].verbose_name for key in ANSWERS}
LIMITS: Mapping[str, int] = {key: FIELDS[key].max_length or 0 for key in ANSWERS}
SITTING = timedelta(minutes=10)


class StaleSheet(Conflict):
    """The sheet has moved on since it was opened. ``sheet`` is what counts, ``typed`` is kept."""

    def __init__(self, sheet: CallSheet, typed: Mapping[str, str], *, by: User, at: datetime):
        words = {"who": sheet.changed_by or _("Somebody"), "when": ago(sheet.changed_at, at=at)}
        by_another = _("%(who)s changed this call sheet %(when)s. Choose which text counts.")
        by_oneself = _("You changed this call sheet elsewhere %(when)s. Choose which text counts.")
        super().__init__((by_oneself if sheet.changed_by_id == by.pk else by_another) % words)
        self.sheet = sheet
        self.typed = dict(typed)


@transaction.atomic
def save_sheet(
    *, handoff: Handoff, by: User, at: datetime, revision: int, **answers: str
) -> CallSheet:
    """Keep what was typed into the call sheet of an open handoff, and return the sheet.

    ``revision`` is that of the sheet as it was opened; answers that are not given stay as they
    are, and saving what stands there already changes nothing, whatever the revision. One sitting
    records one ``call_sheet.changed``: further saves by the same person within ten minutes of
    the last are part of it, and no event holds what was said.

    Raises StaleSheet when somebody saved other words since, AlreadyDecided once the handoff is
    decided, NotAllowed when it is not theirs to decide, Incomplete for an answer that is too
    long. Locks the handoff.
    """
    at = whole_second(at)
    locked = Handoff.objects.select_for_update(no_key=True, of=("self",)).get(pk=handoff.pk)
    if not locked.is_decided:
        check_may_decide(locked, by)
    sheet = sheet_of(locked)
    cleaned = _cleaned(answers)
    changed = [key for key, text in cleaned.items() if getattr(sheet, key) != text]
    if not changed:
        return sheet
    if locked.is_decided:
        raise already_decided(locked, at=at)
    if sheet.revision != revision:
        raise StaleSheet(sheet, cleaned, by=by, at=at)
    last = sheet.changed_at if sheet.changed_by_id == by.pk else None
    for key in changed:
        setattr(sheet, key, cleaned[key])
    sheet.revision, sheet.changed_by, sheet.changed_at = revision + 1, by, at
    sheet.save()
    if last is None or at - last > SITTING:
        payload = {"answers": changed}
        record("call_sheet.changed", subject=locked, actor=by, at=at, payload=payload)
    return sheet


def sheet_of(handoff: Handoff) -> CallSheet:
    """Return the handoff's call sheet, an empty one that is not stored yet when there is none."""
    found = CallSheet.objects.filter(handoff=handoff).select_related("changed_by").first()
    return found or CallSheet(handoff=handoff)


def _cleaned(answers: Mapping[str, str]) -> dict[str, str]:
    if unknown := set(answers) - set(ANSWERS):
        raise ValueError(f"the call sheet asks nothing called {sorted(unknown)}")
    cleaned = {key: clean_text(text.replace("\r\n", "\n")) for key, text in answers.items()}
    for key, text in cleaned.items():
        if len(text) > LIMITS[key]:
            sentence = _("Shorten “%(name)s” to %(most)s characters.")
            words = {"name": NAMES[key], "most": f"{LIMITS[key]:,}"}
            raise Incomplete(key, sentence % words)
    return cleaned


def missing_answers(handoff: Handoff, sheet: CallSheet | None = None) -> list[str]:
    """Return the keys of the handoff's checklist that have no answer yet; none, no query."""
    required = required_answers(handoff)
    if not required:
        return []
    sheet = sheet or sheet_of(handoff)
    return [key for key in required if not getattr(sheet, key).strip()]


def required_answers(handoff: Handoff) -> list[str]:
    """Return the keys that accepting needs, in the sheet's order.

    A checklist may name what no sheet asks (signed text outlives the questions): that is left out.
    """
    return [key for key in ANSWERS if key in handoff.checklist]


def check_answered(handoff: Handoff) -> None:
    """Raise Incomplete, naming what is missing, unless all that accepting needs is answered."""
    missing = missing_answers(handoff)
    if missing:
        raise Incomplete("checklist", missing_words(missing))


def missing_words(missing: list[str]) -> str:
    """Say what the call sheet still needs: “The call sheet still needs: pain, budget.”"""
    names = ", ".join(str(NAMES[key]) for key in missing)
    return _("Accepting needs more on the call sheet: %(names)s.") % {"names": names}


def answer_name(key: str) -> str:
    """Return an answer's name as it stands alone: “Decision-makers”."""
    return capfirst(str(NAMES[key]))


def answer_names() -> list[tuple[str, str]]:
    """Return each answer's key with its name, in the sheet's order, to choose from."""
    return [(key, answer_name(key)) for key in ANSWERS]
