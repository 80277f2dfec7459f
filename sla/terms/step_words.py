"""The words of a promise's ladder: what is done when, in one sentence."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.calendar.arithmetic import duration
from sla.terms.ladder import Act, Step, When, ladder_of
from sla.terms.text import WARN_PERCENT, PromiseTerms

ACTS: dict[Act, Promise] = {
    Act.WARN_OWNER: gettext_lazy("warn the owner"),
    Act.TELL_MANAGER: gettext_lazy("tell the sales lead"),
    Act.TASK: gettext_lazy("give the owner a follow-up"),
    Act.REASSIGN: gettext_lazy("give it to somebody else"),
    Act.REST: gettext_lazy("take who did not respond out of rotation"),
}


def ladder_words(body: Mapping[str, Any]) -> str:
    """Return "After 75 % of the time: warn the owner. When it breaches: tell the sales lead.".

    Empty where the text says nothing of it, and the usual steps are taken.
    """
    if body.get("ladder") is None:
        return ""
    return _said(ladder_of(body), body.get("warn_percent", WARN_PERCENT))


def promise_words(promise: PromiseTerms) -> str:
    """Return the same for a promise as the clocks read it; the usual steps in words too."""
    percent = 100 * promise.warn_amount // promise.amount if promise.amount else WARN_PERCENT
    return _said(promise.ladder, percent)


def _said(steps: Sequence[Step], percent: int) -> str:
    if not steps:
        return _("Nothing follows a breach.")
    steps = sorted(steps, key=lambda step: (step.when == When.DUE, step.after))
    groups = groupby(steps, key=lambda step: (step.when, step.after))
    return " ".join(_group(list(group), percent) for _key, group in groups)


def _group(steps: Sequence[Step], percent: int) -> str:
    words = {"acts": ", ".join(act_words(step) for step in steps)}
    first = steps[0]
    if first.when == When.WARN:
        return _("After %(percent)d %% of the time: %(acts)s.") % {**words, "percent": percent}
    if not first.after:
        return _("When it breaches: %(acts)s.") % words
    after = duration(timedelta(seconds=first.after))
    return _("%(after)s of working time later: %(acts)s.") % {**words, "after": after}


def act_words(step: Step) -> str:
    """Return what one step does: "tell the sales lead, in working hours"."""
    act = str(ACTS[step.act])
    return _("%(act)s in their working hours") % {"act": act} if step.is_quiet else act
