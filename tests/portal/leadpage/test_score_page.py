"""The score under any version at any instant: every line, what is behind it, what gates miss."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Lead
from portal.accounts.models import Role
from portal.api_examples import EXAMPLES
from portal.events.bells import held
from scoring.definitions.services import parsed
from scoring.engine.reading import read_histories
from scoring.engine.retold import retell
from scoring.rules.evaluate import evaluate, facts_at
from tests.factories import make_definition, make_lead, make_user
from tests.portal.api.conftest import key_for
from tests.scoring.engine.written import sign_rules, write_leads
from tests.scoring.rules.builders import NOW

pytestmark = pytest.mark.django_db
ADDING = {"factor", "floor", "cap", "rounding"}
BEFORE = NOW - timedelta(days=30)


@pytest.fixture
def versions():
    with held():
        first = sign_rules(at=BEFORE, ready=60)
        yield first, sign_rules(at=NOW, ready=18, points={"long": {"points": "4"}})


def test_lines_add_up_and_activities_to_their_lines_under_each_version_at_each_instant(versions):
    leads = [Lead.objects.get(pk=pk) for pk in write_leads(25)]
    behind = decayed = 0
    for lead in leads:
        history = read_histories([lead.pk], parsed(versions[0]))[lead.pk]
        for version in versions:
            for at in (NOW, NOW - timedelta(days=3, seconds=1), BEFORE):
                found = retell(lead, at=at, version=version)
                facts = facts_at(history.snapshots, at)
                true = evaluate(parsed(version), facts, history.activities, at)
                assert found.standing == true
                points = [one.line.points for one in found.lines if one.line.kind in ADDING]
                assert sum(points) == 100 * true.total
                for one in found.lines:
                    if one.activities:
                        assert sum(each.points for each in one.activities) == one.line.worth
                        behind += len(one.activities)
                        decayed += any(each.steps for each in one.activities)
    assert behind > 50
    assert decayed > 5
    lead = leads[0]
    assert retell(lead, at=NOW).version == versions[1]
    assert retell(lead, at=NOW - timedelta(seconds=1)).version == versions[0]
    assert retell(lead, at=BEFORE - timedelta(seconds=1)) is None


def test_the_page_links_every_activity_and_says_what_gates_miss(versions, client):
    leads = [Lead.objects.get(pk=pk) for pk in write_leads(25)]
    _found, lead = max(
        ((retell(lead, at=NOW, version=versions[0]), lead) for lead in leads),
        key=lambda one: sum(len(line.activities) for line in one[0].lines),
    )
    client.force_login(make_user(role=Role.MARKETING))
    url = reverse("lead-score", args=[lead.public_id])
    with CaptureQueriesContext(connection) as asked:
        page = client.get(url, {"version": versions[0].pk, "at": "2026-03-02T13:00"})
    assert page.status_code == HTTPStatus.OK
    assert len(asked) < 25
    assert "13:00</time></p>" in page.content.decode()  # the instant, not only its day
    words = page.content.decode()
    shown = [one for row in page.context["rows"] for one in row["activities"]]
    assert len(shown) > 2
    for one in shown:
        assert one["url"].replace("&", "&amp;") in words
        address, _hash, anchor = one["url"].partition("#")
        assert f'id="{anchor}"' in client.get(address).content.decode()
    (closed, *_more) = (gate for gate in page.context["found"].gates if not gate.is_open)
    assert closed.missing
    assert "points from" in words
    assert (
        reverse("lead-score", args=[lead.public_id])
        in client.get(lead.get_absolute_url()).content.decode()
    )
    for wrong in ({"at": "2999-01-01T00:00"}, {"at": "soon"}, {"version": "0"}):
        assert client.get(url, wrong).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    early = client.get(url, {"at": "2020-01-01T00:00"})
    assert "Not scored then" in early.content.decode()


def test_the_page_says_what_alone_would_open_a_gate(client):
    with held():
        make_definition(at=BEFORE)
        facts = {"title": "VP Marketing", "industry": "software", "company_size": 100}
        lead = make_lead(at=BEFORE, facts=facts)
    client.force_login(make_user(role=Role.MARKETING))
    words = client.get(reverse("lead-score", args=[lead.public_id])).content.decode()
    assert "“Asked for a demo” would do it" in words
    whole = client.get(lead.get_absolute_url()).content.decode()
    assert "10 points from MQL and one high-intent signal missing; “Asked for a demo”" in whole


def test_the_api_says_the_same(versions):
    (pk,) = write_leads(1, seed=9)
    lead, caller = Lead.objects.get(pk=pk), key_for(make_user(role=Role.ADMIN))
    answer = caller.get(f"leads/{lead.public_id}/score/?at=2026-03-01T12:00:00Z&version=1").json()
    at = NOW.replace(year=2026, month=3, day=1, hour=12, minute=0, second=0)
    found = retell(lead, at=at, version=versions[0])
    assert answer["total"] == found.standing.total
    assert answer["fit"] + answer["engagement"] == sum(
        one["points"] for one in answer["lines"] if one["kind"] == "subtotal"
    )
    assert [gate["is_open"] for gate in answer["gates"]] == [one.is_open for one in found.gates]
    assert [gate["ways"] for gate in answer["gates"]] == [
        [rule.key for rule in one.ways] for one in found.gates
    ]
    assert answer.keys() == EXAMPLES["leads_score"].answered.keys()
    example = EXAMPLES["leads_score"].answered["lines"][0]
    assert all(line.keys() == example.keys() for line in answer["lines"])
    now = caller.get(f"leads/{lead.public_id}/score/").json()
    assert (now["version"], now["total"]) == (2, retell(lead, at=timezone.now()).standing.total)
    for query, status in (("at=2999-01-01T00:00:00Z", 422), ("version=77", 404), ("page=1", 422),
                          ("at=2020-01-01T00:00:00Z", 422)):  # fmt: skip
        assert caller.get(f"leads/{lead.public_id}/score/?{query}").status_code == status


def test_the_chart_of_a_lead_is_a_file_too(versions, client):
    client.force_login(make_user(role=Role.MARKETING))
    for pk in write_leads(12):
        page = client.get(Lead.objects.get(pk=pk).get_absolute_url()).content.decode()
        if "data-chart-file" in page:
            break
    assert 'href="data:image/svg+xml;base64,' in page
    assert "data-chart-png" in page
    assert 'data-print="chart"' in page
