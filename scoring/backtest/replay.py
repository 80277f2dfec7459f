"""One shard of leads replayed under two definitions: rows to keep, and counts by gate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from scoring.backtest.history import (
    CAUSES,
    EFFECTS,
    OUTCOMES,
    HandoffRows,
    StageRows,
    mended_at,
    read_beginnings,
    read_handoffs,
    read_stages,
)
from scoring.backtest.models import Replayed
from scoring.backtest.openings import GATES, NEVER, Found, Stays, search
from scoring.backtest.pairs import Pairs, fact_rows, judge, pairs_of
from scoring.backtest.question import Question
from scoring.backtest.stays import Chances, Past
from scoring.engine.assembly import TextValues
from scoring.engine.columns import Array, Batch
from scoring.engine.intake import NULL
from scoring.engine.population import Shard
from scoring.engine.shards import leads_of
from scoring.rules.conditions import Condition
from scoring.rules.definition import Definition
from scoring.rules.instants import instant
from scoring.rules.segments import as_gate

Way = Replayed.Way
WAYS = {"released": Way.RELEASED, "by_hand": Way.BY_HAND, "appeal": Way.BY_HAND}
SAID = (*OUTCOMES, "")
MENDED = EFFECTS.index("mend")


@dataclass(frozen=True)
class Part:
    """What one shard adds: rows of ``Replayed`` and ``Mover``, and counts by gate."""

    replayed: list[dict[str, Any]]
    movers: list[dict[str, Any]]
    population: Mapping[str, Mapping[str, int]]


def replay(shard: Shard, question: Question) -> Part:
    """Judge a shard's leads at every instant of the period that matters; reads, writes nothing."""
    wanted = leads_of(shard.number)
    rows = read_handoffs(wanted, until=question.until, zone=question.zone)
    stages = read_stages(wanted, until=question.until)
    begins, source = _beginnings(shard, question.since)
    leads = np.flatnonzero(shard.listed) + shard.first
    past = Past(rows, stages, leads, begins[shard.listed], question.since, question.until,
                mended_at)  # fmt: skip
    chances = past.chances()
    local = chances.stays
    stays = Stays(local.lead - shard.first, local.start, local.end, local.at_once, local.rejected)
    own = chances.handoff[chances.handoff >= 0]
    asked = pairs_of(rows.lead[own] - shard.first, rows.made[own])
    span = {"since": question.since, "until": question.until}
    base, draft = (
        [search(one, shard.batch, begins, stays, asked, **span) for one in ones]
        for ones in (question.base, question.draft)
    )
    told = _Telling(
        shard,
        rows,
        stages,
        Chances(stays, chances.handoff),
        asked,
        _together(base) if base else _nothing(draft[0]),
        _together(draft),
        source,
        _among(question.whom, shard.batch, asked),
    )
    return Part(list(told.replayed()), *told.population())


def _together(found: Sequence[Found]) -> Found:
    """Return what several definitions would have done, of which one at a time applies."""
    return Found(
        np.minimum.reduce([one.gates for one in found]),
        np.minimum.reduce([one.opened for one in found]),
        np.logical_or.reduce([one.waited for one in found]),
        np.bitwise_or.reduce([one.asked for one in found]),
    )


def _among(whom: Condition | None, batch: Batch, asked: Pairs) -> Array:
    """Return for each pair whether the lead was one of ``whom`` at the instant."""
    if whom is None:
        return np.ones(len(asked), bool)
    found: Array = judge(Definition("", 0, (), (), mql=as_gate(whom)), batch, asked).mql
    return found


def _beginnings(shard: Shard, since: int) -> tuple[Array, Array]:
    """Return from when each row of the shard counts, NEVER for no lead, and its source."""
    ids, created, sources = read_beginnings(leads_of(shard.number))
    places = ids - shard.first
    begins = np.full(shard.batch.size, NEVER)
    source = np.full(shard.batch.size, NULL)
    begins[places], source[places] = np.maximum(created, since), sources
    begins[~shard.listed] = NEVER
    return begins, source


def _nothing(like: Found) -> Found:
    """Return what no definition at all would have done."""
    return Found(
        np.full_like(like.gates, NEVER),
        np.full_like(like.opened, NEVER),
        np.zeros_like(like.waited),
        np.zeros_like(like.asked),
    )


@dataclass(frozen=True)
class _Telling:
    """Turns what was found into rows."""

    shard: Shard
    rows: HandoffRows
    stages: StageRows
    chances: Chances
    asked: Pairs
    base: Found
    draft: Found
    source: Array
    among: Array  # of each pair that was asked: is it about such a lead?

    def replayed(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each stretch of which there is something to tell."""
        stays, handoff = self.chances.stays, self.chances.handoff
        sides = [self._ours(found) for found in (self.base, self.draft)]
        told = self._made(handoff)
        for opened, waited in sides:
            told |= (opened != NEVER) | waited
        places = np.flatnonzero(told)
        at = np.minimum(sides[0][0], sides[1][0])[places]
        own = handoff[places]
        at = np.where(own >= 0, np.append(self.rows.made, 0)[own], at)
        at = np.where(at == NEVER, stays.start[places], at)
        size, industry = self._segments(stays.lead[places], at)
        for n, place in enumerate(places.tolist()):
            row = self._blank(int(stays.lead[place]))
            row |= {"size_id": size[n], "industry_id": industry[n]}
            for name, (opened, waited) in zip(("base", "draft"), sides, strict=True):
                row[f"{name}_at"] = _when(opened[place])
                row[f"{name}_waits"] = bool(waited[place])
            if own[n] >= 0:
                row |= self._handoff(int(own[n]))
            yield row

    def _made(self, handoff: Array) -> Array:
        """Return which stretches hold a handoff of a lead that this is about."""
        told = handoff >= 0
        lead, made = self.rows.lead[handoff[told]], self.rows.made[handoff[told]]
        told[told] = self.among[self.asked.places(lead - self.shard.first, made)]
        return told

    def _ours(self, found: Found) -> tuple[Array, Array]:
        """Return openings and waits, without those of leads that were not marketing's then."""
        stays, never_made = self.chances.stays, self.chances.handoff < 0
        at = np.where(found.opened == NEVER, stays.start, found.opened)
        lost = never_made & ~self.stages.is_ours(stays.lead + self.shard.first, at)
        return np.where(lost, NEVER, found.opened), found.waited & ~lost

    def _blank(self, place: int) -> dict[str, Any]:
        return {
            "lead_id": place + self.shard.first, "handoff_id": None, "way": Way.NONE,
            "made_at": None, "outcome": "", "is_mend": False, "is_won": False,
            "source_id": _known(self.source[place]), "base_gates": 0, "draft_gates": 0,
        }  # fmt: skip

    def _handoff(self, n: int) -> dict[str, Any]:
        rows = self.rows
        lead, made = np.array([rows.lead[n] - self.shard.first]), np.array([rows.made[n]])
        (place,) = self.asked.places(lead, made).tolist()
        way = Way.IMPORTED if rows.imported[n] else WAYS.get(CAUSES[rows.cause[n]], Way.GATE)
        outcome = int(rows.outcome[n])
        return {
            "handoff_id": int(rows.id[n]),
            "way": way,
            "made_at": _when(rows.made[n]),
            "outcome": "" if outcome == NULL else str(OUTCOMES[outcome]),
            "is_mend": int(rows.effect[n]) == MENDED,
            "is_won": bool(rows.won[n]),
            "source_id": _known(rows.source[n]),
            "base_gates": int(self.base.asked[place]),
            "draft_gates": int(self.draft.asked[place]),
        }

    def _segments(self, lead: Array, at: Array) -> tuple[list[int | None], list[int | None]]:
        """Return the texts of size band and industry, by their ids, as they were known then."""
        pairs = pairs_of(lead, at)
        held = fact_rows(self.shard.batch.facts, pairs)[pairs.places(lead, at)]
        return text_ids(self.shard.batch, "size_band", held), text_ids(
            self.shard.batch, "industry", held
        )

    def population(self) -> tuple[list[dict[str, Any]], dict[str, dict[str, int]]]:
        """Return the leads for which the two differ, and how many passed each gate under each."""
        listed, first = self.shard.listed, self.shard.first
        was, now = ((found.gates != NEVER) & listed for found in (self.base, self.draft))
        counts = {
            gate.name.lower(): {
                "base": int(was[n].sum()),
                "draft": int(now[n].sum()),
                "enters": int((now[n] & ~was[n]).sum()),
                "leaves": int((was[n] & ~now[n]).sum()),
            }
            for n, gate in enumerate(GATES)
        }
        differ = np.flatnonzero((was != now).any(axis=0))
        said = self._said(differ + first)
        before, after = _bits(was[:, differ]), _bits(now[:, differ])
        columns = zip((differ + first).tolist(), before, after, said, strict=True)
        names = ("lead_id", "base_gates", "draft_gates", "said")
        return [dict(zip(names, one, strict=True)) for one in columns], counts

    def _said(self, leads: Array) -> list[str]:
        """Return what sales said last of these leads: accepted, rejected, or "" for nothing."""
        rows = self.rows
        judged = np.flatnonzero(rows.outcome != NULL)
        if not len(judged):
            return [""] * len(leads)
        last = np.searchsorted(rows.lead[judged], leads, "right") - 1
        there = (last >= 0) & (rows.lead[judged][last] == leads)
        codes = np.where(there, rows.outcome[judged][last], len(OUTCOMES))
        return [str(SAID[code]) for code in codes.tolist()]


def text_ids(batch: Batch, name: str, rows: Array) -> list[int | None]:
    """Return the dictionary id of a text fact in each snapshot row; None where it is unknown."""
    column = batch.facts.columns.get(name)
    if column is None or not isinstance(column.values, TextValues):
        return [None] * len(rows)
    codes = np.append(column.codes, column.codes.dtype.type(0))[rows]
    return [_known(one) for one in column.values.ids[codes]]


def _bits(opened: Array) -> list[int]:
    found: Sequence[int] = sum(opened[n] * int(gate) for n, gate in enumerate(GATES)).tolist()
    return list(found)


def _known(value: Any) -> int | None:
    return None if value == NULL else int(value)


def _when(at: Any) -> datetime | None:
    return None if at == NEVER else instant(int(at))
