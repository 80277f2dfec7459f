"""What the desk shows and takes around play mode: the hold, skipping, snoozing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.handoffs.holding import Held
from leads.handoffs.models import Handoff
from leads.handoffs.order import Day
from leads.handoffs.skipping import LONGEST_WORDS, wants_words
from portal.core.days import FIRST, LAST
from portal.core.instants import whole_second
from portal.core.moments import moment_words

MORNING = time(9)
SOON = timedelta(hours=2)
SOME_TIME = "time"  # the choice that brings a time of its own
MONDAY = 0


@dataclass(frozen=True)
class Preset:
    """One time to wake at. ``is_late``: the clock would be breached before it."""

    key: str
    label: str
    at: datetime
    words: str
    is_late: bool


@dataclass(frozen=True)
class Play:
    """What stands around one open handoff in play mode.

    ``held`` says that somebody else has it; ``until`` until when the reader does. ``due`` is the
    nearest running clock's, in words.
    """

    held: Held | None
    until: datetime | None
    wants_words: bool
    presets: Sequence[Preset]
    due: str
    is_over: bool
    is_asleep: bool
    wakes: str
    soonest: str  # as a field for date and time takes it


def play_of(handoff: Handoff, day: Day) -> Play | None:
    """Return what stands around a handoff; nothing around a decided one. At most two queries."""
    at, reader = day.at, day.user
    if not handoff.is_open:
        return None
    is_held, held = handoff.is_held(at), None
    if is_held and handoff.held_by_id != reader.pk and handoff.held_until is not None:
        held = Held(handoff.held_by, handoff.held_until)
    is_asleep = handoff.pk in day.asleep
    local = timezone.localtime(at)
    return Play(
        held=held,
        until=handoff.held_until if is_held and held is None else None,
        # who has passed over nothing today that is still open is asked by the service alone
        wants_words=bool(day.skipped) and wants_words(reader, at=at, now=day.rota.now),
        presets=presets(handoff, at=at),
        due=_in_words(handoff.due_at, local) if handoff.due_at else "",
        is_over=handoff.due_at is not None and handoff.due_at < at,
        is_asleep=is_asleep,
        wakes=wake_words(handoff, at=at) if is_asleep else "",
        soonest=f"{local + timedelta(minutes=5):%Y-%m-%dT%H:%M}",
    )


def presets(handoff: Handoff, *, at: datetime) -> list[Preset]:
    """Return the times offered, in the reader's zone: in two hours, tomorrow, next Monday."""
    local = timezone.localtime(whole_second(at))
    days = (MONDAY - local.weekday()) % 7 or 7
    times = [
        ("soon", _("In 2 hours"), local + SOON),
        ("tomorrow", _("Tomorrow"), _morning(local, 1)),
    ]
    if days > 1:
        times.append(("monday", _("Next Monday"), _morning(local, days)))
    due = handoff.due_at
    return [
        Preset(
            key, label, when, _in_words(when, local) if key != "tomorrow" else f"{when:%H:%M}",
            is_late=due is not None and at <= due <= when,
        )
        for key, label, when in times
    ]  # fmt: skip


def _morning(local: datetime, days: int) -> datetime:
    day = local.date() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, MORNING))


def _in_words(when: datetime, now: datetime) -> str:
    return moment_words(timezone.localtime(when), now)


def wake_words(handoff: Handoff, *, at: datetime) -> str:
    """Say when a snoozed handoff wakes."""
    if handoff.snoozed_until is None:
        return ""
    when = {"when": _in_words(handoff.snoozed_until, timezone.localtime(at))}
    if handoff.wakes_on_activity:
        return _("wakes %(when)s, or when the lead does something") % when
    return _("wakes %(when)s") % when


class SkipForm(forms.Form):
    words = forms.CharField(
        max_length=LONGEST_WORDS,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten the words to 300 characters.")},
    )


class SnoozeForm(forms.Form):
    """``when`` names a preset, or a time of its own in ``until``, in the reader's zone."""

    when = forms.ChoiceField(
        choices=[(key, key) for key in ("soon", "tomorrow", "monday", SOME_TIME)],
        error_messages={
            "required": gettext_lazy("Choose when it wakes."),
            "invalid_choice": gettext_lazy("Choose when it wakes."),
        },
    )
    until = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": gettext_lazy("Write the time like 2027-03-03 09:00.")},
    )
    wakes_on_activity = forms.BooleanField(required=False)

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and not FIRST.year <= until.year <= LAST.year:
            raise forms.ValidationError(_("Choose a time to come."))
        return until

    def wakes_at(self, handoff: Handoff, *, at: datetime) -> datetime | None:
        """Return the chosen instant; None where a time of its own was wanted and none given."""
        if self.cleaned_data["when"] == SOME_TIME:
            until: datetime | None = self.cleaned_data["until"]
            return until
        chosen = {one.key: one.at for one in presets(handoff, at=at)}
        return chosen.get(self.cleaned_data["when"], chosen["tomorrow"])
