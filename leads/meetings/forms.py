"""What people type to book or move a meeting. What can be booked is the service's to say."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Role, User

LENGTHS = (15, 20, 30, 45, 60, 90, 120)
USUAL_LENGTH = 30
WALL = "%Y-%m-%dT%H:%M"


class TimeForm(forms.Form):
    """When, how long, where and what about. ``slot`` is one of the times offered, as an instant.

    ``starts_at`` is a wall time in the reader's zone; ``slot`` wins where both are given.
    """

    slot = forms.CharField(max_length=40, required=False)
    starts_at = forms.DateTimeField(
        required=False,
        input_formats=[WALL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": _("Write the time like 2027-03-03 10:00.")},
    )
    minutes = forms.IntegerField(
        min_value=5,
        max_value=480,
        error_messages={
            "required": _("Choose how long it takes."),
            "invalid": _("Choose how long it takes."),
            "min_value": _("A meeting takes 5 minutes to 8 hours."),
            "max_value": _("A meeting takes 5 minutes to 8 hours."),
        },
    )
    subject = forms.CharField(
        max_length=200,
        error_messages={
            "required": _("Say in a few words what the meeting is about."),
            "max_length": _("Shorten what it is about to 200 characters."),
        },
    )
    place = forms.CharField(
        max_length=300,
        required=False,
        error_messages={"max_length": _("Shorten the place to 300 characters.")},
    )
    note = forms.CharField(
        max_length=2000,
        required=False,
        error_messages={"max_length": _("Shorten the note to 2,000 characters.")},
    )
    overlaps = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = given.pop("slot", "")
        if chosen:
            given["starts_at"] = instant_of(chosen)
            self.errors.pop("starts_at", None)
        if not given.get("starts_at") and "starts_at" not in self.errors:
            self.add_error("starts_at", _("Choose one of the free times, or type another."))
        return given


class BookForm(TimeForm):
    host = forms.ModelChoiceField(
        User.objects.none(),
        error_messages={
            "required": _("Choose who hosts it."),
            "invalid_choice": _("Choose yourself or an account executive from the list."),
        },
    )
    invites_lead = forms.BooleanField(required=False)
    public_id = forms.UUIDField(required=False)  # sent twice, it books once

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["host"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = hosts_for(by)


class MoveForm(TimeForm):
    sequence = forms.IntegerField(min_value=0, max_value=32767)


def hosts_for(by: User) -> Any:
    """Return who may host what this person books: themselves and the account executives."""
    takes = Q(role=Role.ACCOUNT_EXECUTIVE, is_active=True)
    return User.objects.filter(Q(pk=by.pk) | takes).order_by("name", "pk")


def new_public_id() -> str:
    """Return what makes a form that is sent twice one meeting."""
    return str(uuid4())


def instant_of(chosen: str) -> datetime | None:
    """Return the instant of an offered time; None for what nobody offered."""
    try:
        instant = datetime.fromisoformat(chosen)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None and 2000 <= instant.year <= 2100 else None
