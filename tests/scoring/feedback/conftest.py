"""A company that decides: handoffs whose frozen evidence says which rules had fired."""

from datetime import timedelta

import pytest

from leads.database.models import Opportunity
from leads.dispositions.models import Disposition, Reason
from portal.events.bells import held
from scoring.definitions.services import parsed, seed_default
from scoring.engine.models import Evidence
from tests.factories import make_handoff, make_source, make_team, make_user


@pytest.fixture(autouse=True)
def quiet():
    with held():
        yield


@pytest.fixture
def marketing(db):
    return make_user(role="marketing_lead")


@pytest.fixture
def version(marketing, now):
    return seed_default(
        by_marketing=marketing, by_sales=make_user(role="sales_lead"), at=now - timedelta(days=200)
    )


@pytest.fixture
def decided(version, now):
    """Make one decided handoff; ``needs`` are rules without which it would not have been sent."""
    definition = parsed(version)
    team = make_team(is_default=True)
    sdr = make_user(role="sdr", team=team)

    def make(rules=(), *, reason="", source="Paid search", at=now, kind="frozen", needs=(),
             total=50, grade="A1", wrong=None, won=False, by=sdr, under=version,
             **given):  # fmt: skip
        outcome = "rejected" if reason else "accepted"
        handoff = make_handoff(
            at=at - timedelta(hours=2), team=team, owner=by, source_id=make_source(source).pk,
            is_decided=True, decided_at=at, outcome=outcome, **given,
        )  # fmt: skip
        lines = [
            {"kind": "factor", "rule": one.key, "worth": one.points, "points": one.points,
             "text": one.name, "group": one.group, "activities": [], "facts": []}
            for one in definition.rules
            if one.key in rules
        ]  # fmt: skip
        Evidence.objects.create(
            handoff=handoff, kind=kind, version=under, as_of=handoff.made_at, fit=0,
            engagement=0, total=total, grade=grade, gates=0,
            fired=sum(1 << definition.place[rule] for rule in rules),
            needed=None if needs is None else sum(1 << definition.place[rule] for rule in needs),
            document={"rules": list(rules), "lines": lines, "facts": {}, "icp": True},
        )  # fmt: skip
        Disposition.objects.create(
            handoff=handoff, origin="live", outcome=outcome, decided_by=by, decided_at=at,
            reason=Reason.objects.get(code=reason) if reason else None, wrong_rules=wrong,
        )  # fmt: skip
        if won:
            Opportunity.objects.create(
                handoff=handoff, lead=handoff.lead, outcome="won", opened_at=at
            )
        return handoff

    return make
