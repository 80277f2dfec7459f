"""Two definitions in force at once: whom a back-test of one of them is about, and who moved."""

from datetime import timedelta

import pytest

from portal.agreements.services import save_clause, start_draft
from scoring.backtest.activation import write_report
from scoring.backtest.models import ActivationReport
from scoring.definitions.services import seed_default
from tests.factories import make_activity, make_facts, make_lead, make_user
from tests.scoring.backtest.test_backtest import ran
from tests.scoring.engine.test_segments import sign_both, sign_segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]
DAY = timedelta(days=1)
# What each lead is. Who asked for a demo passes the fast track of the definition for everybody;
# a C-level passes the gate of the segment, which companies from 1,000 people on are in.
LEADS = {
    "small asks": {"company_size": 300, "asks": True},
    "small chief": {"company_size": 300, "seniority": "c_level"},
    "middle chief": {"company_size": 1200, "seniority": "c_level"},
    "middle asks": {"company_size": 1200, "asks": True},
    "large both": {"company_size": 2000, "seniority": "c_level", "asks": True},
    "large asks": {"company_size": 2000, "asks": True},
}


@pytest.fixture
def company(now):
    """Six leads that nobody has handed over yet, and a definition for large companies."""
    signers = [make_user(role=role) for role in ("marketing_lead", "sales_lead")]
    everybody = seed_default(by_marketing=signers[0], by_sales=signers[1], at=now - 60 * DAY)
    when = {"field": "company_size", "op": "gte", "value": 1000}
    large = sign_segment("Large", when, signers, at=now - 59 * DAY)
    leads = {}
    for name, facts in LEADS.items():
        told = {"industry": "software", **facts}
        asks = told.pop("asks", False)
        leads[name] = make_lead(at=now - 30 * DAY)
        make_facts(leads[name], at=now - 30 * DAY, **told)
        if asks:
            make_activity(leads[name], kind="demo_request", at=now - 20 * DAY)
    return signers, everybody, large, leads


def changed(version, key, body, *, by, at):
    draft = start_draft(agreement=version.agreement, by=by, at=at, based_on=version)
    clause = draft.clauses.get(key=key)
    save_clause(version=draft, key=key, kind=clause.kind, body=body, by=by, at=at,
                revision=clause.revision)  # fmt: skip
    draft.refresh_from_db()
    return draft


def handed_over(test, leads):
    """Return whom each side would have handed over, by name."""
    names = {lead.pk: name for name, lead in leads.items()}
    rows = list(test.replayed.all())
    return [
        {names[row.lead_id] for row in rows if getattr(row, f"{side}_at") is not None}
        for side in ("base", "draft")
    ]


def test_a_back_test_is_about_those_to_whom_either_version_applies(company, now):
    signers, everybody, large, leads = company
    never = {"when": {"total_at_least": 500}}
    draft = changed(everybody, "fast_track", never, by=signers[0], at=now)
    test = ran(draft, everybody, at=now)
    assert handed_over(test, leads) == [{"small asks"}, set()]
    assert test.summary["sides"]["base"]["handoffs"] == 1
    assert test.summary["population"]["fast_track"]["leaves"]["n"] == 1

    fewer = {"when": {"field": "company_size", "op": "gte", "value": 1500}}
    draft = changed(large, "segment", fewer, by=signers[0], at=now)
    test = ran(draft, large, at=now)  # who leaves the segment falls to the one for everybody
    assert handed_over(test, leads) == [{"middle chief", "large both"}, {"large both",
                                                                        "middle asks"}]  # fmt: skip
    gates = test.summary["population"]
    assert [gates["sales_ready"][way]["n"] for way in ("enters", "leaves")] == [0, 1]
    assert [gates["fast_track"][way]["n"] for way in ("enters", "leaves")] == [1, 0]

    signed = sign_both(draft, signers, at=now)
    assert write_report(signed, at=signed.effective_from) is not None
    report = ActivationReport.objects.get(version=signed)
    assert report.before == large
    moved = {leads_name(leads, move.lead_id): (move.was_gates, move.now_gates)
             for move in report.moves.all() if move.was_gates != move.now_gates}  # fmt: skip
    assert moved.keys() == {"middle chief", "middle asks"}
    assert report.summary["gates"]["sales_ready leaves"] == 1
    assert report.summary["gates"]["fast_track enters"] == 1
    assert report.summary["gates"]["fast_track was"] == 0  # small companies are not counted


def leads_name(leads, pk):
    return next(name for name, lead in leads.items() if lead.pk == pk)
