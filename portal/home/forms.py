"""What a person sets for themselves."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.events.services import record
from portal.home.keys import (
    BY_USUAL,
    KEYS,
    Key,
    conflicts,
    groups,
    keymap_of,
    known,
    own_key,
    why_not,
)

KEY_FIELD = {
    "class": "form-control",
    "maxlength": "1",
    "data-key-field": "",
    "autocomplete": "off",
    "autocapitalize": "none",
    "spellcheck": "false",
}
REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
PARTS = ("theme", "density", "zone", "digest", "alert_mail", "has_keys")


@cache
def zones() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the zones people live in, by part of the world."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in REGIONS)
    named = groupby(names, key=lambda name: name.partition("/")[0])
    return tuple((region, tuple(some)) for region, some in named if region)


def zone_choices(at: datetime, *, also: str = "UTC") -> list[tuple[str, Any]]:
    """Return the zones with the time there at ``at``: that is how people know their own.

    ``also`` is offered by itself where it is none of these, so that no choice is lost.
    """

    def option(name: str) -> tuple[str, str]:
        place = name.partition("/")[2] or name
        words = place.replace("_", " ").replace("/", ", ")
        return name, f"{words}, {at.astimezone(ZoneInfo(name)):%H:%M}"

    listed = {name for _region, names in zones() for name in names}
    first = [option(name) for name in dict.fromkeys((also, "UTC")) if name not in listed]
    return [*first, *((region, [option(name) for name in names]) for region, names in zones())]


def _whole(data: Any, user: User) -> dict[str, Any]:
    """Return what was sent, and what stands for all that was not."""
    keymap = known(user.keymap)
    standing = {name: getattr(user, name) for name in PARTS if name != "has_keys"}
    standing |= {key.field: own_key(keymap, key.usual) for key in KEYS}
    if "zone" not in data and user.has_keys:  # a box that is not ticked is not sent either
        standing["has_keys"] = "on"
    return {**standing, **data.dict()}


class PreferencesForm(forms.ModelForm):
    """Theme, density, zone, digest and keys. What is not sent stays as it is: the theme switch of
    the frame sends the theme alone.
    """

    class Meta:
        model = User
        fields = PARTS
        labels = {
            "theme": gettext_lazy("Colours"),
            "density": gettext_lazy("Rows"),
            "zone": gettext_lazy("Time zone"),
            "digest": gettext_lazy("What waits for you, by mail"),
            "alert_mail": gettext_lazy("Alerts that cannot wait, by mail"),
            "has_keys": gettext_lazy("Single keys act at once"),
        }
        help_texts = {
            "density": gettext_lazy("Compact shows a third more rows in every list."),
            "zone": gettext_lazy(
                "Every time in the portal is written in it. Each place says its time now."
            ),
            "digest": gettext_lazy("Nothing is sent on a day on which nothing waits."),
            "alert_mail": gettext_lazy(
                "The few that cannot wait for Monday, to those they concern. The bell rings anyway."
            ),
            "has_keys": gettext_lazy(
                "They rest while you write. Ctrl K works in either case, so does Tab."
            ),
        }
        widgets = {
            "theme": forms.RadioSelect,
            "density": forms.RadioSelect,
            "digest": forms.RadioSelect,
            "alert_mail": forms.RadioSelect,
        }

    def __init__(self, data: Any = None, *, instance: User) -> None:
        keymap = known(instance.keymap)
        super().__init__(None if data is None else _whole(data, instance), instance=instance)
        choices = zone_choices(timezone.now(), also=instance.zone)
        self.fields["zone"] = forms.ChoiceField(
            label=self.fields["zone"].label, help_text=self.fields["zone"].help_text,
            choices=choices,
        )  # fmt: skip
        for key in KEYS:
            self.fields[key.field] = forms.CharField(
                label=str(key.label),
                required=False,
                initial=own_key(keymap, key.usual),
                widget=forms.TextInput(attrs=KEY_FIELD),
            )
        self.fields["has_keys"].widget.attrs["class"] = "form-check-input"
        self.fields["zone"].widget.attrs |= {
            "class": "form-select",
            "aria-describedby": "zone-says",
        }

    def look_fields(self) -> list[forms.BoundField]:
        """Return what is chosen from two or three."""
        return [self[name] for name in ("theme", "density", "digest", "alert_mail")]

    def key_groups(self) -> Iterator[tuple[Any, list[tuple[Key, forms.BoundField]]]]:
        """Yield the fields of the keys by where they work."""
        for group, keys in groups():
            yield group, [(key, self[key.field]) for key in keys]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = {key.usual: given.get(key.field, "").lower() for key in KEYS}
        for key in KEYS:
            if refusal := why_not(chosen[key.usual]):
                self.add_error(key.field, refusal)
                del chosen[key.usual]
        for usual, refusal in conflicts(chosen).items():
            self.add_error(BY_USUAL[usual].field, refusal)
        self.instance.keymap = keymap_of(chosen)
        return given

    def use_usual_keys(self) -> None:
        """Forget the own keys; to be called on a form with data, before it is checked."""
        self.data = {**self.data, **{key.field: key.usual for key in KEYS}}

    @transaction.atomic
    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        """Store what was sent, and record which settings changed, without what they are now."""
        user: User = super().save(commit=False)
        keys = {key.field for key in KEYS}
        changed = sorted({"keymap" if name in keys else name for name in self.changed_data})
        if changed:
            user.save(update_fields=changed)
            payload = {"changed": changed}
            record("person.settings_changed", subject=user, actor=user, payload=payload,
                   at=timezone.now())  # fmt: skip
        return user

    @property
    def sentence(self) -> str:
        """What is said above the form when something is wrong with it."""
        count = len(self.errors)
        return _("Nothing is saved yet: %(count)d to mend below.") % {"count": count}
