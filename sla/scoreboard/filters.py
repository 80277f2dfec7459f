"""Which clocks a page is about: a period in the organisation's days, a team, a person, a state."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.db.models.functions import ExtractHour
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from leads.database.models import Source
from portal.accounts.models import SIDE_OF_ROLE, Organisation, Side, Team, User
from portal.core.days import DAY_LIMITS
from sla.clocks.models import Clock, ClockQuerySet, Promise
from sla.clocks.states import State
from sla.scoreboard.figures import CAME_DUE, LATE, STILL_RUN

MOST_ID = 2**31 - 1
DAYS = 90  # shown when nobody chose
NONE = "none"  # chosen instead of a team, person or source: clocks that have none
# Beside the states themselves, what the scoreboard counts as one number (figures.Tally).
SUMS = {"due": CAME_DUE, "late": LATE, "waiting": (State.BREACHED,), "running": STILL_RUN}
SUM_CHOICES = [
    ("due", _("Came due")), ("late", _("Late, kept since or not")),
    ("waiting", _("Late and still waiting")), ("running", _("Running, not late")),
]  # fmt: skip
SALES_ROLES = [role for role, side in SIDE_OF_ROLE.items() if side == Side.SALES]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeriodFilter(django_filters.FilterSet):
    """Clocks that started in a period, both days included; the last 90 days by default.

    ``at`` is the instant the page speaks of; days begin at midnight in the organisation's zone.
    """

    since = django_filters.DateFilter(
        method="from_day", label=_("From"), widget=_day(), validators=DAY_LIMITS
    )
    until = django_filters.DateFilter(
        method="to_day", label=_("To"), widget=_day(), validators=DAY_LIMITS
    )
    team = django_filters.ModelChoiceFilter(
        field_name="handoff__team",
        queryset=Team.objects.all(),
        label=_("Team"),
        empty_label=_("all"),
    )

    class Meta:
        model = Clock
        fields: list[str] = []

    def __init__(
        self, data: Mapping[str, Any] | None, *, queryset: ClockQuerySet, at: datetime
    ) -> None:
        self.at, self.zone = at, ZoneInfo(Organisation.current().zone)
        chosen = QueryDict(mutable=True)
        chosen.update(data or {})
        if not chosen.get("since"):
            chosen["since"] = (at.astimezone(self.zone).date() - timedelta(days=DAYS)).isoformat()
        super().__init__(chosen, queryset=queryset)

    def begins(self, day: date) -> datetime:
        """Return the first instant of ``day``."""
        return datetime.combine(day, time(0), self.zone)

    def from_day(self, rows: ClockQuerySet, name: str, day: date) -> ClockQuerySet:
        return rows.filter(started_at__gte=self.begins(day))

    def to_day(self, rows: ClockQuerySet, name: str, day: date) -> ClockQuerySet:
        return rows.filter(started_at__lt=self.begins(day + timedelta(days=1)))

    @property
    def status(self) -> HTTPStatus:
        """What a page answers: 422 when a choice cannot be read; it is left out then."""
        return HTTPStatus.OK if self.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY

    def chosen(self, name: str) -> Any:
        """Return one chosen value, or None when there is none that can be used."""
        self.form.is_valid()
        return self.form.cleaned_data.get(name)

    def period_query(self) -> str:
        """Return the chosen period and team as a query string, for links to the clocks behind."""
        return urlencode({k: self.data[k] for k in ("since", "until", "team") if self.data.get(k)})


class ClockFilter(PeriodFilter):
    """The same, and of one promise, person or state."""

    promise = django_filters.ChoiceFilter(
        field_name="kind", choices=Promise.choices, label=_("Promise"), empty_label=_("all")
    )
    state = django_filters.ChoiceFilter(
        method="in_state",
        choices=[*State.choices, *SUM_CHOICES],
        label=_("State"),
        empty_label=_("all"),
    )
    person = django_filters.ModelChoiceFilter(
        field_name="handoff__owner",
        queryset=User.objects.filter(role__in=SALES_ROLES),
        label=_("Person"),
        empty_label=_("all"),
        null_label=_("Nobody yet"),
        null_value=NONE,
    )

    source = django_filters.ModelChoiceFilter(
        field_name="handoff__source",
        queryset=Source.objects.order_by("name"),
        label=_("Source"),
        empty_label=_("all"),
        null_label=_("No source"),
        null_value=NONE,
    )
    team = django_filters.ModelChoiceFilter(
        field_name="handoff__team",
        queryset=Team.objects.all(),
        label=_("Team"),
        empty_label=_("all"),
        null_label=_("No team"),
        null_value=NONE,
    )
    # What a number of the scoreboard is about, kept while the others are chosen.
    clause = django_filters.CharFilter(field_name="promise", widget=forms.HiddenInput)
    version = django_filters.NumberFilter(
        field_name="version", widget=forms.HiddenInput, min_value=1, max_value=MOST_ID
    )
    hour = django_filters.NumberFilter(
        method="at_hour", widget=forms.HiddenInput, min_value=0, max_value=23
    )

    def in_state(self, rows: ClockQuerySet, name: str, state: str) -> ClockQuerySet:
        if state in SUMS:
            rows = rows.in_states(SUMS[state], self.at)
            return rows.running() if state == "waiting" else rows
        return rows.in_state(state, self.at)

    def at_hour(self, rows: ClockQuerySet, name: str, hour: Decimal) -> ClockQuerySet:
        hours = ExtractHour("started_at", tzinfo=self.zone)
        return rows.annotate(hour=hours).filter(hour=int(hour))
