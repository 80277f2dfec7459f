"""What the pages of a team are sent."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.routing.absence import Span
from leads.routing.members import HEAVIEST, MOST_OPEN, Terms
from portal.accounts.models import Membership, Team, User
from portal.core.days import DAY_LIMITS

MOST_TICKED = 200
LONGEST_KEY = 19  # digits of a database key
LATEST = timedelta(days=366)
DAYS = range(7)


class PassOnForm(forms.Form):
    """Which open handoffs go to whom. ``handoff`` comes once for each, as ``Row.key`` writes it."""

    to = forms.ModelChoiceField(
        User.objects.none(),
        error_messages={
            "required": gettext_lazy("Choose who should take them."),
            "invalid_choice": gettext_lazy("Choose a member of the team from the list."),
        },
    )
    anyway = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, team: Team) -> None:
        super().__init__(data)
        offer(self, User.objects.filter(memberships__team=team))
        self.keys: list[str] = data.getlist("handoff")

    def clean(self) -> dict[str, Any]:
        if not self.keys:
            raise forms.ValidationError(_("Tick the handoffs that somebody else should take."))
        if len(self.keys) > MOST_TICKED:
            raise forms.ValidationError(
                _("Pass on at most %(most)d at once."), params={"most": MOST_TICKED}
            )
        return super().clean() or self.cleaned_data

    def wishes(self) -> dict[UUID, int | None] | None:
        """Return who had each handoff when the page was read; None for what no page posts."""
        wanted: dict[UUID, int | None] = {}
        for key in self.keys:
            public_id, _tilde, owner = key.partition("~")
            try:
                wanted[UUID(public_id)] = int(owner) or None
            except ValueError:
                return None
        return wanted


class TermsForm(forms.Form):
    """How much one member takes, and on which days; ``seen`` is what it was on the page."""

    cap = forms.IntegerField(min_value=0, max_value=MOST_OPEN)
    weight = forms.IntegerField(min_value=1, max_value=HEAVIEST)
    takes = forms.BooleanField(required=False)
    days = forms.TypedMultipleChoiceField(
        choices=[(day, WEEKDAYS[day]) for day in DAYS], coerce=int, required=False
    )
    seen = forms.RegexField(r"^\d{1,5}\.\d{1,5}\.[01]\.\d{1,3}$")

    def __init__(self, data: Any, *, place: Membership, seen: Terms | None = None) -> None:
        super().__init__(data, prefix=str(place.pk), initial=_initial(Terms.of(place)))
        self.place = place
        self.now = seen  # what a page that was refused shows from now on
        for name in ("cap", "weight"):
            self.fields[name].widget.attrs |= {"class": "form-control form-control-sm num"}

    def terms(self) -> Terms:
        days = sum(1 << day for day in self.cleaned_data["days"])
        given = self.cleaned_data
        return Terms(given["cap"], given["weight"], given["takes"], days)

    def terms_seen(self) -> Terms:
        cap, weight, takes, days = map(int, self.cleaned_data["seen"].split("."))
        return Terms(cap, weight, bool(takes), days)

    @property
    def seen_now(self) -> str:
        if self.now is not None:
            return _written(self.now)
        return str(self["seen"].value())

    @property
    def ticks(self) -> list[dict[str, Any]]:
        """The days of the grid, with what stands in each."""
        chosen = {str(day) for day in self["days"].value() or ()}
        today = timezone.localdate().weekday()
        return [
            {
                "day": day,
                "name": WEEKDAYS[day],
                "short": WEEKDAYS_ABBR[day],
                "on": str(day) in chosen,
                "today": day == today,
            }
            for day in DAYS
        ]


def _initial(terms: Terms) -> dict[str, Any]:
    days = [day for day in DAYS if terms.rota_days >> day & 1]
    given = {"cap": terms.cap, "weight": terms.weight, "takes": terms.takes_handoffs}
    return {**given, "days": days, "seen": _written(terms)}


def _written(terms: Terms) -> str:
    return f"{terms.cap}.{terms.weight}.{int(terms.takes_handoffs)}.{terms.rota_days}"


def week() -> list[Mapping[str, Any]]:
    """Return the days as the head of the grid shows them."""
    today = timezone.localdate().weekday()
    return [
        {"name": WEEKDAYS[day], "short": WEEKDAYS_ABBR[day], "today": day == today} for day in DAYS
    ]


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AwayForm(forms.Form):
    """From which day until which day somebody is away, and what becomes of what is open."""

    starts = forms.DateField(
        label=gettext_lazy("First day away"),
        widget=DayInput(),
        validators=DAY_LIMITS,
        help_text=gettext_lazy("Today means from now on."),
    )
    back = forms.DateField(
        label=gettext_lazy("Back on"),
        widget=DayInput(),
        validators=DAY_LIMITS,
        help_text=gettext_lazy("The first day on which they take handoffs again."),
    )
    keeps = forms.TypedChoiceField(
        choices=[("no", ""), ("yes", "")], coerce=lambda value: value == "yes", initial="no"
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper(self)
        self.helper.form_tag = False

    def clean_back(self) -> date:
        back: date = self.cleaned_data["back"]
        if back > timezone.localdate() + LATEST:
            raise forms.ValidationError(_("Choose a day within a year."))
        return back

    def away_from(self) -> datetime | None:
        starts: date = self.cleaned_data["starts"]
        return None if starts <= timezone.localdate() else beginning_of(starts)

    def away_until(self) -> datetime:
        return beginning_of(self.cleaned_data["back"])

    def span_seen(self) -> Span | None:
        """Return the absence that the page showed; None for what no page posts."""
        return read_span(self.cleaned_data["seen"])


def beginning_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def write_span(span: Span) -> str:
    return "/".join(instant.isoformat() if instant else "" for instant in span)


def read_span(text: str) -> Span | None:
    """Return what ``write_span`` wrote; None for anything else."""
    starts, _slash, until = text.partition("/")
    try:
        found = tuple(datetime.fromisoformat(each) if each else None for each in (starts, until))
    except ValueError:
        return None
    return None if any(each and each.tzinfo is None for each in found) else (found[0], found[1])


class LeftForm(forms.Form):
    """What is left of people who have gone, and who takes it."""

    to = forms.ModelChoiceField(
        User.objects.none(),
        error_messages={
            "required": gettext_lazy("Choose who should take them."),
            "invalid_choice": gettext_lazy("Choose somebody from the list."),
        },
    )

    def __init__(self, data: Any, *, takers: QuerySet[User]) -> None:
        super().__init__(data)
        offer(self, takers)
        self.leads = _keys(data.getlist("lead"))
        self.follow_ups = _keys(data.getlist("follow_up"))

    def clean(self) -> dict[str, Any]:
        if not self.leads and not self.follow_ups:
            raise forms.ValidationError(_("Tick what somebody else should take."))
        return super().clean() or self.cleaned_data


def offer(form: forms.Form, people: QuerySet[User]) -> None:
    """Let these people be chosen in the form's ``to``."""
    cast("forms.ModelChoiceField[User]", form.fields["to"]).queryset = people


def sentence_of(form: forms.Form) -> str:
    """Return the first thing that is wrong with what was sent."""
    return str(next(iter(form.errors.values()))[0])


def _keys(values: Sequence[str]) -> list[int]:
    return [int(one) for one in values if one.isdecimal() and len(one) < LONGEST_KEY][:MOST_TICKED]
