"""What the pages of calendars are sent."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.core.days import DAY_LIMITS
from sla.calendar.models import Calendar
from sla.calendar.public import country_choices
from sla.calendar.typed import Hours, field_of, hours_of, unreadable


class DayForm(forms.Form):
    """One date: closed, or with hours of its own."""

    day = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=DAY_LIMITS,
    )
    name = forms.CharField(label=gettext_lazy("What it is"), max_length=80)
    hours = forms.CharField(
        label=gettext_lazy("Hours instead"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Such as 09:00-12:00. Empty: closed all day."),
    )

    def intervals(self) -> Hours | None:
        """Return the hours as stored; None for a holiday."""
        return hours_of(self.cleaned_data["hours"]) or None


class HolidaysForm(forms.Form):
    """Public holidays of a country, or of one region of it, for some years."""

    country = forms.CharField(label=gettext_lazy("Country"), max_length=2, min_length=2)
    region = forms.CharField(
        label=gettext_lazy("Region"),
        max_length=20,
        required=False,
        help_text=gettext_lazy(
            "Its code, such as BE for Berlin. Empty: what the whole country has."
        ),
    )
    year = forms.IntegerField(label=gettext_lazy("From year"), min_value=1990, max_value=2090)
    years = forms.IntegerField(label=gettext_lazy("Years"), min_value=1, max_value=5, initial=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].widget = forms.Select(choices=country_choices())

    def clean_region(self) -> str:
        return str(self.cleaned_data["region"]).strip().upper()

    def wanted_years(self) -> list[int]:
        first = self.cleaned_data["year"]
        return list(range(first, first + self.cleaned_data["years"]))


class CalendarWeekForm(forms.Form):
    """A calendar that people work by: its name, zone and week."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("Such as Europe/Berlin."),
    )

    def __init__(self, data: Any = None, *, calendar: Calendar | None = None) -> None:
        initial = {"name": calendar.name, "zone": calendar.zone} if calendar else {}
        super().__init__(data, initial=initial)
        for number, label in WEEKDAYS.items():
            hours = calendar.week.get(str(number), []) if calendar else []
            self.fields[f"day{number}"] = forms.CharField(
                label=label,
                required=False,
                max_length=200,
                initial=", ".join("-".join(pair) for pair in hours),
            )

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("Choose a zone by its name, such as Europe/Berlin."))
        return zone

    def clean(self) -> dict[str, Any] | None:
        for number in WEEKDAYS:
            name = f"day{number}"
            if wrong := unreadable(hours_of(self.cleaned_data.get(name, ""))):
                self.add_error(name, wrong)
        return super().clean()

    def refuse(self, sentence: str) -> None:
        """Show why the week cannot be kept, at the day it is about."""
        name = field_of(sentence, self.cleaned_data["zone"], self.week())
        self.add_error(name or None, sentence)

    def week(self) -> dict[str, Hours]:
        return {str(n): hours_of(self.cleaned_data[f"day{n}"]) for n in WEEKDAYS}


class PersonForm(forms.Form):
    """Somebody works by this calendar from now on."""

    person = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Person"), empty_label=gettext_lazy("choose")
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        people = User.objects.filter(is_active=True).order_by("name")
        if not user.sees_everything:
            people = people.filter(memberships__team__in=user.memberships.values("team"))
        field = self.fields["person"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = people.distinct()
