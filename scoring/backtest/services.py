"""Back-tests as work: begun, done part by part by whoever holds the lease, cancelled, kept.

Parts are shards of leads. A part's rows and the mark that it is done are stored in one
transaction: a worker that is killed leaves nothing half told, and the next one goes on.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.agreements.canonical import canonical_json, sha256_of
from portal.agreements.models import Version
from portal.agreements.queries import document_of
from portal.agreements.services import EDITORS
from portal.core.bulk import insert_rows
from portal.core.claims import claim
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.core.instants import whole_second
from portal.events.bells import is_held
from portal.events.services import record
from scoring.backtest.models import Backtest, Mover, Replayed
from scoring.backtest.question import Question, question_of
from scoring.backtest.replay import Part, replay
from scoring.backtest.summary import summarise
from scoring.definitions.services import definitions_in_force, parsed
from scoring.engine.population import Columns, open_columns
from scoring.engine.shards import ShardLost
from scoring.rules.instants import seconds
from scoring.rules.parse import parse_text
from scoring.rules.problems import InvalidDefinition
from scoring.rules.segments import Among

LEASE = timedelta(minutes=5)
PERIODS = (30, 90, 180, 365)  # days
DAYS = 90
ROWS = 2_000  # in one statement
TRIES = 4  # a shard may be replaced, or found damaged, while it is being read
Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


@transaction.atomic
def begin_backtest(
    *,
    version: Version,
    base: Version | None,
    by: User | None,
    at: datetime,
    days: int = DAYS,
    since: datetime | None = None,
) -> Backtest:
    """Freeze what is asked, to be replayed by a worker: the last ``days`` up to ``at``.

    ``since`` sets another beginning. Raises DomainError for a text that cannot run or a period
    that is none, Conflict while one of this version runs, NotAllowed for who may not edit.
    """
    if by is not None and by.role not in EDITORS:
        raise NotAllowed(_("Marketing or a sales lead runs back-tests. Ask one of them."))
    if base is not None and not base.sha256:
        raise DomainError(_("Compare with a version that was proposed: a draft may still change."))
    at = whole_second(at)
    since = at - timedelta(days=days) if since is None else whole_second(since)
    if since >= at:
        raise DomainError(_("Choose a period that lies behind us."))
    locked = Version.objects.select_for_update(of=("self",)).select_related("agreement").get(
        pk=version.pk
    )  # fmt: skip
    if Backtest.objects.running().filter(version=locked).exists():
        raise Conflict(_("A back-test of this version is running already. Wait, or cancel it."))
    text, sha256 = text_of(locked)
    made = Backtest.objects.create(
        version=locked,
        revision=locked.revision,
        base=base,
        text=text,
        sha256=sha256,
        since=since,
        until=at,
        started_at=at,
        started_by=by,
    )
    record("backtest.started", subject=locked, actor=by, at=at, payload={"backtest": made.pk})
    if not is_held():
        transaction.on_commit(_ring, robust=True)
    return made


def text_of(version: Version) -> tuple[str, str]:
    """Return what a version says now and its sha256; DomainError where it cannot run."""
    text, sha256 = version.signed_text, version.sha256
    if not sha256:
        text = canonical_json(document_of(version))
        sha256 = sha256_of(text)
    try:
        parse_text(text, sha256)
    except InvalidDefinition as refusal:
        words = "; ".join(str(problem.sentence) for problem in refusal.problems[:3])
        sentence = _("This text cannot run yet: %s Mend it, then run the back-test.") % words
        raise DomainError(sentence) from refusal
    return text, sha256


def _ring() -> None:
    from scoring.backtest.tasks import continue_backtests  # noqa: PLC0415 - it imports this module

    try:
        continue_backtests.delay()
    except Exception:  # beat comes by every fifteen seconds anyway
        logger.warning("the broker did not answer; beat will run the back-test", exc_info=True)


@transaction.atomic
def cancel_backtest(*, backtest: Backtest, by: User, at: datetime) -> Backtest:
    """Stop a back-test; what it had found so far is dropped. Conflict when it is over."""
    if by.role not in EDITORS:
        raise NotAllowed(_("Marketing or a sales lead runs back-tests. Ask one of them."))
    locked = Backtest.objects.select_for_update(of=("self",)).get(pk=backtest.pk)
    if locked.state != Backtest.State.RUNNING:
        raise Conflict(_("This back-test is over already. Reload to see what it found."))
    _close(locked, Backtest.State.CANCELLED, by=by, at=at)
    _forget(Backtest.objects.filter(pk=locked.pk))
    return locked


def claim_backtest(backtest_id: int, *, at: datetime) -> bool:
    """Take the lease of a running back-test; False when another worker holds it, or it is over."""
    free = Q(leased_until=None) | Q(leased_until__lt=at)
    wanted = Backtest.objects.running().filter(free, pk=backtest_id)
    return bool(claim(wanted, limit=1, leased_until=at + LEASE))


def run_backtest(
    backtest_id: int, *, clock: Clock, on_part: Callable[[], None] = lambda: None
) -> None:
    """Carry a claimed back-test on from where it is to its end.

    Ends early when it was cancelled, or when another worker has taken over.
    """
    test = Backtest.objects.select_related("base", "version__agreement").get(pk=backtest_id)
    try:
        question, columns = _question(test), open_columns(at=clock())
        numbers = sorted(columns.manifest.shards)
        while True:
            began = clock()
            done = _parts_done(test, len(numbers))
            if done is None:
                return
            part = None
            if done < len(numbers):
                part, columns = _replayed(columns, numbers[done], question, clock)
            if not _store(test.pk, done, part, took=clock() - began, at=clock()):
                return
            on_part()
    except OperationalError:  # the database was busy or away: the lease ends, another one goes on
        raise
    except Exception:
        logger.exception("back-test %s stopped", backtest_id)
        _fail(backtest_id, at=clock())


def _question(test: Backtest) -> Question:
    in_force = definitions_in_force(test.until)
    return question_of(
        parse_text(test.text, test.sha256),
        None if test.base is None else parsed(test.base),
        in_force.among(test.version.agreement) if in_force else Among(),
        since=seconds(test.since),
        until=seconds(test.until),
        zone=ZoneInfo(Organisation.current().zone),
    )


def _parts_done(test: Backtest, parts: int) -> int | None:
    """Say how many parts there are; return how many are done, None when it is over."""
    running = Backtest.objects.running().filter(pk=test.pk)
    running.update(parts=parts)
    return running.values_list("parts_done", flat=True).first()


def _replayed(
    columns: Columns, number: int, question: Question, clock: Clock
) -> tuple[Part, Columns]:
    for left in reversed(range(TRIES)):
        try:
            return replay(columns.shard(number), question), columns
        except ShardLost:
            if not left:
                raise
            columns = open_columns(at=clock(), lost=[number])
    raise AssertionError  # pragma: no cover


@transaction.atomic
def _store(
    backtest_id: int, done: int, part: Part | None, *, took: timedelta, at: datetime
) -> bool:
    """Store one part, or the summary after the last; False when there is nothing left to do.

    Harmless when two workers have the same part at hand: the second finds the mark moved on.
    Locks the back-test.
    """
    test = Backtest.objects.select_for_update(of=("self",)).get(pk=backtest_id)
    if test.state != Backtest.State.RUNNING or test.parts_done != done:
        return False
    test.took_ms += round(took.total_seconds() * 1000)
    if part is None:
        test.summary = summarise(test)
        _close(test, Backtest.State.DONE, by=test.started_by, at=at)
        older = Backtest.objects.filter(version=test.version_id, base=test.base_id, pk__lt=test.pk)
        _forget(older.exclude(state=Backtest.State.RUNNING))
        return False
    owner = {"backtest_id": test.pk}
    for model, rows in ((Replayed, part.replayed), (Mover, part.movers)):
        _insert(model, [{**owner, **row} for row in rows])
    for gate, counts in part.population.items():
        so_far = test.population.setdefault(gate, {})
        for name, count in counts.items():
            so_far[name] = so_far.get(name, 0) + count
    test.parts_done, test.leased_until = done + 1, at + LEASE
    test.save()
    return True


def _insert(model: type[Replayed] | type[Mover], rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), ROWS):
        insert_rows(model, rows[start : start + ROWS])


def _close(test: Backtest, state: Backtest.State, *, by: User | None, at: datetime) -> None:
    test.state, test.finished_at, test.leased_until = state, whole_second(at), None
    test.save()
    payload = {"backtest": test.pk, "revision": test.revision}
    record(KINDS[state], subject=test.version, actor=by, at=at, payload=payload)


KINDS = {
    Backtest.State.DONE: "backtest.finished",
    Backtest.State.CANCELLED: "backtest.cancelled",
    Backtest.State.FAILED: "backtest.failed",
}


def _forget(tests: Any) -> None:
    """Drop the leads behind older numbers; what they said in sum is kept."""
    Replayed.objects.filter(backtest__in=tests).delete()
    Mover.objects.filter(backtest__in=tests).delete()


@transaction.atomic
def _fail(backtest_id: int, *, at: datetime) -> None:
    test = Backtest.objects.select_for_update(of=("self",)).get(pk=backtest_id)
    if test.state == Backtest.State.RUNNING:
        test.error = _("It stopped unexpectedly. Run it again; the log says more.")
        _close(test, Backtest.State.FAILED, by=None, at=at)
        _forget(Backtest.objects.filter(pk=test.pk))


def backtest_of(version: Version, base: Version | None = None) -> Backtest | None:
    """Return the newest back-test of a version (against ``base``) that came to its end."""
    tests = Backtest.objects.filter(version=version).finished()
    if base is not None:
        tests = tests.filter(base=base)
    return tests.select_related("version__agreement", "base").order_by("-pk").first()


def latest(version: Version) -> Backtest | None:
    """Return the newest back-test of a version, whatever became of it."""
    tests = Backtest.objects.filter(version=version)
    return tests.select_related("version__agreement", "base").order_by("-pk").first()
