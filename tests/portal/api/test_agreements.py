"""Definitions over the API: a version read in as a draft, and what a version would do."""

import copy
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import Role, User
from portal.agreements.models import Agreement, Version
from portal.api_examples import EXAMPLES
from portal.events.bells import held
from scoring.engine import warming
from scoring.engine.manifest import ASKED, folder
from tests.factories import make_activity, make_lead, make_source, make_user
from tests.portal.api.conftest import key_for
from tests.portal.api.test_contract import assert_problem

pytestmark = pytest.mark.django_db
FILE = EXAMPLES["versions_import"].sent


def changed(place: int, **body: object) -> dict[str, object]:
    """Return the example's file with other fields in the body of one clause."""
    file = copy.deepcopy(FILE)
    file["clauses"][place]["body"] |= body
    return file


def nested(levels: int) -> dict[str, object]:
    when: dict[str, object] = {"field": "title", "op": "equals", "value": "CTO"}
    for _ in range(levels):
        when = {"all": [when]}
    return changed(1, type="attribute", when=when)


WRONG = [
    ({}, "Say of which kind"),
    ([1], "Say of which kind"),
    ({"kind": ["definition"]}, "Say of which kind"),
    ({**FILE, "format": "csv"}, "no agreement"),
    ({**FILE, "kind": "terms"}, "Clause 1"),
    ({**FILE, "clauses": []}, "no clauses"),
    (changed(1, points=10**9), "Clause 2"),
    (changed(1, kinds=["telepathy"]), "Clause 2"),
    (changed(0, cap={"a": 1}), "Clause 1"),
]


def test_a_version_is_read_in_once_as_a_draft_or_refused_in_sentences(ready) -> None:
    caller = key_for(User.objects.get(role=Role.MARKETING_LEAD))
    first = caller.post("versions/", FILE, Idempotency_Key="sheet-1")
    again = caller.post("versions/", FILE, Idempotency_Key="sheet-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotent-Replay"] == "true"
    assert first.json().keys() == EXAMPLES["versions_import"].answered.keys()
    draft = Version.objects.get(number=first.json()["number"])
    assert (draft.state, draft.note) == ("draft", FILE["note"])
    assert draft.based_on.number == 1
    assert {one.key: one.body["points"] for one in draft.clauses.filter(kind="rule")} == {
        "demo": "30"
    }
    assert_problem(caller.post("versions/", nested(3), Idempotency_Key="sheet-1"), 422)
    count = Version.objects.count()
    for file, sentence in WRONG:
        refused = caller.post("versions/", file, Idempotency_Key="wrong")
        assert_problem(refused, 422)
        assert sentence in refused.json()["detail"], refused.json()
        assert refused.json()["errors"]["clauses"]
    assert_problem(caller.post("versions/", nested(9)), 400)  # nobody could read it aloud
    segment = {"key": "segment", "kind": "segment", "position": 0, "rationale": "",
               "body": {"when": {"field": "company_size", "op": "gt", "value": 1000}}}  # fmt: skip
    large = {**FILE, "name": "x" * 500, "clauses": [segment, *FILE["clauses"]]}
    assert_problem(caller.post("versions/", large), 422)
    assert_problem(key_for(make_user(role=Role.ADMIN)).post("versions/", FILE), 403)
    assert_problem(key_for(make_user(role=Role.SDR)).post("versions/", FILE), 403)
    assert Version.objects.count() == count
    assert not Agreement.objects.filter(position__gt=0, kind="definition").exists()
    assert caller.post("versions/", {**large, "name": "Large"}).status_code == 201
    assert Agreement.objects.get(name="Large").versions.get().state == "draft"


def test_a_preview_counts_leads_and_says_when_it_cannot(ready, caller, settings, tmp_path,
                                                         monkeypatch) -> None:  # fmt: skip
    settings.VAR_DIR = tmp_path
    with held():
        for source, asks in (("Fair", True), ("Fair", False), ("Search", True)):
            lead = make_lead(source=make_source(source), facts={"industry": "software",
                                                                "company_size": 300})  # fmt: skip
            if asks:
                make_activity(lead, kind="demo_request", at=timezone.now() - timedelta(days=5))
        marketing = key_for(User.objects.get(role=Role.MARKETING_LEAD))
        loose = {**FILE, "clauses": FILE["clauses"][1:]}  # a rule without its group
        draft = marketing.post("versions/", loose).json()["number"]
        found = caller.get("definitions/1/preview/").json()
        assert found.keys() == EXAMPLES["preview_read"].answered.keys()
        assert (found["version"], found["before"], found["leads"]) == (1, None, 3)
        assert found["gates"]["fast_track"] == {"before": None, "draft": 2, "enters": None,
                                                "leaves": None}  # fmt: skip
        parts = {one["label"]: one["gates"]["fast_track"]["draft"] for one in found["parts"]}
        assert parts == {"Fair": 1, "Search": 1}
        assert sum(found["spread"]["total"]["counts"]) == found["leads"]
        assert_problem(caller.get(f"definitions/{draft}/preview/"), 422)
        by_size = caller.get("definitions/1/preview/?by=size_band").json()
        assert [one["leads"] for one in by_size["parts"]] == [3]
        for address, status in (("?by=shoe_size", 422), ("?colour=red", 422)):
            assert_problem(caller.get(f"definitions/1/preview/{address}"), status)
        assert_problem(caller.get("definitions/99/preview/"), 404)
        monkeypatch.setattr(warming, "FEW", -1)  # as if there were more to read than one waits for
        settings.VAR_DIR = tmp_path / "elsewhere"
        folder().mkdir(parents=True)
        (folder() / ASKED).touch()  # a worker was rung for a moment ago
        cold = caller.get("definitions/1/preview/")
        assert_problem(cold, 503)
        assert int(cold["Retry-After"]) > 0
