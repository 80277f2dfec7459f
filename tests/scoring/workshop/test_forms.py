"""The forms of clauses: opening and saving changes nothing, and what is wrong is said."""

import json

import pytest
from django.urls import reverse

from portal.accounts.models import Role
from portal.agreements.services import save_clause
from scoring.definitions.registration import VOCABULARY
from scoring.rules.defaults import default_clauses
from scoring.rules.schema import read_clause, validate_clause
from tests.factories import make_definition, make_user
from tests.scoring.workshop.posting import fields_of

pytestmark = pytest.mark.django_db

MORE = {
    "quiet": {
        "group": "engagement",
        "name": "Silence",
        "points": "-12.5",
        "signal": "none",
        "disqualifies": True,
        "type": "silence",
        "kinds": ["page_view", "email_opened", "email_clicked"],
        "days": 60,
    },
    "decays": {
        "group": "engagement",
        "name": "Webinars",
        "points": "8",
        "signal": "interest",
        "disqualifies": False,
        "type": "behaviour",
        "kinds": ["webinar_attended", "event_attended"],
        "where": {
            "any": [
                {"field": "object_kind", "op": "equals", "value": "event"},
                {"not": {"field": "duration_s", "op": "lt", "value": 600}},
            ]
        },
        "counts": "once_per_object",
        "within_days": None,
        "max_times": 4,
        "min_count": 2,
        "decay": {"percent": "12.5", "every_days": 30},
    },
    "sizes": {
        "group": "company",
        "name": "Size",
        "points": "5",
        "signal": "none",
        "disqualifies": False,
        "type": "attribute",
        "when": {
            "all": [
                {"field": "company_size", "op": "between", "value": [50, 5000]},
                {"field": "team_size", "op": "gte", "value": "12.5"},
                {"field": "budget", "op": "is_known", "value": True},
                {"any": [{"field": "country", "op": "equals", "value": "DE"}]},
            ]
        },
    },
}
ONCE = {
    "total": {"cap": "150", "floor": "-20"},
    "checklist": {"questions": ["pain", "budget"]},
}
AS_TEXT = {"when-shape": "tree"}


@pytest.fixture
def draft(now):
    by = make_user(role=Role.SALES_LEAD)
    version = make_definition(at=now, signed=False)
    for key, body in MORE.items():
        save_clause(version=version, key=key, kind="rule", body=body, revision=None, by=by, at=now)
    for key, body in ONCE.items():
        save_clause(version=version, key=key, kind=key, body=body, revision=None, by=by, at=now)
    return version


@pytest.fixture
def editor(client):
    client.force_login(make_user(role=Role.MARKETING))
    return client


def address(draft, key: str) -> str:
    return reverse("definition-clause", args=[draft.number, key])


KEYS = [clause["key"] for clause in default_clauses()] + [*MORE, *ONCE]


@pytest.mark.parametrize("key", KEYS)
def test_opening_and_saving_changes_nothing(editor, draft, key) -> None:
    before = draft.clauses.get(key=key)
    page = editor.get(address(draft, key))
    saved = editor.post(address(draft, key), fields_of(page))
    assert saved.status_code == 302
    after = draft.clauses.get(key=key)
    assert (after.body, after.rationale) == (before.body, before.rationale)
    assert after.revision == before.revision


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("pricing_page", {"points": "a lot"}, "Give a number from"),
        ("pricing_page", {"points": "1000000000"}, "Give a number from"),
        ("pricing_page", {"points": ""}, "This field is required"),
        ("pricing_page", {"within_days": "99999"}, "Give a whole number from 1 to"),
        ("pricing_page", {"within_days": "-1"}, "greater than or equal to 1"),
        ("pricing_page", {"decay_percent": "10", "decay_days": "7"}, "never both"),
        ("pricing_page", {"group": "elsewhere"}, "not one of the available choices"),
        ("pricing_page", {"kind_0": "", "kind_1": ""}, "Give a list of 1 to"),
        ("pricing_page", {"where-0-field": "shoe_size"}, "is known here"),
        ("pricing_page", {"where-0-op": "gt"}, "can be compared with"),
        ("sizes", AS_TEXT | {"when-tree": "{"}, "not readable as JSON"),
        ("sizes", AS_TEXT | {"when-tree": '{"all": []}'}, "Give at least one condition"),
        ("sizes", AS_TEXT | {"when-tree": '"\\u0000"'}, "NUL"),
        ("sizes", AS_TEXT | {"when-tree": "NaN"}, "not readable as JSON"),
        ("icp", {"when-0-field": "", "when-1-field": ""}, "Write at least one line"),
        ("icp", {"when-1-value": "many to few"}, "Give a number"),
        ("mql", {"when-0-value": "forty"}, "Give a number from"),
        ("mql", {"when-1-value": "0"}, "Give a whole number from 1 to"),
        ("company", {"cap": "5", "floor": "10"}, "The cap lies below the floor"),
        ("grade", {"fit_A": "5"}, "must not begin below"),
        ("title_senior", {"rationale": "x" * 5001}, "at most 5000 characters"),
        ("title_senior", {"rationale": "why " * 500_000 + "?"}, "at most 5000 characters"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(editor, draft, key, typed, said) -> None:
    before = draft.clauses.get(key=key)
    fields = fields_of(editor.get(address(draft, key))) | typed
    refused = editor.post(address(draft, key), fields)
    assert refused.status_code == 422
    assert said in refused.content.decode()
    kept = fields_of(refused)
    assert {name: kept[name] for name in typed if "field" not in name and "group" not in name} == {
        name: value for name, value in typed.items() if "field" not in name and "group" not in name
    }
    assert draft.clauses.get(key=key).revision == before.revision


def test_a_checklist_offers_the_call_sheet_s_answers_and_needs_one(editor, draft) -> None:
    page = editor.get(address(draft, "checklist"))
    fields = fields_of(page)
    assert fields["questions"] == ["pain", "budget"]
    for name in ("Pain", "Decision-makers", "Timeline"):
        assert name in page.content.decode()
    kept = editor.post(address(draft, "checklist"), fields | {"questions": ["need", "impact"]})
    assert kept.status_code == 302
    assert draft.clauses.get(key="checklist").body == {"questions": ["need", "impact"]}
    for wrong, said in (([], "Tick at least one"), (["horoscope"], "is not one of the available")):
        refused = editor.post(address(draft, "checklist"), fields | {"questions": wrong})
        assert refused.status_code == 422
        assert said in refused.content.decode()


def test_a_checklist_in_words_of_its_own_is_not_proposed() -> None:
    (problem,) = validate_clause("checklist", "checklist", {"questions": ["Budget?"]}, VOCABULARY)
    assert problem.sentence == "Nothing called “Budget?” is known here."
    assert read_clause("checklist", "checklist", {"questions": ["Budget?"]})[0] == ("Budget?",)


def test_points_are_understood_as_people_write_them(editor, draft) -> None:
    fields = fields_of(editor.get(address(draft, "pricing_page")))
    editor.post(address(draft, "pricing_page"), fields | {"points": " \N{MINUS SIGN}12,5 "})
    assert draft.clauses.get(key="pricing_page").body["points"] == "-12.5"


def test_another_line_keeps_what_was_typed_and_saves_nothing(editor, draft) -> None:
    fields = fields_of(editor.get(address(draft, "icp")))
    shown = editor.post(address(draft, "icp"), fields | {"when-0-value": "games", "more": "when"})
    assert shown.status_code == 200
    kept = fields_of(shown)
    assert kept["when-0-value"] == "games"
    assert "when-3-field" in kept
    assert "when-3-field" not in fields
    assert draft.clauses.get(key="icp").revision == 1


def test_a_line_is_added_and_turned_round(editor, draft) -> None:
    fields = fields_of(editor.get(address(draft, "icp")))
    line = {"when-2-not": "on", "when-2-field": "country", "when-2-op": "in"}
    editor.post(address(draft, "icp"), fields | line | {"when-2-value": "US, UK"})
    country = {"field": "country", "op": "in", "value": ["US", "UK"]}
    assert draft.clauses.get(key="icp").body["when"]["all"][2] == {"not": country}


def test_a_deep_tree_is_edited_as_text(editor, draft) -> None:
    url = address(draft, "fast_track")
    fields = fields_of(editor.post(url, fields_of(editor.get(url)) | {"more": "when:tree"}))
    tree = json.loads(fields["when-tree"])
    tree["all"][1]["any"].append({"fit_at_least": "12.5"})
    assert editor.post(url, fields | {"when-tree": json.dumps(tree)}).status_code == 302
    assert draft.clauses.get(key="fast_track").body == {"when": tree}


def test_what_lines_cannot_show_opens_as_text_and_is_kept(editor, draft, now) -> None:
    twice = {"when": {"not": {"not": {"field": "industry", "op": "in", "value": ["games"]}}}}
    by = make_user(role=Role.SALES_LEAD)
    save_clause(version=draft, key="icp", kind="icp", body=twice, revision=1, by=by, at=now)
    fields = fields_of(editor.get(address(draft, "icp")))
    assert fields["when-shape"] == "tree"
    assert json.loads(fields["when-tree"]) == twice["when"]
    kept = editor.post(address(draft, "icp"), fields | {"rationale": "As it was."})
    assert kept.status_code == 302
    clause = draft.clauses.get(key="icp")
    assert (clause.body, clause.rationale) == (twice, "As it was.")


@pytest.mark.parametrize("key", KEYS)
def test_htmx_gets_the_form_in_place_of_the_row(editor, draft, key) -> None:
    part = editor.get(address(draft, key), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert f'id="clause-{key}"' in part.content.decode()


def test_a_sum_is_only_compared_by_is_at_least(editor, draft) -> None:
    fields = fields_of(editor.get(address(draft, "mql"))) | {"when-0-op": "lt"}
    refused = editor.post(address(draft, "mql"), fields)
    assert refused.status_code == 422
    assert "Choose it, or put" in refused.content.decode()
    turned = fields | {"when-0-op": "gte", "when-0-not": "on"}
    assert editor.post(address(draft, "mql"), turned).status_code == 302
    when = draft.clauses.get(key="mql").body["when"]
    assert when["all"][0] == {"not": {"total_at_least": 40}}


def test_lines_turn_into_text_for_a_deeper_tree(editor, draft) -> None:
    fields = fields_of(editor.get(address(draft, "icp"))) | {"more": "when:tree"}
    shown = fields_of(editor.post(address(draft, "icp"), fields))
    assert json.loads(shown["when-tree"]) == draft.clauses.get(key="icp").body["when"]
    assert editor.post(address(draft, "icp"), shown).status_code == 302
    assert draft.clauses.get(key="icp").revision == 1
