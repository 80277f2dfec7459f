"""Looking for amendments: what the decided handoffs say of the definition in force."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Count, F, Max
from django.db.models.expressions import CombinedExpression

from leads.database.models import Standing
from leads.database.registry import FACTS
from portal.agreements.models import Version
from portal.agreements.queries import clause_texts, document_of
from portal.core.intervals import ENOUGH
from scoring.definitions.registration import VOCABULARY
from scoring.definitions.services import parsed
from scoring.engine.models import Evidence
from scoring.feedback.decided import Bools, Decided, read_decided
from scoring.feedback.facts_then import candidates, facts_of
from scoring.feedback.frozen import still_sent
from scoring.feedback.models import DecidedHandoff
from scoring.feedback.panels import known_rules
from scoring.feedback.proposals import (
    LEAST,
    Proposal,
    points_for_log_odds,
    propose_drops,
    propose_gate,
    propose_missing,
    propose_points,
)
from scoring.feedback.totals import gate_total
from scoring.feedback.weighing import Weighed, weigh
from scoring.rules.definition import Definition, Rule
from scoring.rules.parse import parse
from scoring.rules.schema import validate_version

PERIOD = timedelta(days=180)
BACK_TESTED = 5_000  # of the newest handoffs under the version in force
SLICE = 500


@dataclass(frozen=True)
class Learned:
    """What one look found: over how many handoffs, what it proposes, what it could not say."""

    handoffs: int
    accepted: int
    since: datetime
    proposals: tuple[Proposal, ...]
    too_little: dict[str, list[int]]


def learn_from(version: Version, *, at: datetime) -> Learned:
    """Read the last 180 days' handoffs with frozen evidence and propose what they argue for.

    Reads only. Under 200 handoffs nothing is proposed: that is said, with the numbers.
    """
    definition, since = parsed(version), at - PERIOD
    decided = _decided(version, since, at)
    definitions = _definitions(decided)
    known = known_rules(decided, {pk: one.rules for pk, one in definitions.items()})
    columns = [n for n, rule in enumerate(known.rules) if rule.key in definition.place]
    rules = [definition.rules[definition.place[known.rules[n].key]] for n in columns]
    fired = known.fired[:, columns]
    found = weigh(fired, decided.accepted, known.level, known.has[:, columns])
    proposals = _proposals(version, definition, decided, rules, fired, found, known.level)
    runnable = [one for one in proposals if _runs(version, one)]
    return Learned(
        handoffs=len(decided),
        accepted=int(decided.accepted.sum()),
        since=since,
        proposals=tuple(back_tested(version, definition, decided, runnable)),
        too_little=_too_little(rules, found),
    )


def _decided(version: Version, since: datetime, at: datetime) -> Decided:
    rows = DecidedHandoff.objects.filter(
        decided__gte=math.ceil(since.timestamp()),
        decided__lte=int(at.timestamp()),
        is_frozen=True,
        version__agreement=version.agreement_id,
    )
    return read_decided(rows).judging


def _definitions(decided: Decided) -> dict[int, Definition]:
    ids = np.unique(decided.version).tolist()
    return {one.pk: parsed(one) for one in Version.objects.filter(pk__in=ids)}


def _too_little(rules: Sequence[Rule], found: Weighed) -> dict[str, list[int]]:
    return {
        rule.key: [int(found.fired[n]), int(found.others[n])]
        for n, rule in enumerate(rules)
        if min(found.fired[n], found.others[n]) < ENOUGH
    }


def _proposals(  # noqa: PLR0917 - columns of one table
    version: Version,
    definition: Definition,
    decided: Decided,
    rules: Sequence[Rule],
    fired: Bools,
    found: Weighed,
    level: Any,
) -> list[Proposal]:
    clauses = clause_texts(version)
    scored, dead = _dead(version, definition)
    dead -= {rule.key for n, rule in enumerate(rules) if found.fired[n]}
    drops = propose_drops(clauses, rules, fired, scored=scored, dead=frozenset(dead))
    if len(decided) < LEAST:
        return [one for one in drops if one.argument["why"] == "dead"]
    dropped = {one.key for one in drops}
    by_points = [one for one in propose_points(clauses, rules, found) if one.key not in dropped]
    gate = gate_total(definition.sales_ready)
    here = (decided.version == version.pk) & ~decided.fast
    if gate is not None:
        here &= decided.total >= gate
    by_gate = propose_gate(clauses, decided.total[here], decided.accepted[here], gate)
    missing: list[Proposal] = []
    if found.model is not None:
        told = candidates(
            decided.handoff, fired[:, found.judged], decided.accepted, level, found.model
        )
        labels = {fact.name: str(fact.label).capitalize() for fact in FACTS}
        scale = points_for_log_odds(rules, found)
        missing = propose_missing(clauses, definition, told, labels, scale)
    return [*by_points, *by_gate, *missing, *drops]


def _dead(version: Version, definition: Definition) -> tuple[int, set[str]]:
    """Return how many leads this version has scored, and the rules that none of them meets."""
    bits = {
        f"bit_{place}": Max(_bit(place), output_field=BigIntegerField())
        for place in range(len(definition.rules))
    }
    sums = Standing.objects.filter(version=version).aggregate(n=Count("pk"), **bits)
    dead = {rule.key for n, rule in enumerate(definition.rules) if not sums[f"bit_{n}"]}
    return sums["n"], dead if sums["n"] else set()


def _bit(place: int) -> CombinedExpression:
    return F("fired").bitand(1 << place)


def _amended(version: Version, proposal: Proposal) -> list[dict[str, Any]]:
    return amended(clause_texts(version), [(proposal.clause_kind, proposal.key, proposal.body, "")])


def amended(
    clauses: Sequence[Mapping[str, Any]],
    changes: Sequence[tuple[str, str, Mapping[str, Any] | None, str]],
) -> list[dict[str, Any]]:
    """Return the clauses with each (kind, key, body, rationale) changed or added; None: it goes."""
    found = [dict(one) for one in clauses]
    for kind, key, body, rationale in changes:
        at = next(
            (n for n, one in enumerate(found) if (one["kind"], one["key"]) == (kind, key)), None
        )
        if body is None:
            found = [one for n, one in enumerate(found) if n != at]
        elif at is None:
            position = max((one["position"] for one in found), default=0) + 1
            found.append({"kind": kind, "key": key, "position": position, "body": dict(body),
                          "rationale": rationale})  # fmt: skip
        else:
            found[at] |= {"body": dict(body), "rationale": rationale or found[at]["rationale"]}
    return found


def _runs(version: Version, proposal: Proposal) -> bool:
    """Whether the definition can run with this change: a rule that a gate names cannot go."""
    return not validate_version(_amended(version, proposal), VOCABULARY)


def back_tested(
    version: Version, definition: Definition, decided: Decided, proposals: Sequence[Proposal]
) -> list[Proposal]:
    """Say for each proposal which of the newest handoffs would not have been sent under it.

    Out of frozen evidence: of the 5,000 newest handoffs of this version that a gate had let
    through. Whom a change would let in besides is not in it; the back-test of the draft is.
    """
    own = np.flatnonzero(decided.version == version.pk)
    newest = own[np.argsort(-decided.decided[own], kind="stable")][:BACK_TESTED]
    accepted = dict(
        zip(decided.handoff[newest].tolist(), decided.accepted[newest].tolist(), strict=True)
    )
    changed = [
        parse(document_of(version, _amended(version, one)) | {"agreement": "definition"})
        for one in proposals
    ]
    names = sorted({one.argument["fact"] for one in proposals if one.kind == "add"})
    facts = facts_of(list(accepted), names) if names else {}
    sums = [{"rejected": 0, "accepted": 0} for _one in proposals]
    seen = {"rejected": 0, "accepted": 0}
    ids = list(accepted)
    for first in range(0, len(ids) if proposals else 0, SLICE):
        rows = Evidence.objects.filter(pk__in=ids[first : first + SLICE])
        for pk, document in rows.values_list("pk", "document"):
            known = facts.get(pk)
            if not still_sent(definition, definition, document, known):
                continue  # sent by another way than these gates: it says nothing of them
            outcome = "accepted" if accepted[pk] else "rejected"
            seen[outcome] += 1
            for n, one in enumerate(changed):
                sums[n][outcome] += not still_sent(one, definition, document, known)
    return [
        replace(one, argument=one.argument | {"back_test": {"of": dict(seen), "spared": sums[n]}})
        for n, one in enumerate(proposals)
    ]
