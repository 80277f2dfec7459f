"""What the leads show of a definition, for the lint: what fired lately, who comes, who goes."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from leads.database.models import Gate, Lead
from leads.dispositions.models import Disposition
from leads.handoffs.models import Origin
from portal.agreements.cadence_models import Review, Rhythm
from portal.agreements.models import Version
from scoring.engine.asking import Asked
from scoring.engine.columns import Array
from scoring.engine.kernel import evaluate_all
from scoring.engine.population import Columns, ask_columns
from scoring.rules.definition import Attribute, Behaviour, Definition, Rule
from scoring.rules.instants import DAY
from scoring.rules.lint_seen import FEW_LEADS, Seen
from scoring.workshop.preview import Tally

LATELY = 90  # days in which a rule should have fired
MONTH, WORKING_DAYS = timedelta(days=28), 20
TO_SALES = Gate.SALES_READY | Gate.FAST_TRACK
LONGEST = 3_650


def seen_of(
    definition: Definition, tally: Tally, in_force: Version | None, *, at: datetime
) -> Seen:
    """Return what the lint wants to know; ``tally`` is what the definition makes of everybody."""
    silent = [n for n in range(len(definition.rules)) if not tally.fired(n)]
    looked = None if in_force is None else _last_look(in_force)

    def ask(columns: Columns) -> tuple[set[int], int]:
        lately, newly = set(range(len(definition.rules))) - set(silent), 0
        now = columns.manifest.as_of
        for shard in columns.shards():
            asked = Asked(shard.batch, now)
            for place in silent:
                rule = definition.rules[place]
                if place not in lately and _fired(rule, asked, shard.listed, now):
                    lately.add(place)
            gates = evaluate_all(definition, shard.batch, now).gates
            before = now - int(MONTH.total_seconds())
            then = evaluate_all(definition, shard.batch, before).gates
            opened = (gates & TO_SALES != 0) & (then & TO_SALES == 0) & shard.listed
            newly += int(np.count_nonzero(opened))
        return lately, newly

    lately, newly = ask_columns(ask, at=at)
    since = at - timedelta(days=30)
    came = Lead.objects.filter(created_at__gt=since, created_at__lte=at)[:FEW_LEADS].count()
    decided = Disposition.objects.filter(
        origin=Origin.LIVE, decided_at__gt=at - MONTH, decided_at__lte=at, withdrawn_at=None
    ).count()
    return Seen(
        patterns=tally.patterns,
        fired_lately=frozenset(lately),
        leads_a_month=came,
        handoffs_a_day=newly / WORKING_DAYS,
        capacity_a_day=decided / WORKING_DAYS if decided else None,
        since_review=None if looked is None else at - looked,
    )


def _last_look(in_force: Version) -> datetime | None:
    """Return when both sides last agreed on the text or held a quarterly review over it."""
    held = Review.objects.filter(agreement=in_force.agreement_id, rhythm=Rhythm.QUARTERLY)
    last = held.exclude(held_at=None).order_by("-held_at").values_list("held_at", flat=True).first()
    return max(filter(None, (last, in_force.effective_from)), default=None)


def _fired(rule: Rule, asked: Asked, listed: Array, now: int) -> bool:
    """Whether a rule may have fired for anybody in the last days; facts are asked a month apart."""
    test = rule.test
    if isinstance(test, Behaviour):
        if test.within_days is not None:
            days = min(test.within_days + LATELY, LONGEST)
            test = replace(test, within_days=days)
        leads = asked.counted(test).lead
        counts = np.bincount(leads, minlength=asked.batch.size)
        return bool((counts[listed] >= (test.min_count or 1)).any())
    if isinstance(test, Attribute):
        instants = (now - days * DAY for days in (30, 60, LATELY))
        return any(bool(Asked(asked.batch, at).meets(test.when)[listed].any()) for at in instants)
    return False
