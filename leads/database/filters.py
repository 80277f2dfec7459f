"""What the lead list can be asked, and which questions an index answers at any size."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leads.database.models import Source, Stage, Standing
from portal.accounts.models import User

ORDERS: dict[str, tuple[str, ...]] = {"score": ("-rank", "-pk"), "newest": ("-pk",)}

# (filters that are set, order) that an index of leads_standing serves, page after page. What is
# not here is cut off after a moment (bounded.py), and the page asks for a narrower filter.
SERVED: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(), "score"),
    (frozenset(), "newest"),
    (frozenset({"stage"}), "score"),
    (frozenset({"owner"}), "score"),
    (frozenset({"source"}), "score"),
    (frozenset({"q"}), "score"),  # at most search.MOST rows, found by their words
    (frozenset({"q"}), "newest"),
)
GRADES = [(f"{fit}{engagement}",) * 2 for fit in "ABC" for engagement in "123"]


def active_people(_request: Any = None) -> QuerySet[User]:
    return User.objects.filter(is_active=True)


class LeadFilter(django_filters.FilterSet):
    """Filters over standings, the narrow rows that lists begin with."""

    q = django_filters.CharFilter(
        label=_("Search"),
        method="leave",
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name, e-mail, domain or id")}
        ),
    )
    stage = django_filters.ChoiceFilter(
        label=_("Stage"), choices=Stage.choices, empty_label=_("all")
    )
    owner = django_filters.ModelChoiceFilter(
        label=_("Owner"),
        queryset=active_people,
        empty_label=_("everybody"),
        null_label=_("nobody"),
        null_value="none",
    )
    source = django_filters.ModelChoiceFilter(
        label=_("Source"),
        queryset=lambda _request: Source.objects.all(),
        empty_label=_("all"),
    )
    grade = django_filters.ChoiceFilter(label=_("Grade"), choices=GRADES, empty_label=_("all"))
    order = django_filters.ChoiceFilter(
        label=_("Order"),
        method="leave",
        choices=[("newest", _("newest first"))],
        empty_label=_("best score first"),
    )

    class Meta:
        model = Standing
        fields: list[str] = []

    def leave(self, queryset: QuerySet[Standing], _name: str, _value: str) -> QuerySet[Standing]:
        """The view searches and orders."""
        return queryset

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set, without the order."""
        given = self.form.cleaned_data if self.form.is_valid() else {}
        return {name: value for name, value in given.items() if value and name != "order"}

    @property
    def order_name(self) -> str:
        given = self.form.cleaned_data if self.form.is_valid() else {}
        return given.get("order") or "score"

    @property
    def is_served(self) -> bool:
        return (frozenset(self.chosen), self.order_name) in SERVED
