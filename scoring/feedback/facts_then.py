"""What was known of each lead when it was handed off: for rules that nobody has written yet."""

from collections.abc import Sequence

import numpy as np
from django.db.models import OuterRef, Subquery

from leads.database.models import FactSnapshot, FactText
from leads.database.registry import FACTS
from leads.handoffs.models import Handoff
from portal.core.intervals import ENOUGH
from scoring.feedback.decided import Bools
from scoring.feedback.logistic import Fit, would_add
from scoring.feedback.proposals import Candidate
from scoring.feedback.statistics import Counts

ASKED = tuple(fact.name for fact in FACTS if fact.type == "text" and fact.name != "title")
VALUES = 40  # of one fact, the commonest
AT_A_TIME = 10_000  # handoffs of one statement


def codes_then(handoffs: Counts) -> dict[str, Counts]:
    """Return for each text fact the id of its text at each handoff, -1 where nothing was known.

    Of snapshots as of the handoff's own instant, never later ones. One statement for each ten
    thousand handoffs.
    """
    found = {name: np.full(len(handoffs), -1, dtype=np.int64) for name in ASKED}
    order = np.argsort(handoffs, kind="stable")
    ordered = handoffs[order]
    for first in range(0, len(ordered), AT_A_TIME):
        ids = ordered[first : first + AT_A_TIME]
        rows = _snapshots(ids)
        places = order[np.searchsorted(ordered, rows[:, 0])]
        for column, name in enumerate(ASKED, start=1):
            found[name][places] = rows[:, column]
    return found


def _snapshots(ids: Counts) -> Counts:
    """Return a row of (handoff, codes) for each of these handoffs of whom something was known."""
    newest = (
        FactSnapshot.objects.filter(lead=OuterRef("lead"), known_from__lte=OuterRef("made_at"))
        .order_by("-known_from", "-pk")
        .values("pk")[:1]
    )
    wanted = Handoff.objects.filter(pk__gte=int(ids[0]), pk__lte=int(ids[-1]))
    snapshot_of = dict(wanted.annotate(snapshot=Subquery(newest)).values_list("pk", "snapshot"))
    asked = {snapshot_of[pk] for pk in ids.tolist() if snapshot_of.get(pk) is not None}
    values = {
        row[0]: row[1:]
        for row in FactSnapshot.objects.filter(pk__in=asked).order_by().values_list("pk", *ASKED)
    }
    rows = [
        (pk, *(-1 if code is None else code for code in values[snapshot]))
        for pk in ids.tolist()
        if (snapshot := snapshot_of.get(pk)) in values
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 1 + len(ASKED))


def candidates(
    handoffs: Counts, fired: Bools, accepted: Bools, level: Counts | None, model: Fit
) -> list[Candidate]:
    """Test every common value of every text fact beyond what the rules in ``model`` say."""
    found = []
    for name, ids in codes_then(handoffs).items():
        texts, counts = np.unique(ids[ids >= 0], return_counts=True)
        common = texts[np.argsort(-counts, kind="stable")][:VALUES]
        common = common[[(ids == one).sum() >= 2 * ENOUGH for one in common]]
        if common.size < 1:
            continue
        found += _tested(name, ids, np.sort(common), fired, accepted, level, model)
    return found


def _tested(  # noqa: PLR0917 - columns of one table
    name: str,
    ids: Counts,
    common: Counts,
    fired: Bools,
    accepted: Bools,
    level: Counts | None,
    model: Fit,
) -> list[Candidate]:
    place = np.searchsorted(common, ids)
    place = np.where(place >= len(common), 0, place)
    codes = np.where(common[place] == ids, place, -1)
    added = would_add(model, fired, accepted, level, codes, len(common))
    yes = np.bincount(codes[(codes >= 0) & accepted], minlength=len(common))
    words = dict(FactText.objects.filter(pk__in=common.tolist()).values_list("pk", "text"))
    return [
        Candidate(name, words[int(one)], int(added.n[n]), int(yes[n]), float(added.effect[n]),
                  float(added.error[n]), float(added.z[n]))
        for n, one in enumerate(common)
        if int(one) in words and not np.isnan(added.z[n])
    ]  # fmt: skip


def facts_of(handoffs: Sequence[int], names: Sequence[str]) -> dict[int, dict[str, str]]:
    """Return the named text facts as known when each of these handoffs was made."""
    ids = np.sort(np.array(handoffs, dtype=np.int64))
    if not ids.size or not names:
        return {}
    codes = codes_then(ids)
    texts = {int(code) for name in names for code in np.unique(codes[name]) if code >= 0}
    words = dict(FactText.objects.filter(pk__in=texts).values_list("pk", "text"))
    return {
        int(pk): {
            name: words[int(codes[name][row])] for name in names if int(codes[name][row]) in words
        }
        for row, pk in enumerate(ids)
    }
