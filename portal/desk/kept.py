"""What somebody chose and wrote before they learned that they were too late, to copy."""

from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads.dispositions.call_sheet import ANSWERS, answer_name
from leads.dispositions.models import Reason
from portal.accounts.models import User


def kept_words(typed: Mapping[str, str]) -> str:
    """Return the reason, date, words and answers of a form, each on its line; empty for none."""
    lines = [
        (_("Reason"), _reason(typed.get("reason", ""))),
        (_("Come back on"), _day(typed.get("recycle_on", ""))),
        (_("The lead that stays"), typed.get("duplicate_of", "")),
        (_("Goes to"), _owner(typed.get("owner", ""))),
        (_("Words"), typed.get("note", "")),
        *((answer_name(key), typed.get(key, "")) for key in ANSWERS),
    ]
    return "\n".join(f"{label}: {text.strip()}" for label, text in lines if text.strip())


def _reason(code: str) -> str:
    found = Reason.objects.filter(pk=code).first() if code else None
    return found.label if found else ""


def _owner(pk: str) -> str:
    found = User.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    return found.name if found else ""


def _day(text: str) -> str:
    try:
        return date_format(date.fromisoformat(text), "j F Y")
    except ValueError:
        return text
