"""Rejections counted against what had let the leads through, and the page that shows it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.dispositions.models import Disposition, Reason
from portal.core.intervals import katz_ratio
from portal.events.bells import held
from scoring.definitions.services import parsed, seed_default
from scoring.engine.models import Evidence
from scoring.feedback import counts
from scoring.feedback.decided import read_decided
from scoring.feedback.models import DecidedHandoff
from tests.factories import make_handoff, make_source, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet():
    with held():
        yield


@pytest.fixture
def version(now):
    return seed_default(
        by_marketing=make_user(role="marketing_lead"),
        by_sales=make_user(role="sales_lead"),
        at=now - timedelta(days=200),
    )


@pytest.fixture
def team():
    return make_team(is_default=True)


@pytest.fixture
def decide(version, team, now):
    """Make one decided handoff whose evidence says that ``rules`` had fired."""
    place = parsed(version).place
    sdr = make_user(role="sdr", team=team)

    def make(rules=(), *, reason="", source="Paid search", at=now, kind="frozen", wrong=None):
        outcome = "rejected" if reason else "accepted"
        handoff = make_handoff(
            at=at - timedelta(hours=2),
            team=team,
            owner=sdr,
            source_id=make_source(source).pk,
            is_decided=True,
            decided_at=at,
            outcome=outcome,
        )
        Evidence.objects.create(
            handoff=handoff,
            kind=kind,
            version=version,
            as_of=handoff.made_at,
            fit=0,
            engagement=0,
            total=0,
            gates=0,
            fired=sum(1 << place[rule] for rule in rules),
            document={"rules": list(rules)},
        )
        Disposition.objects.create(
            handoff=handoff,
            origin="live",
            outcome=outcome,
            reason=Reason.objects.get(code=reason) if reason else None,
            decided_by=sdr,
            decided_at=at,
            wrong_rules=wrong,
        )
        return handoff

    return make


def rule(rows, key):
    found = counts.rule_counts(read_decided(rows), counts.named_wrong(rows))
    return next(one for one in found if one.key == key)


def test_each_reason_is_counted_at_its_source_with_the_busiest_first(decide):
    for _ in range(3):
        decide(reason="no_budget", source="Webinar")
    decide(reason="no_budget", source="Events")
    decide(reason="bad_timing", source="Webinar")
    decide(source="Events")
    columns, rows = counts.reason_by_source(read_decided(DecidedHandoff.objects.all()))
    assert [(c.name, c.rejected, c.decided) for c in columns] == [
        ("Webinar", 4, 4),
        ("Events", 1, 2),
    ]
    assert [(row.code, row.total, [cell.count for cell in row.cells]) for row in rows] == [
        ("no_budget", 4, [3, 1]),
        ("bad_timing", 1, [1, 0]),
    ]


def test_a_cell_under_eight_gets_no_tint_and_one_far_above_chance_the_darkest(decide):
    for _ in range(8):
        decide(reason="content_only", source="White paper")
    for _ in range(24):
        decide(reason="no_budget", source="Webinar")
    _columns, rows = counts.reason_by_source(read_decided(DecidedHandoff.objects.all()))
    tints = {(row.code, cell.count): cell.tint for row in rows for cell in row.cells}
    assert tints["content_only", 8] == 4
    assert tints["content_only", 0] == 0


def test_a_rules_ratio_is_katz_over_fired_and_not_fired(decide):
    for n in range(40):
        decide(["case_study"], reason="content_only" if n < 30 else "")
        decide([], reason="content_only" if n < 10 else "")
    found = rule(DecidedHandoff.objects.all(), "case_study")
    assert (found.fired, found.fired_accepted, found.others, found.others_accepted) == (
        40,
        10,
        40,
        30,
    )
    assert found.lift == katz_ratio(10, 40, 30, 40)
    assert found.reason_ratio("content_only") == katz_ratio(30, 40, 10, 40)


def test_under_thirty_on_either_side_says_nothing(decide):
    for _ in range(29):
        decide(["case_study"])
    for _ in range(60):
        decide([])
    found = rule(DecidedHandoff.objects.all(), "case_study")
    assert found.lift is None
    assert found.reason_ratio("no_budget") is None
    decide(["case_study"])
    assert rule(DecidedHandoff.objects.all(), "case_study").lift is not None


def test_what_sdrs_named_wrong_is_counted_and_an_untouched_question_is_not(decide):
    decide(["case_study"], reason="no_budget", wrong=["case_study"])
    decide(["case_study"], reason="no_budget")
    assert rule(DecidedHandoff.objects.all(), "case_study").named_wrong == 1


def test_withdrawn_dispositions_do_not_count(decide, now):
    handoff = decide(["case_study"], reason="no_budget")
    Disposition.objects.filter(handoff=handoff).update(withdrawn_at=now)
    columns, rows = counts.reason_by_source(read_decided(DecidedHandoff.objects.all()))
    assert (columns, rows) == ([], [])


@pytest.fixture
def today(now, monkeypatch):
    """The pages' default period ends on the day of the tests."""
    monkeypatch.setattr("scoring.feedback.filters.timezone.localdate", now.date)


def page(client, role="marketing", **query):
    client.force_login(make_user(role=role))
    return client.get(reverse("rejections"), query)


def test_the_page_says_the_finding_and_every_number_opens_its_leads(client, decide, today):
    handoff = decide(["case_study"], reason="no_budget", source="Webinar")
    decide([], source="Webinar")
    answer = page(client)
    text = answer.content.decode()
    assert "Sales said no to 1 of 2 handoffs, 50 %." in text
    behind = client.get(
        reverse("rejected-leads"),
        {"reason": "no_budget", "rule": "case_study", "outcome": "rejected", "since": "2026-01-01"},
    )
    assert handoff.lead.label in behind.content.decode()
    others = client.get(
        reverse("rejected-leads"), {"rule": "case_study", "fired": "no", "since": "2026-01-01"}
    )
    assert handoff.lead.label not in others.content.decode()


def test_reconstructed_evidence_is_never_mixed_with_frozen(client, decide, today):
    decide(["case_study"], reason="no_budget")
    decide(["case_study"], reason="bad_timing", kind="reconstructed")
    assert "1 of 1 handoffs" in page(client).content.decode()
    apart = page(client, evidence="reconstructed").content.decode()
    assert "Bad timing" in apart
    assert "No budget" not in apart


def test_filters_narrow_by_period_source_and_person(client, decide, today, now):
    decide(reason="no_budget", source="Webinar", at=now - timedelta(days=120))
    decide(reason="bad_timing", source="Events")
    assert "1 of 1 handoffs" in page(client).content.decode()
    assert "2 of 2 handoffs" in page(client, since="2025-01-01").content.decode()
    source = make_source("Webinar").pk
    assert "1 of 1" in page(client, since="2025-01-01", source=source).content.decode()


def test_nothing_decided_is_an_honest_empty_page(client, version, today):
    answer = page(client)
    assert answer.status_code == 200
    assert "Sales has decided nothing in this period." in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [("sdr", 404), ("account_executive", 404), ("sales_lead", 200), ("leadership", 200)],
)
def test_who_reads_rejections(client, decide, today, role, status):
    assert page(client, role).status_code == status


def test_a_sales_lead_counts_only_their_own_teams(client, decide, today):
    decide(reason="no_budget")
    client.force_login(make_user(role="sales_lead", team=make_team()))
    assert "decided nothing" in client.get(reverse("rejections")).content.decode()


@pytest.mark.parametrize("name", ["rejections", "rejected-leads"])
def test_the_pages_cost_the_same_however_much_was_decided(client, decide, today, name):
    client.force_login(make_user(role="marketing"))
    spent = []
    for _ in range(2):
        for n in range(20):
            decide(["case_study"] if n % 2 else [], reason="no_budget", source=f"Source {n % 3}")
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(name))
        spent.append(len(queries))
    assert spent[0] == spent[1]
