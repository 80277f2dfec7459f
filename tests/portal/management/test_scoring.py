"""The commands that score: one lead, a document, everybody, and the columns on disk."""

import io
import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given

from leads.activities.models import Activity
from leads.database.models import Standing
from portal.events.bells import held
from scoring.engine.cache import refresh
from scoring.engine.explanation import explain_lead
from scoring.engine.given import BadScoreFile, read_document
from scoring.engine.models import Rescore, RescoreRange
from scoring.engine.rescore import begin_rescore
from scoring.engine.scorefile import score_document
from tests.factories import make_activity, make_definition, make_lead
from tests.scoring.rules import strategies as some
from tests.scoring.rules.test_agreement import examples

REFERENCE = Path(__file__).parents[3] / "docs/reference"
EXAMPLE = json.loads(
    re.findall(r"```json\n(.*?)```", (REFERENCE / "score-command.md").read_text(), re.DOTALL)[0]
)


def schema(name):
    return json.loads((REFERENCE / f"{name}.schema.json").read_text())


def run(*arguments, **options):
    """Return what a command prints and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command(*arguments, stdout=out, stderr=StringIO(), **options)
    except SystemExit as stop:
        code = stop.code
    return out.getvalue(), code


def changed(**more):
    return json.loads(json.dumps(EXAMPLE)) | more


def known(**values):
    return changed(leads=[{"facts": [{"known_from": "2026-01-01T00:00:00Z", "values": values}]}])


def did(**more):
    at = "2026-03-01T00:00:00Z"
    return changed(leads=[{"activities": [{"kind": "page_view", "occurred_at": at} | more]}])


def test_the_documents_example_is_scored_as_both_schemas_say(monkeypatch):
    jsonschema.validate(EXAMPLE, schema("score-input"))
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(EXAMPLE)))
    printed, code = run("score", "--stdin", "--json")
    answer = json.loads(printed)
    jsonschema.validate(answer, schema("score-output"))
    (lead,) = answer["leads"]
    assert (code, lead["id"], lead["total"], lead["gates"]) == (0, "lena", 15, ["mql"])
    assert lead["valid_until"] == "2026-03-31T08:15:00+00:00"
    adding = [x["points"] for x in lead["lines"] if x["kind"] in {"factor", "cap", "rounding"}]
    assert sum(adding) == lead["total"] * 100
    assert answer["evaluators_agree"]


def test_many_leads_are_scored_with_progress(monkeypatch):
    (lead,) = EXAMPLE["leads"]
    many = changed(leads=[lead | {"id": n} for n in range(2_001)])
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(many)))
    told = StringIO()
    call_command("score", "--stdin", stdout=StringIO(), stderr=told)
    assert told.getvalue().split("\n")[:2] == ["1,000 of 2,001 leads", "2,000 of 2,001 leads"]


def as_given(activity):
    return {
        "id": activity.id,
        "kind": activity.kind,
        "occurred_at": activity.occurred_at.isoformat(),
        "received_at": activity.received_at.isoformat(),
        "object": {"id": activity.object_id, "key": activity.object_text,
                   "tags": sorted(activity.tags)},
        "properties": activity.properties,
        "is_bot": activity.is_bot,
    }  # fmt: skip


@examples(15, 300)
@given(some.documents(), some.facts, some.activity_lists())
def test_both_evaluators_agree_on_any_document(version, facts, activities):
    snapshot = {"known_from": (some.NOW - timedelta(days=9)).isoformat(), "values": facts}
    lead = {"id": 1, "facts": [snapshot], "activities": [as_given(one) for one in activities]}
    document = {"version": version, "as_of": some.NOW.isoformat(), "leads": [lead, {"id": 2}]}
    assert score_document(json.loads(json.dumps(document)))["evaluators_agree"]


WRONG = [  # for the schema too
    ([], "the document: give an object"),
    (changed(leeds=[]), "no field “leeds”"),
    (changed(leads={}), "leads: give a list"),
    (changed(leads=[{"activities": [{"kind": 7}]}]), "activities.0.kind"),
    (changed(leads=[{"activities": [{"kind": "x", "ocurred_at": "?"}]}]), "“ocurred_at”"),
    (changed(leads=[{"id": []}]), "leads.0.id: give a text or a number"),
    (changed(version=EXAMPLE["version"] | {"rules": []}), "version: there is no field “rules”"),
    (changed(version=EXAMPLE["version"] | {"clauses": [{"postion": 1}]}), "“postion”"),
    (changed(version=EXAMPLE["version"] | {"clauses": [{"rationale": 5}]}), "0.rationale"),
    (known(title={"de": "Leiter"}), "leads.0.facts.0.values.title: give a text, a number"),
    (known(tags=["a", 1]), "values.tags: give texts"),
    (known(title="a" * 1_000_000), "at most 2,000 characters"),
    (did(properties=[]), "activities.0.properties: give an object"),
    (did(properties={"amount": {}}), "properties.amount: give a text, a number"),
    (did(is_bot="yes"), "is_bot: give true or false"),
    (did(id="a"), "activities.0.id: give a whole number"),
    (did(object=[]), "activities.0.object: give an object"),
    (did(object={"id": 1.5}), "object.id: give a text or a whole number"),
    (did(object={"key": 7}), "object.key: give a text"),
    (did(object={"tags": [None]}), "object.tags: give texts"),
    (did(object={"tags": ["a" * 2_001]}), "at most 2,000 characters"),
]
BEYOND = [  # a schema cannot say so
    (changed(leads=[{"facts": [{"known_from": "soon", "values": {}}]}]), "facts.0.known_from"),
    (changed(leads=[{"as_of": "2026-03-02T12:00:00"}]), "with its zone"),
    (changed(as_of="0001-01-01T00:00:00+14:00"), "leads.0.as_of: give an instant"),
    (changed(version=EXAMPLE["version"] | {"segment": {}}), "a segment is a clause"),
    (known(size=float("inf")), "values.size: give a text, a number"),
    (changed(version=EXAMPLE["version"] | {"name": "a" * 2_000_000}), "at most 2,000,000"),
]


@pytest.mark.parametrize(("document", "words"), WRONG + BEYOND)
def test_what_cannot_be_read_is_said_where_it_stands(document, words):
    with pytest.raises(BadScoreFile, match=re.escape(words)):
        score_document(document)


def test_the_schema_refuses_what_the_command_refuses():
    validator = jsonschema.Draft202012Validator(schema("score-input"))
    assert [words for document, words in WRONG if validator.is_valid(document)] == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The document is no JSON"),
        ("{", "The document is no JSON"),
        ("[" * 100_000, "nested too deep"),
        ("null", "the document: give an object"),
        ('{"version": {}, "leads": []}', "version: agreement: This is no definition."),
        ('{"leads": [], "leads": []}', "has the field “leads” twice"),
        ('{"as_of": NaN}', "NaN is no number"),
        ('{"as_of": ' + "9" * 5_000 + "}", "more than 400 digits"),
        ('{"as_of": "\\ud800"}', "half a character"),
        ("\udcff", "no text in UTF-8"),  # what bytes in another code are read as
    ],
)
def test_a_bad_document_ends_the_command_with_a_sentence(monkeypatch, text, sentence):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    with pytest.raises(CommandError, match=sentence) as refused:
        run("score", "--stdin", "--json")
    assert refused.value.returncode == 2


def test_a_byte_order_mark_and_whole_characters_are_read():
    document = read_document(io.StringIO('\ufeff{"id": "\\ud83d\\ude00"}'))
    assert document == {"id": "\U0001f600"}


def test_a_document_with_letters_and_accents_apart_is_read_as_what_is_kept():
    document = json.loads(json.dumps(EXAMPLE).replace('"pricing"', '"Menü"'))
    about = document["leads"][0]["activities"][0]["object"]
    about["tags"] = ["Menu\u0308"]
    (lead,) = score_document(read_document(io.StringIO(json.dumps(document))))["leads"]
    assert lead["fired"] == ["pricing_page"]


@pytest.mark.django_db
def test_a_lead_is_scored_with_its_explanation_by_any_of_its_names():
    at = timezone.now() - timedelta(hours=1)
    make_definition(at=at - timedelta(days=1))
    lead = make_lead(at=at, email="lena@example.test", facts={"title": "Marketing Director"})
    make_activity(lead, kind="demo_request", at=at)
    printed, _ = run("score", "lena@example.test")
    assert "45 points" in printed
    assert "+30  Asked for a demo" in printed
    for name in (str(lead.pk), str(lead.public_id)):
        answer = json.loads(run("score", name, "--json")[0])
        assert answer["total"] == explain_lead(lead, timezone.now()).total == 45
    before = json.loads(run("score", str(lead.pk), "--json", at=(at - timedelta(1)).isoformat())[0])
    assert before["total"] == 0
    for wrong in ("nobody@example.test", "77777777777", "x"):
        with pytest.raises(CommandError, match="no lead"):
            run("score", wrong)
    with pytest.raises(CommandError, match="Name one lead"):
        run("score")


@pytest.mark.django_db
def test_everybody_is_rescored_with_progress_and_a_second_run_writes_nothing():
    with held():
        make_definition(at=timezone.now() - timedelta(days=1))
        for n in range(5):
            make_lead(at=timezone.now(), facts={"title": "CEO"} if n % 2 else {})
        Standing.objects.update(stale_since=None, stale_cause=0)
        assert run("rescore", "--status") == ("No rescore is running.\n", 1)
        answer = json.loads(run("rescore", "--json", leads_in_range=2)[0])
        assert (answer["state"], answer["looked_at"], answer["written"]) == ("done", 5, 5)
        assert set(Standing.objects.values_list("total", flat=True)) == {0, 20}
        again = json.loads(run("rescore", "--json")[0])
        assert (again["looked_at"], again["written"]) == (5, 0)


@pytest.mark.django_db
def test_a_rescore_is_joined_cancelled_and_refused():
    with pytest.raises(CommandError, match="No definition is in force"):
        run("rescore")
    version = make_definition(at=timezone.now() - timedelta(days=1))
    make_lead(at=timezone.now())
    with pytest.raises(CommandError, match="No rescore is running"):
        run("rescore", "--cancel")
    begin_rescore(version=version, by=None, at=timezone.now())
    assert json.loads(run("rescore", "--status", "--json")[0])["state"] == "running"
    assert json.loads(run("rescore", "--json")[0])["state"] == "done"
    begin_rescore(version=version, by=None, at=timezone.now())
    assert json.loads(run("rescore", "--cancel", "--json")[0])["state"] == "cancelled"
    assert Rescore.objects.count() == 2


@pytest.mark.django_db
def test_a_rescore_that_somebody_stops_by_ctrl_c_goes_on_at_once(monkeypatch):
    make_definition(at=timezone.now() - timedelta(days=1))
    for _ in range(4):
        make_lead(at=timezone.now())
    Standing.objects.update(stale_since=None, stale_cause=0)
    with monkeypatch.context() as keyboard:
        keyboard.setattr("scoring.engine.rescore.score_set", interrupted)
        assert run("rescore", leads_in_range=2) == ("", 130)
    assert not RescoreRange.objects.filter(leased_until__isnull=False).exists()
    assert json.loads(run("rescore", "--json")[0])["looked_at"] == 4
    assert Rescore.objects.get().state == Rescore.State.DONE
    monkeypatch.setattr("portal.management.commands.columns.refresh", interrupted)
    assert run("columns", "rebuild") == ("", 130)


def interrupted(*_given, **_more):
    raise KeyboardInterrupt


@pytest.mark.django_db
def test_the_columns_are_shown_built_and_verified(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    lead = make_lead(facts={"title": "CEO"})
    make_activity(lead)
    assert run("columns", "status", "--json")[1] == 1
    refresh(most=0)
    begun, code = run("columns", "status", "--json")
    begun = json.loads(begun)
    assert (begun["state"], begun["percent"], code) == ("building", 0, 1)
    built = json.loads(run("columns", "rebuild", "--json")[0])
    assert (built["state"], built["shards"]) == ("ready", 1)
    assert built["rows"] > 1
    assert run("columns", "verify") == ("         state  true\n", 0)
    Activity.objects.update(is_bot=True)  # behind everybody's back
    printed, code = run("columns", "verify", "--json")
    assert (json.loads(printed)["state"], code) == ("different", 1)
    assert run("columns", "status")[1] == 0
