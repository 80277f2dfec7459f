"""The scoring pages count what sales decided, and every number opens the leads behind it."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.dispositions.models import Disposition
from portal.core.intervals import wilson
from portal.core.mirrors import BY_HAND
from scoring.feedback import causes, panels, totals
from scoring.feedback.decided import read_decided
from scoring.feedback.filters import RejectionFilter
from scoring.feedback.looking import Looking
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PAGES = ("scoring", "scoring-together", "scoring-drift", "causes", "reason-quality", "amendments")


def looking(**chosen):
    chosen = {"since": "2020-01-01"} | chosen
    return Looking(RejectionFilter(chosen, queryset=Disposition.objects.standing()))


def address_of(page):
    return reverse(page) + "?since=2020-01-01"


@pytest.fixture
def history(decided):
    """120 handoffs: case studies bring rejections, and demos beside them are innocent."""
    for n in range(40):
        decided(["case_study", "demo_request"], reason="content_only" if n < 30 else "",
                needs=["demo_request"], total=40 + n % 3, source="Webinar", grade="B2",
                wrong=["case_study"] if n < 5 else None)  # fmt: skip
        decided(["demo_request"], reason="no_budget" if n < 10 else "", total=100 + n,
                needs=["demo_request"] if n % 2 else (), won=n >= 30)  # fmt: skip
        decided(["pricing_page"], reason="no_budget" if n < 10 else "", total=75)
    decided(["case_study"], reason="duplicate")
    decided(["case_study"], reason="bad_contact_data")
    decided(["case_study"], cause="by_hand", words="They called me.")
    decided(["case_study"], kind="reconstructed", reason="no_budget")


def test_columns_hold_each_decision_once_and_put_apart_what_judges_no_rule(history, version):
    found = read_decided(looking().counted)
    assert len(found) == 123
    assert (int(found.apart.sum()), int(found.has(BY_HAND).sum())) == (2, 1)
    judging = found.judging
    assert (len(judging), int(judging.accepted.sum())) == (120, 70)
    rejected = [found.reasons[place - 1] for place in judging.reason if place]
    assert {code: rejected.count(code) for code in set(rejected)} == {
        "content_only": 30,
        "no_budget": 20,
    }
    assert set(judging.version.tolist()) == {version.pk}


def test_reconstructed_evidence_is_a_view_of_its_own(history):
    found = looking(evidence="reconstructed").decided
    assert len(found) == 1


def test_bands_and_grades_say_acceptance_and_what_was_won(history):
    one = looking()
    bands = {band.low: band for band in panels.bands(one.decided, one.won)}
    assert (bands[40].accepted.hits, bands[40].accepted.n) == (10, 40)
    assert bands[40].accepted.share == wilson(10, 40)
    assert bands[80].accepted.share is None, "nobody came with 80 to 99"
    assert sum(band.won.hits for band in bands.values()) == 10
    cells = dict(panels.grade_cells(one.decided, one.won))
    assert [(name, share.n) for name, share, _won in cells["B"]] == [
        ("B1", 0), ("B2", 40), ("B3", 0),
    ]  # fmt: skip


def test_a_rule_beside_a_harmful_one_has_a_low_ratio_and_odds_that_clear_it(history):
    one = looking()
    rows = {row.key: row for row in panels.rule_rows(one.decided, one.known, one.won, {})}
    assert rows["case_study"].is_telling
    assert rows["case_study"].odds.value < 0.4
    assert rows["demo_request"].ratio.value < 1
    assert not rows["demo_request"].is_telling
    assert rows["title_senior"].ratio is None, "it never fired: too little data"


def test_without_one_rule_counts_both_the_rejected_and_the_accepted_that_needed_it(history):
    one = looking()
    found = causes.without_each(one.decided, one.known)
    assert (found[0].rule.key, found[0].rejected, found[0].accepted) == ("demo_request", 35, 25)
    assert dict(found[0].reasons) == {"content_only": 30, "no_budget": 5}
    assert found[1].n == 0


def test_each_reason_names_the_rules_that_had_fired_too_often(history):
    one = looking()
    found = {row.code: row for row in causes.reason_causes(one.decided, one.known, {})}
    assert [cause.rule.key for cause in found["content_only"].causes] == [
        "case_study", "demo_request",
    ]  # fmt: skip
    cause = found["content_only"].causes[0]
    assert (cause.fired, cause.of) == (30, 30)
    assert cause.base == pytest.approx(10 / 90)
    assert not found["no_budget"].has_enough


def test_near_the_gate_counts_totals_up_to_five_points_above_it(history, version):
    near, close, far = totals.near_gate(looking().decided, {version.pk: 100})
    assert (near.hits, near.n) == (5, 40)
    assert (close.n, far.n) == (5, 35)


def test_every_number_opens_as_many_leads_as_it_says(history, client, marketing):
    client.force_login(marketing)
    link = re.compile(r'href="(/rejections/leads/[^"]*)"[^>]*>(\d+)</a>')
    opened = set()
    for page in PAGES:
        links = set(link.findall(client.get(address_of(page)).content.decode())) - opened
        assert links or page in {"amendments", "scoring-drift"}
        for address, number in sorted(links)[:12]:
            rows = client.get(unescape(address)).context["page"].rows
            assert len(rows) == min(int(number), 50), address
        opened |= links


def test_no_row_one_row_and_all_rejected_are_said_plainly_at_the_same_cost(
    decided, client, marketing
):
    client.force_login(marketing)
    cost = {}
    for more in (0, 1, 39):
        for _ in range(more):
            decided(["case_study"], reason="no_budget")
        for page in PAGES:
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address_of(page))
            assert answer.status_code == 200
            assert not re.search(rb"\bnan\b", answer.content)
            if not more and page != "amendments":
                assert b"Sales has decided nothing here" in answer.content
            if more > 1:
                assert len(asked) <= cost[page] + 1, "a word of the dictionary may be read once"
            cost[page] = len(asked)


def test_a_sales_lead_counts_their_own_teams_only_and_sdrs_nothing(decided, client):
    decided(["case_study"], reason="no_budget")
    client.force_login(make_user(role="sales_lead"))
    assert b"Sales has decided nothing here" in client.get(address_of("scoring")).content
    client.force_login(make_user(role="sdr"))
    assert client.get(address_of("scoring")).status_code == 404


def test_segment_source_sdr_and_version_narrow_what_is_counted(history, version):
    one = looking(source=str(looking().rows.filter(handoff__source__name="Webinar")[0]
                             .handoff.source_id))  # fmt: skip
    assert len(one.decided) == 40
    assert len(looking(segment=str(version.agreement_id)).decided) == 120
    assert len(looking(version=str(version.pk)).decided) == 120
    assert not len(looking(sdr=str(make_user(role="sdr").pk)).decided)
