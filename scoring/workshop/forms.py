"""The form of each kind of clause of a definition."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.dispositions.call_sheet import answer_names
from portal.agreements.forms import Block, ClauseForm
from portal.agreements.registry import Body, ClauseText
from scoring.workshop.conditions import ConditionEditor, read_tree
from scoring.workshop.leaves import Comparisons, GateLines, fact_lines, points_text


class PointsField(forms.CharField):
    """Points with at most two decimals, as text: what was typed comes back as it was."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, **options)

    def clean(self, value: Any) -> str | None:
        text = points_text(super().clean(value))
        return text or None


class EditorForm(ClauseForm):
    """A clause with one condition; ``condition`` names its field of the body."""

    condition = "when"
    condition_title: Promise | str = gettext_lazy("Condition")
    needs_condition: Promise | str = gettext_lazy("Write at least one line.")

    def __init__(self, data: Any, *, opened: Any) -> None:
        self.editor = ConditionEditor(
            self.condition,
            str(self.condition_title),
            self.lines(opened.clauses),
            tree=opened.body.get(self.condition),
            data=data,
        )
        super().__init__(data, opened=opened)

    def lines(self, clauses: Sequence[ClauseText]) -> Comparisons:
        return fact_lines()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned[self.condition] = read_tree(self.editor, str(self.needs_condition))
        except ValidationError:  # the editor shows its own sentence
            self.add_error(None, _("Look at the condition below; nothing is saved yet."))
        return cleaned

    def blocks(self) -> Iterable[Block]:
        yield from super().blocks()
        yield Block(editor=self.editor)

    def add_problem(self, path: str, sentence: str) -> None:
        if path.partition(".")[0] == self.condition:
            self.editor.add_problem(path, sentence)
            return
        super().add_problem(path, sentence)


class IcpForm(EditorForm):
    condition_title = gettext_lazy("A lead is in our ICP")

    def make_body(self) -> dict[str, Any]:
        return {"when": self.cleaned_data["when"]}


class SegmentForm(EditorForm):
    condition_title = gettext_lazy("A lead is scored by this definition")

    def make_body(self) -> dict[str, Any]:
        return {"when": self.cleaned_data["when"]}


class GateForm(EditorForm):
    condition_title = gettext_lazy("The gate opens")

    def lines(self, clauses: Sequence[ClauseText]) -> Comparisons:
        return GateLines(clauses)

    def make_body(self) -> dict[str, Any]:
        return {"when": self.cleaned_data["when"]}


class GroupForm(ClauseForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    dimension = forms.ChoiceField(
        label=gettext_lazy("Counts for"),
        choices=[("fit", gettext_lazy("fit")), ("engagement", gettext_lazy("engagement"))],
    )
    combine = forms.ChoiceField(
        label=gettext_lazy("Its rules"),
        choices=[
            ("sum", gettext_lazy("are added")),
            ("highest", gettext_lazy("the largest counts")),
        ],
    )
    cap = PointsField(label=gettext_lazy("Counts up to"), required=False)
    floor = PointsField(label=gettext_lazy("Counts at least"), required=False)
    own_fields = (("name", "dimension"), ("combine", "cap", "floor"))

    def initial_of(self, body: Body) -> dict[str, Any]:
        return dict(body)

    def make_body(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for names in self.own_fields for name in names}


class TotalForm(ClauseForm):
    cap = PointsField(label=gettext_lazy("The total counts up to"), required=False)
    floor = PointsField(label=gettext_lazy("The total counts at least"), required=False)
    own_fields = (("cap", "floor"),)

    def initial_of(self, body: Body) -> dict[str, Any]:
        return dict(body)

    def make_body(self) -> dict[str, Any]:
        return {"cap": self.cleaned_data["cap"], "floor": self.cleaned_data["floor"]}


CUTS = (("fit", "A"), ("fit", "B"), ("engagement", "1"), ("engagement", "2"))


class GradeForm(ClauseForm):
    fit_A = PointsField(label=gettext_lazy("Fit A from"))  # noqa: N815 - named as in the body
    fit_B = PointsField(label=gettext_lazy("Fit B from"))  # noqa: N815
    engagement_1 = PointsField(label=gettext_lazy("Engagement 1 from"))
    engagement_2 = PointsField(label=gettext_lazy("Engagement 2 from"))
    own_fields = (("fit_A", "fit_B"), ("engagement_1", "engagement_2"))

    def initial_of(self, body: Body) -> dict[str, Any]:
        return {f"{part}_{cut}": body.get(part, {}).get(cut) for part, cut in CUTS}

    def make_body(self) -> dict[str, Any]:
        body: dict[str, dict[str, Any]] = {"fit": {}, "engagement": {}}
        for part, cut in CUTS:
            body[part][cut] = self.cleaned_data[f"{part}_{cut}"]
        return body

    def add_problem(self, path: str, sentence: str) -> None:
        super().add_problem(path.replace(".", "_"), sentence)


class ChecklistForm(ClauseForm):
    """Which answers of the call sheet accepting needs. Keys that no sheet has are dropped."""

    questions = forms.MultipleChoiceField(
        label=gettext_lazy("Nobody accepts before the call sheet has an answer on"),
        choices=answer_names,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": gettext_lazy("Tick at least one, or remove this clause.")},
    )
    own_fields = (("questions",),)

    def initial_of(self, body: Body) -> dict[str, Any]:
        return {"questions": list(body.get("questions", ()))}

    def make_body(self) -> dict[str, Any]:
        return {"questions": self.cleaned_data["questions"]}
