"""Looking, opening and closing alerts, putting them off.

Everything may run twice, and two at once: a watch's row is locked while its alerts are brought
up to date, and a look that is older than the last one changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second
from portal.core.sightings import Limits, Sighting, Watch
from portal.events.services import record, record_each
from portal.watches.models import LONGEST_WORDS, Alert, Snooze, WatchSetting
from portal.watches.registry import all_watches

LONGEST_SNOOZE = timedelta(days=183)


def look(*, beat: str, at: datetime) -> int:
    """Let every watch of this beat look as of ``at``; return how many alerts stand after it.

    Each watch stands alone: one that fails does not keep the others from looking, its failure is
    raised once all have.
    """
    stand, failures = 0, []
    for watch in all_watches():
        if watch.beat == beat:
            try:
                stand += look_once(watch, at=at)
            except Exception as failure:
                failures.append(failure)
    if failures:
        raise ExceptionGroup(f"watches of each {beat}", failures)
    return stand


def look_once(watch: Watch, *, at: datetime) -> int:
    """Ask one watch what it sees as of ``at`` and bring its alerts up to date.

    The numbers are worked out first, without a lock. Switched off, it sees nothing, and what it
    had open is closed.
    """
    at = whole_second(at)
    setting, _made = WatchSetting.objects.get_or_create(watch=watch.key)
    seen = watch.find(at, limits_of(watch, setting)) if setting.is_on else ()
    return _keep(watch, seen, at=at)


def limits_of(watch: Watch, setting: WatchSetting | None) -> Limits:
    """Return the watch's numbers: an admin's where there are any, else the usual ones."""
    if setting is None:
        return watch.default
    return Limits(setting.limit or watch.default.limit, setting.of or watch.default.of)


@transaction.atomic
def _keep(watch: Watch, seen: Sequence[Sighting], *, at: datetime) -> int:
    setting = WatchSetting.objects.select_for_update().get(watch=watch.key)
    if setting.looked_at is not None and setting.looked_at > at:
        return Alert.objects.standing().filter(watch=watch.key).count()
    WatchSetting.objects.filter(pk=setting.pk).update(looked_at=at)
    standing = {one.subject: one for one in Alert.objects.standing().filter(watch=watch.key)}
    known = [(standing.pop(one.subject), one) for one in seen if one.subject in standing]
    for row, one in known:
        row.figures, row.seen_at, row.team_id = dict(one.figures), at, one.team
    Alert.objects.bulk_update([row for row, _one in known], ["figures", "seen_at", "team"])
    again = {row.subject for row, _one in known}
    _open(watch, [one for one in seen if one.subject not in again], at=at)
    _close(list(standing.values()), at=at)
    return len(seen)


def _open(watch: Watch, fresh: Sequence[Sighting], *, at: datetime) -> None:
    """Open alerts; one that comes back while somebody's snooze of it runs stays put off."""
    off = dict(
        Alert.objects.past()
        .filter(watch=watch.key, snoozed_until__gt=at)
        .filter(subject__in=[one.subject for one in fresh])
        .order_by("snoozed_until")
        .values_list("subject", "snoozed_until")
    )
    made = [
        Alert.objects.create(
            watch=watch.key, subject=one.subject, figures=dict(one.figures), team_id=one.team,
            opened_at=at, seen_at=at, snoozed_until=off.get(one.subject),
        )
        for one in fresh
    ]  # fmt: skip
    told = [(one, {"watch": one.watch, "subject": one.subject}) for one in made]
    record_each("alert.opened", told, actor=None, at=at)


def _close(over: Sequence[Alert], *, at: datetime) -> None:
    Alert.objects.filter(pk__in=[one.pk for one in over]).update(closed_at=at)
    told = [(one, {"watch": one.watch, "subject": one.subject}) for one in over]
    record_each("alert.closed", told, actor=None, at=at)


@transaction.atomic
def snooze(*, alert: Alert, until: datetime, words: str, by: User, at: datetime) -> Snooze:
    """Put an alert off until an instant, with the reason. Locks it.

    Raises DomainError for an instant that has passed or lies more than half a year ahead and for
    a missing reason, Conflict when it is over or somebody was faster.
    """
    at, until = whole_second(at), whole_second(until)
    words = " ".join(words.replace("\x00", "").split())
    if not words:
        raise DomainError(_("Say why it can wait: the others will ask."))
    if len(words) > LONGEST_WORDS:
        raise DomainError(_("Say it in at most 300 characters."))
    if not at < until <= at + LONGEST_SNOOZE:
        raise DomainError(_("Choose a day from tomorrow on, at most half a year ahead."))
    row = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if row.closed_at is not None:
        raise Conflict(_("It is no longer true, so there is nothing to put off."))
    if row.is_snoozed(at):
        raise Conflict(_("Somebody has put it off already. Look at it again."))
    made = Snooze.objects.create(alert=row, until=until, words=words, by=by, at=at)
    Alert.objects.filter(pk=row.pk).update(snoozed_until=until)
    record(
        "alert.snoozed",
        subject=row,
        actor=by,
        at=at,
        payload={"snooze": made.pk, "until": until.isoformat()},
    )
    return made


@transaction.atomic
def wake(*, alert: Alert, by: User, at: datetime) -> None:
    """Take a snooze back: the alert waits again. Locks it. Raises Conflict when none stands."""
    at = whole_second(at)
    row = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if not row.is_snoozed(at):
        raise Conflict(_("It is not put off any more."))
    Snooze.objects.filter(alert=row, ended_at=None, until__gt=at).update(ended_at=at, ended_by=by)
    Alert.objects.filter(pk=row.pk).update(snoozed_until=None)
    record("alert.woken", subject=row, actor=by, at=at)
