"""The editor of a promise: who promises what, for which leads, and what follows a breach."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.database.registry import FACTS, KINDS
from portal.agreements.forms import Block, ClauseForm, OpenClause, ticks
from sla.terms.forms import TOUCHES
from sla.terms.ladder import MOST_STEPS
from sla.terms.ladder_form import PARTS, step_fields, step_of
from sla.terms.order import following, siblings
from sla.terms.sentences import CARRIED
from sla.terms.text import (
    CLOCKED,
    CONTACT,
    EVIDENCE,
    OWNER,
    SIDE_OF,
    WARN_PERCENT,
    ClauseKind,
    PromiseKind,
    Untouched,
)
from sla.terms.typed import segment_of, segment_text, words_of

MINUTE = 60
NOWHERE = "-"  # where a new promise stood before
PROMISES = (
    (PromiseKind.FIRST_TOUCH.value, _("Sales: a first touch in time")),
    (PromiseKind.DISPOSITION.value, _("Sales: a disposition in time")),
    (PromiseKind.ATTEMPTS.value, _("Sales: attempts before “unresponsive”")),
    (PromiseKind.REASON_REQUIRED.value, _("Sales: a reason with rejections")),
    (PromiseKind.VOLUME.value, _("Marketing: handoffs a month")),
    (PromiseKind.ACCEPTANCE_RATE.value, _("Marketing: a share accepted")),
    (PromiseKind.PACKET.value, _("Marketing: complete packets")),
    (PromiseKind.HIGH_INTENT.value, _("Marketing: high-intent signals")),
)
UNTOUCHED = (
    (Untouched.ENDED.value, _("ends and is counted apart")),
    (Untouched.MET.value, _("is met by the disposition")),
    (Untouched.BREACHED.value, _("is breached")),
)
FAST_TRACK = (("", _("all")), ("yes", _("fast track only")), ("no", _("all but the fast track")))
TIMED = frozenset(CLOCKED)
TOUCHED = {PromiseKind.FIRST_TOUCH, PromiseKind.ATTEMPTS}  # an activity keeps these
NUMBERS = {
    PromiseKind.ATTEMPTS: _("Attempts at least"),
    PromiseKind.VOLUME: _("Handoffs a month at least"),
}
COUNTED = {PromiseKind.ATTEMPTS, PromiseKind.VOLUME}  # the others promise a share
FIELDS = [
    *((name, CARRIED[name]) for name in CONTACT),
    *((fact.name, fact.label) for fact in FACTS if not fact.derived),
]
SIGNALS = [(kind.name, kind.label) for kind in KINDS if not kind.is_touch]
# What only some kinds of promise use; the other fields are every promise's.
USED_BY = {
    **dict.fromkeys(("amount_s", "calendar", "otherwise", "warn_percent", "before"), TIMED),
    "untouched": {PromiseKind.FIRST_TOUCH},
    "number": set(PromiseKind) - TIMED,
    "touch_kinds": TOUCHED,
    "fields_": {PromiseKind.PACKET},
    "evidence": {PromiseKind.PACKET},
    "signals": {PromiseKind.HIGH_INTENT},
}


class PromiseForm(ClauseForm):
    """One promise, with the fields that its kind uses. The kind is chosen before the form opens."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(
        label=_("Who promises what"), choices=PROMISES, widget=forms.HiddenInput
    )
    amount_s = forms.IntegerField(
        label=_("Within minutes"),
        required=False,
        help_text=_("Of working time in the calendar: 240 for 4 hours."),
    )
    number = forms.IntegerField(
        label=_("Number or percent"), required=False, help_text=_("For promises without a clock.")
    )
    calendar = forms.CharField(label=_("Counted in"), required=False, widget=forms.Select)
    otherwise = forms.CharField(
        label=_("While nobody owns it"),
        required=False,
        widget=forms.Select,
        help_text=_("For the owner’s own hours."),
    )
    warn_percent = forms.IntegerField(label=_("At risk from percent of the time"), required=False)
    untouched = forms.ChoiceField(
        label=_("Decided in time without a touch, a first touch"), choices=UNTOUCHED, required=False
    )
    grades = forms.CharField(label=_("Only grades"), required=False, max_length=40)
    sources = forms.CharField(label=_("Only from sources"), required=False, max_length=500)
    fast_track = forms.ChoiceField(label=_("Fast track"), choices=FAST_TRACK, required=False)
    segment = forms.CharField(
        label=_("Only the segment"),
        required=False,
        max_length=500,
        help_text=_("A fact and its values: industry: software, IT services; country: Germany"),
    )
    before = forms.ChoiceField(
        label=_("Tried before"),
        required=False,
        help_text=_("The first promise of its kind that applies to a lead is the one that runs."),
    )
    stood_before = forms.CharField(required=False, widget=forms.HiddenInput)
    touch_kinds = forms.MultipleChoiceField(
        label=_("Counts as a touch or an attempt here"),
        choices=TOUCHES,
        required=False,
        widget=ticks(),
        help_text=_("None: what the terms call a touch."),
    )
    fields_ = forms.MultipleChoiceField(
        label=_("A packet carries"),
        choices=FIELDS,
        required=False,
        widget=ticks(),
    )
    evidence = forms.MultipleChoiceField(
        label=_("and as evidence"),
        choices=[(name, CARRIED[name]) for name in EVIDENCE],
        required=False,
        widget=ticks(),
    )
    signals = forms.MultipleChoiceField(
        label=_("High intent is when the lead"),
        choices=SIGNALS,
        required=False,
        widget=ticks(),
    )
    own_fields: Sequence[Sequence[str]] = (
        ("name", "number"),
        ("amount_s", "calendar", "otherwise"),
        ("warn_percent", "untouched"),
        ("grades", "sources", "fast_track"),
        ("segment", "before"),
        ("touch_kinds",),
        ("fields_", "evidence", "signals"),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, opened: OpenClause) -> None:
        super().__init__(data, opened=opened)
        calendars = [
            (row["key"], row["body"].get("name", row["key"]))
            for row in opened.clauses
            if row["kind"] == ClauseKind.CALENDAR
        ]
        self._choices("calendar", [*calendars, (OWNER, _("the owner’s own hours"))])
        self._choices("otherwise", [("", "–"), *calendars])

    def prepare(self) -> None:
        """Offer the others of its kind, a line for each step of the ladder, and one more."""
        steps = self.opened.body.get("ladder") or []
        self.steps = min(len(steps) + 1, MOST_STEPS)
        for number in range(self.steps):
            step = steps[number] if number < len(steps) else {}
            self.fields.update(step_fields(number, step))
        rows = (tuple(f"step{number}_{part}" for part in PARTS) for number in range(self.steps))
        self.own_fields = (*type(self).own_fields, *rows)
        if kind := self._kind():
            self._offer_places(kind)
            self.fields["number"].label = NUMBERS.get(kind, _("Percent at least"))
            self.fields["number"].help_text = ""

    def _offer_places(self, kind: PromiseKind) -> None:
        opened, field = self.opened, self.fields["before"]
        others = [one for one in siblings(kind, opened.clauses) if one["key"] != opened.key]
        if not isinstance(field, forms.ChoiceField) or not others:
            del self.fields["before"], self.fields["stood_before"]
            return
        names = [(one["key"], one["body"].get("name", one["key"])) for one in others]
        field.choices = [*names, ("", _("none: the others come first"))]
        stood = following(opened.key, kind, opened.clauses)
        self.initial.update(before=stood, stood_before=stood if opened.key else NOWHERE)

    def stands_before(self) -> str | None:
        """Return the key of the promise that is to follow, empty: none; None: it stays there."""
        given = self.cleaned_data
        chosen = given.get("before")
        return None if chosen == given.get("stood_before") else chosen

    def keep_place(self, typed: ClauseForm) -> None:
        if "before" in self.fields and "before" in typed.data:
            self.initial.update(
                before=typed.data["before"], stood_before=typed.data.get("stood_before", NOWHERE)
            )

    def blocks(self) -> Iterable[Block]:
        """Return the fields that the chosen kind uses, and any with something wrong."""
        kind = self._kind()
        for names in self.own_fields:
            used = [
                name
                for name in names
                if name in self.fields and (kind is None or self._uses(kind, name))
            ]
            if used:
                yield Block(fields=[self.at(name) for name in used])

    def _kind(self) -> PromiseKind | None:
        given = self.data.get("kind") if self.is_bound else self.opened.body.get("kind")
        return PromiseKind(given) if given in set(PromiseKind) else None

    def _uses(self, kind: PromiseKind, name: str) -> bool:
        by = TIMED if name.startswith("step") else USED_BY.get(name, {kind})
        return kind in by or name in self.errors

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        widget = self.fields[name].widget
        if isinstance(widget, forms.Select):
            widget.choices = choices

    def initial_of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        applies = body.get("applies") or {}
        fast = applies.get("fast_track")
        return {
            **{name: body.get(name) for name in ("name", "kind", "calendar", "otherwise")},
            "amount_s": int(body.get("amount_s") or 0) // MINUTE or None,
            "number": body.get("percent", body.get("at_least")),
            "warn_percent": body.get("warn_percent", WARN_PERCENT),
            "untouched": body.get("untouched", Untouched.ENDED.value),
            "grades": ", ".join(applies.get("grades", ())),
            "sources": ", ".join(applies.get("sources", ())),
            "fast_track": "" if fast is None else "yes" if fast else "no",
            "segment": segment_text(applies.get("segment") or {}),
            "touch_kinds": list(body.get("touch_kinds", ())),
            "fields_": list(body.get("fields", ())),
            "evidence": list(body.get("evidence", ())),
            "signals": list(body.get("signals", ())),
        }

    def make_body(self) -> dict[str, Any]:
        given, kind = self.cleaned_data, PromiseKind(self.cleaned_data["kind"])
        body: dict[str, Any] = {
            "name": given["name"].strip(),
            "side": SIDE_OF[kind],
            "kind": kind.value,
        }
        body |= self._counted(kind) if kind not in CLOCKED else self._timed(kind)
        kinds = list(given["touch_kinds"])
        if kinds and kind in TOUCHED:
            body["touch_kinds"] = kinds
        return body | self._applies()

    def _counted(self, kind: PromiseKind) -> dict[str, Any]:
        given = self.cleaned_data
        body = {"at_least" if kind in COUNTED else "percent": given["number"]}
        if kind == PromiseKind.PACKET:
            body |= {"fields": list(given["fields_"]), "evidence": list(given["evidence"])}
        if kind == PromiseKind.HIGH_INTENT:
            body |= {"signals": list(given["signals"])}
        return body

    def _timed(self, kind: PromiseKind) -> dict[str, Any]:
        given = self.cleaned_data
        body: dict[str, Any] = {
            "amount_s": (given["amount_s"] or 0) * MINUTE,
            "calendar": given["calendar"],
            "warn_percent": WARN_PERCENT
            if given["warn_percent"] is None
            else given["warn_percent"],
        }
        if given["calendar"] == OWNER and given["otherwise"]:
            body["otherwise"] = given["otherwise"]
        if kind == PromiseKind.FIRST_TOUCH:
            body["untouched"] = given["untouched"] or Untouched.ENDED.value
        steps = [step for number in range(self.steps) if (step := step_of(given, number))]
        # A text that never spoke of a ladder keeps the usual steps until somebody adds one.
        return body | ({"ladder": steps} if steps or "ladder" in self.opened.body else {})

    def _applies(self) -> dict[str, Any]:
        given = self.cleaned_data
        applies: dict[str, Any] = {
            "grades": [grade.upper() for grade in words_of(given["grades"])],
            "sources": [source.casefold() for source in words_of(given["sources"])],
            "segment": segment_of(given["segment"]),
        }
        applies = {name: values for name, values in applies.items() if values}
        if given["fast_track"]:
            applies["fast_track"] = given["fast_track"] == "yes"
        return {"applies": applies} if applies else {}

    def add_problem(self, path: str, sentence: str) -> None:
        names = {"at_least": "number", "percent": "number", "fields": "fields_"}
        names |= {"ladder": "step0_do", "applies": "grades"}
        super().add_problem(names.get(path, path), sentence)
