"""What an activation did: everybody judged by the new version and by the one before it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from leads.database.models import Gate
from leads.handoffs.models import Release
from portal.agreements.models import Version
from portal.agreements.queries import version_before
from portal.core.bulk import insert_rows
from portal.events.models import Event
from scoring.backtest.models import ActivationMove, ActivationReport
from scoring.definitions.services import KIND, definitions_in_force, parsed
from scoring.engine.columns import Array, Batch
from scoring.engine.kernel import Scores, evaluate_all
from scoring.engine.population import Shard, open_columns
from scoring.rules.definition import Definition
from scoring.rules.instants import seconds
from scoring.rules.segments import Among

ROWS = 2_000  # in one statement


def report_activation(events: Sequence[Event], at: datetime) -> None:
    """Answer ``rescore.finished``: write the report of the version it was under, once."""
    versions = Version.objects.of_kind(KIND).select_related("agreement")
    for version in versions.filter(pk__in={event.subject_id for event in events}).order_by("pk"):
        if version.effective_from is not None:
            write_report(version, at=version.effective_from)


@transaction.atomic
def write_report(version: Version, *, at: datetime) -> ActivationReport | None:
    """Judge everybody as of the activation and keep who moved; None when that was done before.

    The first version has nobody to move against: all that pass its gates enter them. Locks the
    version.
    """
    Version.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if ActivationReport.objects.filter(version=version).exists():
        return None
    before = version_before(version, at=at)
    report = ActivationReport.objects.create(
        version=version, before=before, at=at, made_at=timezone.now()
    )
    in_force = definitions_in_force(at)
    among = in_force.among(version.agreement) if in_force else Among()
    moved = _Moved(parsed(version), None if before is None else parsed(before), among, seconds(at))
    gates: Counter[str] = Counter()
    grades: Counter[str] = Counter()
    columns = open_columns()
    for number in sorted(columns.manifest.shards):
        rows = list(_moves(columns.shard(number), moved, gates, grades))
        for start in range(0, len(rows), ROWS):
            given = [{"report_id": report.pk, **row} for row in rows[start : start + ROWS]]
            insert_rows(ActivationMove, given)
    waiting = Release.objects.filter(cause=Release.Cause.ACTIVATION, opened_at__gte=at)
    if (after := _next(version)) is not None:
        waiting = waiting.filter(opened_at__lt=after)
    report.summary = {"gates": gates, "grades": grades, "queued": waiting.count()}
    report.save(update_fields=["summary"])
    return report


def _next(version: Version) -> datetime | None:
    later = Version.objects.filter(
        agreement=version.agreement_id, effective_from__gt=version.effective_from
    )
    return later.order_by("effective_from").values_list("effective_from", flat=True).first()


@dataclass(frozen=True)
class _Moved:
    """What changed at an instant: one version for another, among the other definitions."""

    new: Definition
    old: Definition | None
    among: Among
    at: int

    def scores(self, batch: Batch) -> tuple[Scores, Scores | None]:
        """Return the scores since and before; None where no definition was there."""
        since, before = self.among.having(self.new), self.among.having(self.old)
        assert since is not None  # noqa: S101 - the new one is one of them
        was = None if before is None else evaluate_all(before, batch, self.at)
        return evaluate_all(since, batch, self.at), was

    def concerned(self, now: Scores, was: Scores | None) -> Array:
        """Return which leads are its own, or were those of the version before."""
        place = self.among.place
        found = np.ones(len(now.total), bool)
        if now.applied is not None:
            found = now.applied == place
        if self.old is not None and was is not None and was.applied is not None:
            found = found | (was.applied == place)
        return found


def _moves(
    shard: Shard, moved: _Moved, gates: Counter[str], grades: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Count a shard's leads and yield those that moved."""
    now, old = moved.scores(shard.batch)
    was, listed = now if old is None else old, shard.listed & moved.concerned(now, old)
    was_gates = np.zeros_like(now.gates) if old is None else was.gates
    was_grade = was.grade  # the first version has no grades before it to move from
    for gate in Gate:
        before, after = (bits & int(gate) != 0 for bits in (was_gates, now.gates))
        for name, mask in (("was", before), ("now", after), ("enters", after & ~before),
                           ("leaves", before & ~after)):  # fmt: skip
            gates[f"{gate.name.lower()} {name}"] += int((mask & listed).sum())
    differs = (was_gates != now.gates) | (was_grade != now.grade)
    places = np.flatnonzero(differs & listed)
    _count_grades(was_grade, now.grade, places, grades)
    for place in places.tolist():
        yield _row(place, shard, was_gates, was_grade, was, now)


def _count_grades(was: Array, now: Array, places: Array, grades: Counter[str]) -> None:
    pairs = Counter(zip(was[places].tolist(), now[places].tolist(), strict=True))
    for (one, other), count in pairs.items():
        if one != other:
            grades[f"{one} {other}"] += count


def _row(
    place: int, shard: Shard, gates: Array, grade: Array, was: Scores, now: Scores
) -> dict[str, Any]:
    return {
        "lead_id": shard.first + place,
        "was_gates": int(gates[place]), "now_gates": int(now.gates[place]),
        "was_grade": str(grade[place]), "now_grade": str(now.grade[place]),
        "was_total": int(was.total[place]), "now_total": int(now.total[place]),
    }  # fmt: skip
