"""A back-test from being begun to its pages, and what an activation reports."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.urls import reverse

from portal.agreements.services import propose, save_clause, sign, start_draft
from portal.core.errors import Conflict, DomainError, NotAllowed
from scoring.backtest import services
from scoring.backtest.activation import write_report
from scoring.backtest.history import mended_at
from scoring.backtest.models import ActivationReport, Backtest
from scoring.backtest.services import (
    backtest_of,
    begin_backtest,
    cancel_backtest,
    claim_backtest,
    run_backtest,
)
from scoring.definitions.services import seed_default
from scoring.engine.intake import NULL
from scoring.rules.instants import seconds
from tests.factories import make_activity, make_facts, make_lead, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]
DAY = timedelta(days=1)


@pytest.fixture
def one(now):
    """One lead that was handed over, a version and a draft."""
    people = {role: make_user(role=role) for role in ("marketing_lead", "sales_lead", "sdr")}
    version = seed_default(
        by_marketing=people["marketing_lead"], by_sales=people["sales_lead"], at=now - 60 * DAY
    )
    lead = make_lead(at=now - 30 * DAY)
    make_facts(lead, at=now - 30 * DAY, industry="software", company_size=300)
    make_activity(lead, kind="demo_request", at=now - 20 * DAY)
    draft = start_draft(agreement=version.agreement, by=people["marketing_lead"], at=now,
                        based_on=version)  # fmt: skip
    return people, version, draft, lead


def test_a_run_goes_on_where_another_worker_stopped_and_runs_once(one, now):
    people, version, draft, _lead = one
    test = begin_backtest(version=draft, base=version, by=people["marketing_lead"], at=now)
    with pytest.raises(Conflict):
        begin_backtest(version=draft, base=version, by=people["marketing_lead"], at=now)
    assert claim_backtest(test.pk, at=now)
    assert not claim_backtest(test.pk, at=now)
    assert claim_backtest(test.pk, at=now + services.LEASE + timedelta(seconds=1))

    def killed():
        raise KeyboardInterrupt  # a worker that is stopped in the middle

    with pytest.raises(KeyboardInterrupt):
        run_backtest(test.pk, clock=lambda: now, on_part=killed)
    test.refresh_from_db()
    assert (test.state, test.parts_done) == ("running", 1)
    for _ in range(2):  # the second finds that it is over
        run_backtest(test.pk, clock=lambda: now)
    test.refresh_from_db()
    assert test.state == "done"
    assert test.summary["sides"]["draft"]["handoffs"] == test.replayed.count() == 1
    assert test.replayed.get().draft_at == now - 20 * DAY
    assert test.summary["sides"]["draft"]["unseen"] == 1  # nobody ever judged it: in no rate


def test_when_leads_were_mended_is_one_question(one, now, django_assert_num_queries):
    first, second, third = one[3], *(make_lead(at=now - 30 * DAY) for _ in "12")
    for lead, days in ((first, 9), (first, 4), (second, 7)):
        make_facts(lead, at=now - days * DAY, title=f"Head of {days}")
    asked = [(first, 10), (second, 8), (first, 9), (second, 7), (third, 10)]
    leads = np.array([lead.pk for lead, _days in asked])
    since = np.array([seconds(now - days * DAY) for _lead, days in asked])
    copied = connection.vendor == "postgresql"  # COPY is counted nowhere
    with django_assert_num_queries(0 if copied else 1):
        found = mended_at(leads, since)
    days = [9, 7, 4, None, None]  # never in the second in which it was sent back
    assert found.tolist() == [NULL if n is None else seconds(now - n * DAY) for n in days]
    with django_assert_num_queries(0):
        assert not len(mended_at(leads[:0], since[:0]))


def test_a_stopped_run_keeps_nothing_and_others_may_not_stop_it(one, now):
    people, version, draft, _lead = one
    test = begin_backtest(version=draft, base=version, by=people["sales_lead"], at=now)
    with pytest.raises(NotAllowed):
        cancel_backtest(backtest=test, by=people["sdr"], at=now)
    cancel_backtest(backtest=test, by=people["sales_lead"], at=now)
    run_backtest(test.pk, clock=lambda: now)
    test.refresh_from_db()
    assert (test.state, test.replayed.count()) == ("cancelled", 0)
    with pytest.raises(Conflict):
        cancel_backtest(backtest=test, by=people["sales_lead"], at=now)


def test_a_draft_to_compare_with_must_stand_still(one, now):
    people, version, draft, _lead = one
    with pytest.raises(DomainError, match="proposed"):
        begin_backtest(version=version, base=draft, by=people["sales_lead"], at=now)


def test_the_pages_from_empty_to_stale(one, now, client):
    people, _version, draft, _lead = one
    client.force_login(people["marketing_lead"])
    url = reverse("definition-backtest", kwargs={"number": draft.number})
    assert "has not been tried on the past" in client.get(url).text
    assert client.post(url, {"days": 17}).status_code == 422
    assert client.post(url, {"days": 365}).status_code == 302
    running = Backtest.objects.running().get()
    part = client.get(url, headers={"HX-Request": "true"})
    assert "<progress" in part.text
    assert "<html" not in part.text
    assert claim_backtest(running.pk, at=running.until)
    run_backtest(running.pk, clock=lambda: running.until)
    assert client.get(url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = client.get(url).text
    assert "What this cannot know" in page
    assert "too little data" in page
    assert "earlier revision" not in page
    leads = reverse("definition-backtest-leads", kwargs={"number": draft.number})
    file = b"".join(client.get(leads, {"show": "draft", "format": "csv"}).streaming_content)
    assert len(file.decode().strip().split("\r\n")) == 2
    lower = draft.clauses.get(key="pricing_page")
    save_clause(version=draft, key=lower.key, kind=lower.kind, body={**lower.body, "points": "9"},
                rationale="", position=lower.position, revision=lower.revision,
                by=people["marketing_lead"], at=now)  # fmt: skip
    assert "earlier revision" in client.get(url).text
    stale = backtest_of(draft)
    assert stale is not None
    assert stale.is_stale


def test_an_activation_says_who_moved(one, now):
    people, version, draft, lead = one
    clause = draft.clauses.get(key="fast_track")
    save_clause(version=draft, key=clause.key, kind=clause.kind, rationale="",
                body={"when": {"total_at_least": 110}}, position=clause.position,
                revision=clause.revision, by=people["marketing_lead"], at=now)  # fmt: skip
    proposed = propose(version=draft, by=people["marketing_lead"], at=now)
    for signer in (people["marketing_lead"], people["sales_lead"]):
        sign(version=proposed, sha256=proposed.sha256, by=signer, at=now)
    proposed.refresh_from_db()
    assert write_report(proposed, at=proposed.effective_from) is not None
    assert write_report(proposed, at=proposed.effective_from) is None  # once
    report = ActivationReport.objects.get()
    assert report.before == version
    assert report.summary["gates"]["fast_track leaves"] == 1
    assert report.moves.get().lead == lead
