"""The form of a rule: what it is worth, and what makes it count."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.database.registry import KINDS
from portal.agreements.forms import Block
from portal.agreements.registry import Body, ClauseText
from scoring.workshop.forms import EditorForm, PointsField
from scoring.workshop.leaves import Comparisons, activity_lines, fact_lines

KIND_CHOICES = [("", "–"), *((kind.name, kind.label) for kind in KINDS)]
FEWEST_KINDS = 2
TYPES = ("attribute", "behaviour", "silence")
COMMON = ("group", "name", "points", "signal", "disqualifies")


class WholeField(forms.IntegerField):
    """A whole number, empty when it does not matter."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, min_value=1, **options)


class RuleForm(EditorForm):
    """One form for the three types of rules; each shows the fields of its own type."""

    type = forms.CharField(widget=forms.HiddenInput, required=False)
    points = PointsField(label=gettext_lazy("Points"))
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What people read in a lead's explanation."),
    )
    group = forms.ChoiceField(label=gettext_lazy("Group"))
    signal = forms.ChoiceField(
        label=gettext_lazy("Signal"),
        choices=[
            ("none", gettext_lazy("none")),
            ("interest", gettext_lazy("interest")),
            ("high_intent", gettext_lazy("high intent")),
        ],
    )
    disqualifies = forms.BooleanField(
        label=gettext_lazy("Closes every gate when it counts"), required=False
    )
    counts = forms.ChoiceField(
        label=gettext_lazy("Counts"),
        choices=[
            ("once", gettext_lazy("once")),
            ("each", gettext_lazy("each time")),
            ("once_per_object", gettext_lazy("once for each page, asset, form")),
        ],
    )
    max_times = WholeField(label=gettext_lazy("At most, times"))
    min_count = WholeField(label=gettext_lazy("From so many times on"))
    within_days = WholeField(
        label=gettext_lazy("Within days"), help_text=gettext_lazy("A window or decay, not both.")
    )
    decay_percent = PointsField(label=gettext_lazy("Loses per cent"), required=False)
    decay_days = WholeField(label=gettext_lazy("every days"))
    days = WholeField(label=gettext_lazy("For days"))

    def __init__(self, data: Any, *, opened: Any) -> None:
        given = opened.body.get("type") or (data or {}).get("type")
        self.rule_type = given if given in TYPES else TYPES[0]
        self.condition = "where" if self.rule_type == "behaviour" else "when"
        self.needs_condition = (
            _("Write at least one line.") if self.rule_type == "attribute" else ""
        )
        self.condition_title = (
            _("Only those of which") if self.rule_type == "behaviour" else _("A lead of whom")
        )
        self.kind_names = [
            f"kind_{place}"
            for place in range(max(FEWEST_KINDS, len(opened.body.get("kinds") or ()) + 1))
        ]
        super().__init__(data, opened=opened)

    def lines(self, clauses: Sequence[ClauseText]) -> Comparisons:
        return activity_lines() if self.rule_type == "behaviour" else fact_lines()

    def _own(self) -> list[list[str]]:
        rows = [["points", "name"], ["group", "signal"]]
        if self.rule_type != "attribute":
            rows.append(self.kind_names)
        if self.rule_type == "behaviour":
            rows += [["counts", "max_times", "min_count"]]
            rows += [["within_days", "decay_percent", "decay_days"]]
        elif self.rule_type == "silence":
            rows.append(["days"])
        return [*rows, ["disqualifies"]]

    def initial_of(self, body: Body) -> dict[str, Any]:
        decay = body.get("decay") or {}
        side = "fit" if self.rule_type == "attribute" else "engagement"
        fitting = [
            one["key"]
            for one in self.opened.clauses
            if one["kind"] == "group" and one["body"].get("dimension") == side
        ]
        return {
            "group": fitting[0] if fitting else None,
            **body,
            "type": self.rule_type,
            "decay_percent": decay.get("percent"),
            "decay_days": decay.get("every_days"),
            **dict(zip(self.kind_names, body.get("kinds") or (), strict=False)),
        }

    def prepare(self) -> None:
        """Leave the fields of this type, with the groups of this version to choose from."""
        groups = [one for one in self.opened.clauses if one["kind"] == "group"]
        group = cast(forms.ChoiceField, self.fields["group"])
        group.choices = [(one["key"], one["body"].get("name", one["key"])) for one in groups]
        for place, name in enumerate(self.kind_names):
            label = _("A person") if place == 0 else _("or")
            field = forms.ChoiceField(label=label, choices=KIND_CHOICES, required=False)
            self.fields[name] = field
        kept = {name for names in self._own() for name in names} | {"revision", "rationale", "type"}
        for name in set(self.fields) - kept:
            del self.fields[name]
        self.own_fields = self._own()

    def blocks(self) -> Iterable[Block]:
        rows = [Block(fields=[self.at(name) for name in names]) for names in self.own_fields]
        editor = [] if self.rule_type == "silence" else [Block(editor=self.editor)]
        yield from [*rows[:-1], *editor, rows[-1]]

    def add_problem(self, path: str, sentence: str) -> None:
        first, _dot, rest = path.partition(".")
        if first == "kinds":
            super().add_problem(f"kind_{rest}" if rest.isdecimal() else "kind_0", sentence)
        elif first == "decay":
            super().add_problem("decay_days" if "every" in rest else "decay_percent", sentence)
        else:
            super().add_problem(path, sentence)

    def make_body(self) -> dict[str, Any]:
        given = self.cleaned_data
        body = {name: given[name] for name in COMMON} | {"type": self.rule_type}
        if self.rule_type == "attribute":
            return body | {"when": given["when"]}
        kinds = [given[name] for name in self.kind_names if given[name]]
        if self.rule_type == "silence":
            return body | {"kinds": kinds, "days": given["days"]}
        names = ("counts", "max_times", "min_count", "within_days")
        decay = {"percent": given["decay_percent"], "every_days": given["decay_days"]}
        return body | {
            "kinds": kinds,
            "where": given["where"],
            "decay": decay if any(decay.values()) else None,
            **{name: given[name] for name in names},
        }
