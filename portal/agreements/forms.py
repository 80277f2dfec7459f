"""Forms of the agreement pages: one clause, a proposal, a signature."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.agreements.drafts import RATIONALE_LIMIT
from portal.agreements.registry import Body, ClauseText, Problem

LONGEST_BODY = 100_000


@dataclass(frozen=True)
class OpenClause:
    """A clause as it was opened for editing; ``revision`` None is a new one."""

    kind: str
    key: str
    body: Body
    rationale: str
    revision: int | None
    clauses: Sequence[ClauseText]  # of the whole version


@dataclass(frozen=True)
class Block:
    """Fields that stand side by side, or an editor of conditions with a title."""

    fields: Sequence[forms.BoundField] = ()
    editor: Any = None


class ClauseForm(forms.Form):
    """The form of one kind of clause. A subclass adds fields and says how they make a body.

    ``initial_of`` and ``make_body`` are each other's inverse; problems that the rules find in the
    body come back to the field named by the first step of their path.
    """

    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    rationale = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=RATIONALE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The other side reads this before it signs."),
    )
    own_fields: Sequence[Sequence[str]] = ()  # rows of field names

    def __init__(self, data: Mapping[str, Any] | None, *, opened: OpenClause) -> None:
        self.opened = opened
        initial = {"rationale": opened.rationale, "revision": opened.revision}
        super().__init__(data, initial=initial | self.initial_of(opened.body))
        self.prepare()
        for field in self.fields.values():
            _dress(field.widget)
        for name in next(iter(self.own_fields), ())[:1]:
            self.fields[name].widget.attrs["data-focus"] = ""

    def prepare(self) -> None:
        """Fit the fields to the clause, before anything is validated."""

    def at(self, name: str) -> forms.BoundField:
        """Return one field as it is drawn: marked where something is wrong, which is gone to."""
        bound = self[name]
        attributes = bound.field.widget.attrs
        if self.is_bound and self.errors:
            attributes.pop("data-focus", None)
        if self.is_bound and bound.errors:
            attributes["class"] += " is-invalid"
            attributes["data-focus"] = ""
        return bound

    def initial_of(self, body: Body) -> dict[str, Any]:
        """Return the fields' values for a body."""
        return {}

    def make_body(self) -> dict[str, Any]:
        """Return the body that the valid form means."""
        raise NotImplementedError

    def blocks(self) -> Iterable[Block]:
        """Return the fields as they stand on the page."""
        for names in self.own_fields:
            yield Block(fields=[self.at(name) for name in names])

    def wants_more(self) -> bool:
        """Tell whether the person asked for another empty line rather than for saving."""
        return "more" in self.data

    def stands_before(self) -> str | None:
        """Return the key of the clause it shall stand in front of; "": none; None: as it stands."""
        return None

    def keep_place(self, typed: "ClauseForm") -> None:
        """Take over from what was typed where the clause shall stand; bodies are merged apart."""

    def rebase(self, revision: int | None) -> None:
        """Carry what was typed over to another revision, so that saving again is meant."""
        typed: Any = self.data
        typed = typed.copy()
        typed["revision"] = "" if revision is None else str(revision)
        self.data = typed

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Show each problem at the field it is about."""
        for problem in problems:
            self.add_problem(problem.path, str(problem.sentence))

    def add_problem(self, path: str, sentence: str) -> None:
        name = path.partition(".")[0]
        self.add_error(name if name in self.fields else None, sentence)


def ticks() -> forms.CheckboxSelectMultiple:
    """Return a choice of several as boxes to tick: one press never takes another choice away."""
    return forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})


def _dress(widget: forms.Widget) -> None:
    if isinstance(widget, forms.CheckboxInput):
        widget.attrs.setdefault("class", "form-check-input")
    else:
        is_select = isinstance(widget, forms.Select)
        widget.attrs.setdefault("class", "form-select" if is_select else "form-control")


class JsonClauseForm(ClauseForm):
    """The plainest editor: the body itself. For kinds that registered no form of their own."""

    body = forms.CharField(
        label=gettext_lazy("Text of the clause"),
        max_length=LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "form-control"}),
        help_text=gettext_lazy("JSON, as the reference describes it."),
    )
    own_fields = (("body",),)

    def initial_of(self, body: Body) -> dict[str, Any]:
        return {"body": json.dumps(body, indent=2, ensure_ascii=False)}

    def clean_body(self) -> dict[str, Any]:
        return json_object(self.cleaned_data["body"])

    def make_body(self) -> dict[str, Any]:
        body: dict[str, Any] = self.cleaned_data["body"]
        return body

    def add_problem(self, path: str, sentence: str) -> None:
        self.add_error("body", f"{path}: {sentence}" if path else sentence)


def json_object(text: str) -> dict[str, Any]:
    """Return the object in ``text``; raises ValidationError with a sentence that says where."""
    found = json_value(text)
    if not isinstance(found, dict):
        raise ValidationError(_("Write one object, in curly brackets."))
    return found


def json_value(text: str) -> Any:
    """Return what ``text`` says as JSON, without floats and what no database can hold."""
    try:
        found = json.loads(text, parse_float=str, parse_constant=_refused)
        json.dumps(found, ensure_ascii=False).encode()  # half a character is refused here
    except (ValueError, RecursionError) as failure:
        where = getattr(failure, "lineno", 1)
        raise ValidationError(
            _("This is not readable as JSON: look at line %d, at a comma, quote or bracket.")
            % where
        ) from failure
    if "\\u0000" in text:
        raise ValidationError(_("Take the NUL character out; no database can keep it."))
    return found


def _refused(what: str) -> NoReturn:
    raise ValueError(f"{what} is nothing a signed text holds")


class ProposeForm(forms.Form):
    """Freezing the text for signature, from now on or from a later day."""

    starts_on = forms.DateField(
        label=gettext_lazy("In force from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control narrow"}),
        help_text=gettext_lazy(
            "Midnight in your own time zone. Empty: with the second signature, whenever it comes."
        ),
    )

    note = forms.CharField(
        label=gettext_lazy("Why this version"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
        help_text=gettext_lazy("A sentence or two for who signs."),
    )

    def clean_starts_on(self) -> datetime | None:
        """Return the first instant of the day in the reader's zone."""
        day = self.cleaned_data["starts_on"]
        if day is None:
            return None
        return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


class SignForm(forms.Form):
    """A signature: the hash that was read, and the password once more."""

    sha256 = forms.CharField(widget=forms.HiddenInput, min_length=64, max_length=64)
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "current-password", "class": "form-control"}
        ),
        help_text=gettext_lazy("Once more, because your name goes under the text."),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, user: User, sha256: str) -> None:
        self.user = user
        super().__init__(data, initial={"sha256": sha256})

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your password. Nothing is signed yet."))
        return password


class DeclineForm(forms.Form):
    """Words with which a proposal is sent back."""

    words = forms.CharField(
        label=gettext_lazy("What would have to change"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("It stays open on the draft until it is resolved."),
    )


HOURS = (
    (1, gettext_lazy("an hour")),
    (4, gettext_lazy("4 hours")),
    (24, gettext_lazy("a day")),
    (72, gettext_lazy("3 days")),
    (168, gettext_lazy("7 days")),
)


class OverrideForm(SignForm):
    """An emergency: for how long, why, over which text, and the password once more."""

    hours = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=HOURS,
        initial=4,
        widget=forms.Select(attrs={"class": "form-select narrow"}),
        help_text=gettext_lazy("It ends by itself; what both sides signed is in force again then."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why this cannot wait"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("Everybody reads it on every page until it ends."),
    )
