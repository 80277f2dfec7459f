"""One lead for both sides: who sees it, what is on it, what one may do there."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.activities.models import Activity
from leads.capture.models import Consent
from leads.database.models import Lead, Stage, Standing
from leads.database.notes import add_note
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import accept, reject
from leads.handoffs.models import Cause, Handoff
from scoring.engine.models import Evidence
from tests.factories import make_activity, make_facts, make_lead
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db


scene = staged(Scene)


def page_of(client, lead: Lead, query: str = ""):
    return client.get(reverse("lead", args=[lead.public_id]) + query)


def test_it_is_seen_by_who_may_see_the_lead(scene, client) -> None:
    lead = scene.handoff(scene.sofia).lead
    seen = {}
    for name, person in scene.people.items():
        client.force_login(person)
        seen[name] = page_of(client, lead).status_code == HTTPStatus.OK
    assert [name for name, is_seen in seen.items() if not is_seen] == ["anna", "jan", "lena"]


def test_the_score_is_as_of_now_and_adds_up(scene, client) -> None:
    client.force_login(scene.priya)
    lead = make_lead(at=scene.at - timedelta(days=40))
    scene.interest(lead, at=scene.at - timedelta(days=40))  # visits of prices are too old by now
    explanation = page_of(client, lead).context["explanation"]
    points = sum(line.points for group in explanation.groups for line in group.lines)
    assert points == explanation.total * 100 == (30 + 20 + 10) * 100
    assert {gate.label: gate.met for gate in explanation.gates} == {
        "ICP": True,
        "Asked for a demo": True,
    }  # fmt: skip
    missing = {gate.name: gate.missing for gate in explanation.closed}
    assert missing == {"sales-ready": ["40 points from sales-ready"]}


def test_it_says_when_the_score_falls(scene, client) -> None:
    client.force_login(scene.priya)
    lead = scene.handoff(scene.sofia).lead
    note = page_of(client, lead).context["explanation"].note
    assert note.startswith("Falls to 75 on")


def test_before_a_definition_it_says_so(client) -> None:
    from tests.factories import make_user  # noqa: PLC0415 - only here without a scene

    client.force_login(make_user(role="marketing"))
    text = page_of(client, make_lead()).content.decode()
    assert "once both sides have signed a definition" in text


def test_quiet_things_are_folded_until_asked_for(scene, client) -> None:
    client.force_login(scene.priya)
    lead = scene.handoff(scene.sofia).lead
    make_activity(lead, at=scene.at, object_kind="page", object_key="/x", object_title="A page")
    folded, whole = page_of(client, lead), page_of(client, lead, "?all")
    assert "Visited: A page" not in folded.content.decode()
    assert "Visited: Pricing" in folded.content.decode()  # the score counts it
    assert "Visited: A page" in whole.content.decode()


def test_the_story_pages_without_gaps_or_repeats(scene, client) -> None:
    from portal.desk.timeline import story_of  # noqa: PLC0415 - beside what it tests

    lead = scene.handoff(scene.sofia).lead
    for n in range(20):  # three at each instant, so that ties are crossed
        make_activity(lead, at=scene.at - timedelta(hours=n // 3))
    whole = [one.key for one in story_of(lead, reader=scene.sofia, size=100).entries]
    parts, cursor = [], ""
    while True:
        part = story_of(lead, reader=scene.sofia, cursor=cursor, size=4)
        parts += [one.key for one in part.entries]
        cursor = part.next
        if not cursor:
            break
    assert parts == whole == sorted(whole, reverse=True)
    assert len(whole) > 25


@pytest.mark.parametrize("cursor", ["x", "e", "1e", "99999999999999e1", "1a" + "9" * 30, "²a1"])
def test_a_cursor_nobody_made_is_the_beginning(scene, client, cursor) -> None:
    client.force_login(scene.priya)
    assert page_of(client, make_lead(), f"?before={cursor}").status_code == HTTPStatus.OK


def test_a_closed_gate_is_said(scene, client) -> None:
    client.force_login(scene.sofia)
    handoff = scene.handoff(scene.sofia)
    assert "No longer meets" not in page_of(client, handoff.lead).content.decode()
    Standing.objects.filter(lead=handoff.lead_id).update(gates=1, total=60)
    text = page_of(client, handoff.lead).content.decode()
    assert "No longer meets the gate that handed it over: 60 points now" in text


def test_reconstructed_evidence_is_marked(scene, client) -> None:
    client.force_login(scene.priya)
    handoff = scene.handoff(scene.sofia)
    assert "Evidence frozen" in page_of(client, handoff.lead).content.decode()
    frozen = Evidence.objects.get(handoff=handoff)
    past = Handoff.objects.create(
        lead=handoff.lead, origin="imported", cause=Cause.IMPORTED, source_stage="Call Done"
    )
    Evidence.objects.create(
        handoff=past, kind="reconstructed", version=frozen.version, as_of=frozen.as_of,
        fit=frozen.fit, engagement=frozen.engagement, total=frozen.total, gates=frozen.gates,
        fired=frozen.fired, document=frozen.document,
    )  # fmt: skip
    text = page_of(client, handoff.lead).content.decode()
    assert "Reconstructed under definition v1" in text
    assert "Outcome unknown: Call Done" in text


def test_marketing_hands_over_by_hand_with_words(scene, client) -> None:
    client.force_login(scene.priya)
    lead = make_lead(at=scene.at)
    address = reverse("lead-hand-over", args=[lead.public_id])
    assert client.post(address, {"words": " "}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert client.post(address, {"words": "They called our CEO"}).status_code == HTTPStatus.FOUND
    handoff = Handoff.objects.get(lead=lead)
    assert (handoff.cause, handoff.words) == (Cause.BY_HAND, "They called our CEO")
    assert "They called our CEO" in page_of(client, lead).content.decode()
    assert client.post(address, {"words": "Again"}).status_code == HTTPStatus.CONFLICT


def test_sales_does_not_hand_over(scene, client) -> None:
    client.force_login(scene.sofia)
    handoff = scene.handoff(scene.sofia)
    address = reverse("lead-hand-over", args=[handoff.lead.public_id])
    assert client.post(address, {"words": "Mine"}).status_code == HTTPStatus.FORBIDDEN


def test_a_touch_counts_for_the_open_handoff(scene, client) -> None:
    client.force_login(scene.sofia)
    handoff = scene.handoff(scene.sofia)
    token = page_of(client, handoff.lead).context["token"]
    address = reverse("lead-touch", args=[handoff.lead.public_id])
    data = {"kind": "email_outbound", "outcome": "sent", "token": token}
    for _ in range(2):
        assert client.post(address, data).status_code == HTTPStatus.FOUND
    assert Activity.objects.filter(lead=handoff.lead_id, actor=scene.sofia).count() == 1
    assert Handoff.objects.get(pk=handoff.pk).first_touch_at
    assert client.post(address, {"kind": ""}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_marketing_logs_no_touches(scene, client) -> None:
    client.force_login(scene.priya)
    lead = make_lead()
    assert not page_of(client, lead).context["can_touch"]
    address = reverse("lead-touch", args=[lead.public_id])
    assert client.post(address, {"kind": "call_outbound"}).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("stage", "values", "words"),
    [
        (Stage.KNOWN, {}, "until the MQL gate opens"),
        (Stage.MQL, {}, "until the sales-ready gate opens"),
        (Stage.MQL, {"mend_since": "2026-01-01T00:00Z"}, "Marketing mends its data"),
        (Stage.RECYCLED, {"recycle_on": "2030-03-03"}, "from 3 Mar 2030 on"),
        (Stage.RECYCLED, {}, "by new high intent"),
        (Stage.DISQUALIFIED, {}, "only a person brings it back"),
        (Stage.SQL, {}, "opens an opportunity"),
    ],
)
def test_the_next_step_is_said(scene, client, stage, values, words) -> None:
    client.force_login(scene.priya)
    lead = make_lead(stage=stage)
    Lead.objects.filter(pk=lead.pk).update(**values)
    assert words in page_of(client, lead).context["next_step"]


def test_an_account_executive_carries_on(scene, client) -> None:
    handoff = scene.handoff(scene.sofia)
    accept(handoff=handoff, by=scene.sofia, at=scene.at, owner=scene.jan)
    client.force_login(scene.jan)
    assert page_of(client, handoff.lead).context["can_open"]
    client.post(reverse("opportunity-open", args=[handoff.lead.public_id]), {"value": "1200"})
    page = page_of(client, handoff.lead)
    assert page.context["opportunity"].value == 1200
    assert "wins or loses" in page.context["next_step"]


def test_it_asks_the_same_number_of_questions(scene, client) -> None:
    client.force_login(scene.priya)
    lead = scene.handoff(scene.sofia, age=timedelta(days=2)).lead
    reason = Reason.objects.get(pk="bad_contact_data")
    counts = []
    for more in (1, 39):
        for n in range(more):
            _fill(scene, lead, reason, len(counts) * 50 + n)
        with CaptureQueriesContext(connection) as asked:
            page = page_of(client, lead, "?all")
        assert page.status_code == HTTPStatus.OK
        counts.append(len(asked))
    assert len(page.context["passings"]) == 41
    assert counts[0] == counts[1]


def _fill(scene: Scene, lead: Lead, reason: Reason, n: int) -> None:
    """One more of everything: activity, fact, note, consent, decided handoff with evidence."""
    at = scene.at - timedelta(minutes=n)
    make_activity(lead, at=at, object_kind="page", object_key=f"/{n}")
    make_facts(lead, at=at, company_size=300 + n, by=scene.priya)
    add_note(lead=lead, text=f"Note {n}", by=scene.sofia, at=at)
    Consent.objects.create(lead=lead, text="Yes", version=1, given_at=at, via="form:demo")
    last = Handoff.objects.filter(lead=lead).order_by("-pk").first()
    if last.is_open:
        reject(handoff=last, reason=reason, by=last.owner or scene.admin, at=scene.at)
    frozen = Evidence.objects.get(handoff=last)
    made = Handoff.objects.create(
        lead=lead, origin="imported", cause=Cause.IMPORTED, made_at=at, owner=scene.sofia
    )
    Disposition.objects.create(
        handoff=made, origin="imported", outcome="rejected", reason=reason, decided_at=at,
        decided_by=scene.anna,
    )  # fmt: skip
    frozen.pk, frozen.handoff, frozen.kind = None, made, Evidence.Kind.RECONSTRUCTED
    frozen.save(force_insert=True)
