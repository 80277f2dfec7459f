"""The editor of a definition's clauses without JavaScript: every form, both ways, and bad input."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role
from portal.agreements.models import Clause, Version
from portal.agreements.services import save_clause
from tests.factories import make_definition, make_user
from tests.scoring.workshop.filled import fields_of

AS_TEXT = {"when-shape": "tree"}


@pytest.fixture
def draft() -> Version:
    return make_definition(at=timezone.now(), signed=False)


@pytest.fixture
def marketing(client: Client) -> Client:
    client.force_login(make_user(role=Role.MARKETING, name="Mara Keting"))
    return client


def clause_url(version: Version, key: str) -> str:
    return reverse("definition-clause", args=[version.number, key])


def opened(client: Client, url: str) -> dict[str, str]:
    return fields_of(client.get(url).context["form"])


@pytest.mark.django_db
def test_a_rule_is_changed_and_the_page_says_who_did(marketing, draft) -> None:
    url = clause_url(draft, "pricing_page")
    posted = opened(marketing, url) | {"points": "20", "within_days": "14"}
    answer = marketing.post(url, posted)
    assert answer.status_code == 302
    assert answer.url.endswith("#clause-pricing_page")
    body = draft.clauses.get(key="pricing_page").body
    assert (body["points"], body["within_days"]) == ("20", 14)
    page = marketing.get(answer.url).content.decode()
    assert "+20" in page
    assert "14 days" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "changes", "sentence"),
    [
        ("pricing_page", {"points": "ten"}, "at most two decimals"),
        ("pricing_page", {"points": "1000000000"}, "Give a number from"),
        ("pricing_page", {"points": "1.234"}, "at most two decimals"),
        ("pricing_page", {"name": ""}, "required"),
        ("pricing_page", {"kind_0": ""}, "1 to 100"),
        ("pricing_page", {"kind_0": "teleported"}, "Select a valid choice"),
        ("pricing_page", {"decay_percent": "10", "decay_days": "7"}, "never both"),
        ("pricing_page", {"rationale": "x" * 6000}, "5000"),
        ("title_senior", {"when-0-field": "shoe_size"}, "Nothing called"),
        ("title_senior", {"when-0-op": "gte", "when-0-value": "3"}, "can be compared with"),
        ("title_senior", {"when-0-value": ""}, "1 to 100 values"),
        ("title_senior", {"when-0-field": ""}, "at least one line"),
        ("icp", {"when-1-value": "5000 to 50"}, "the lower one first"),
        ("mql", {"when-0-value": "forty"}, "Give a number from"),
        ("mql", {"when-1-value": "0"}, "from 1 to 60"),
        ("fast_track", AS_TEXT | {"when-tree": "{"}, "not readable as JSON"),
        ("fast_track", AS_TEXT | {"when-tree": '{"all": []}'}, "at least one condition"),
        ("fast_track", AS_TEXT | {"when-tree": "[" * 100_000}, "not readable as JSON"),
        ("engagement", {"floor": "90"}, "below the floor"),
        ("grade", {"fit_A": "5"}, "must not begin below"),
    ],
)
def test_bad_input_is_told_in_a_sentence_and_kept(marketing, draft, key, changes, sentence) -> None:
    url, before = clause_url(draft, key), draft.clauses.get(key=key)
    answer = marketing.post(url, opened(marketing, url) | changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    after = draft.clauses.get(key=key)
    assert (after.body, after.revision) == (before.body, before.revision)
    for value in changes.values():
        assert len(value) > 1000 or not value or value.replace('"', "&quot;") in page


@pytest.mark.django_db
def test_another_line_is_given_without_saving(marketing, draft) -> None:
    url = clause_url(draft, "icp")
    before = opened(marketing, url)
    answer = marketing.post(url, before | {"when-0-value": "biotech", "more": "when"})
    assert answer.status_code == 200
    after = fields_of(answer.context["form"])
    assert after["when-0-value"] == "biotech"
    assert sum("-field" in name for name in after) > sum("-field" in name for name in before)
    assert draft.clauses.get(key="icp").revision == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "given", "key"),
    [
        (
            "activity",
            {"name": "Held a webinar seat", "group": "engagement", "points": "7.5",
             "kind_0": "webinar_attended"},
            "held_a_webinar_seat",
        ),
        (
            "fact",
            {"name": "Germany", "group": "company", "points": "5", "when-0-field": "country",
             "when-0-op": "in", "when-0-value": "Germany, Austria"},
            "germany",
        ),
        (
            "silence",
            {"name": "Went quiet", "group": "engagement", "points": "−10",
             "kind_0": "page_view", "days": "60"},
            "went_quiet",
        ),
        ("group", {"name": "Region", "dimension": "fit", "combine": "sum"}, "region"),
        ("total", {"cap": "150"}, "total"),
    ],
)  # fmt: skip
def test_what_is_added_stands_in_the_draft(marketing, draft, slug, given, key) -> None:
    choose = marketing.get(reverse("definition-add", args=[draft.number])).content.decode()
    url = reverse("definition-new", args=[draft.number, slug])
    assert url in choose
    answer = marketing.post(url, opened(marketing, url) | given)
    assert answer.status_code == 302, answer.context["form"].errors
    assert draft.clauses.get(key=key).rationale == ""
    page = marketing.get(answer.url)
    assert page.status_code == 200
    assert f'id="clause-{key}"' in page.content.decode()


@pytest.mark.django_db
def test_a_second_of_a_name_gets_a_key_of_its_own(marketing, draft) -> None:
    url = reverse("definition-new", args=[draft.number, "group"])
    given = {"name": "Region", "dimension": "fit", "combine": "sum"}
    for _ in range(2):
        marketing.post(url, opened(marketing, url) | given)
    assert set(draft.clauses.filter(key__startswith="region").values_list("key", flat=True)) == {
        "region",
        "region_2",
    }


@pytest.mark.django_db
def test_what_there_is_one_of_is_offered_once(marketing, draft) -> None:
    assert marketing.get(reverse("definition-new", args=[draft.number, "icp"])).status_code == 404


@pytest.mark.django_db
def test_taking_out_asks_first(marketing, draft) -> None:
    url = reverse("definition-remove", args=[draft.number, "case_study"])
    assert "Take this out" in marketing.get(url).content.decode()
    assert draft.clauses.filter(key="case_study").exists()
    assert marketing.post(url, {"revision": "7"}).status_code == 409
    assert marketing.post(url, {"revision": "1"}).status_code == 302
    assert not draft.clauses.filter(key="case_study").exists()


def change_behind(version: Version, key: str, **changes) -> Clause:
    clause = version.clauses.get(key=key)
    return save_clause(
        version=version,
        key=key,
        kind=clause.kind,
        body=clause.body | changes,
        rationale=clause.rationale,
        revision=clause.revision,
        by=make_user(role=Role.SALES_LEAD, name="Sal Eslead"),
        at=timezone.now(),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("part", [False, True])
def test_a_stale_save_shows_both_texts_and_keeps_what_was_typed(marketing, draft, part) -> None:
    url = clause_url(draft, "pricing_page")
    mine = opened(marketing, url) | {"points": "35", "rationale": "Prices mean business."}
    change_behind(draft, "pricing_page", points="12.5")
    headers = {"HX-Request": "true"} if part else {}
    answer = marketing.post(url, mine, headers=headers)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert ("<html" in page) is not part
    for shown in ("Sal Eslead", "+12.5", "+35", "Prices mean business.", "Keep mine"):
        assert shown in page
    assert draft.clauses.get(key="pricing_page").body["points"] == "12.5"
    kept = fields_of(answer.context["form"])
    assert kept["points"] == "35"
    again = marketing.post(url, kept, headers=headers)
    assert again.status_code == (200 if part else 302)
    if part:  # the sentence stands in place of its form, and the page asks for the rest
        saved = again.content.decode()
        assert 'id="clause-pricing_page"' in saved
        assert "+35" in saved
        assert "<html" not in saved
        assert "<form" not in saved
        assert "follow" in again.headers["HX-Trigger"]
    clause = draft.clauses.get(key="pricing_page")
    assert (clause.body["points"], clause.revision) == ("35", 3)


@pytest.mark.django_db
def test_a_clause_taken_out_meanwhile_can_be_put_back(marketing, draft) -> None:
    url = clause_url(draft, "pricing_page")
    mine = opened(marketing, url) | {"points": "35"}
    draft.clauses.filter(key="pricing_page").delete()
    answer = marketing.post(url, mine | {"clause_kind": "rule"})
    assert answer.status_code == 409
    assert "Taken out of the draft" in answer.content.decode()
    kept = fields_of(answer.context["form"]) | {"clause_kind": "rule"}
    assert marketing.post(url, kept).status_code == 302
    assert draft.clauses.get(key="pricing_page").body["points"] == "35"


@pytest.mark.django_db
def test_a_deeper_tree_is_edited_line_by_line_or_as_text(marketing, draft) -> None:
    url = clause_url(draft, "fast_track")
    before, tree = opened(marketing, url), draft.clauses.get(key="fast_track").body["when"]
    assert before["when-shape"] == "rows"
    assert before["when-1-1-1-value"] == "within_30_days"  # any of all, two levels down
    marketing.post(url, before | {"when-1-1-1-value": "this_quarter", "when-1-not": "on"})
    tree["all"][1]["any"][1]["all"][1]["fact"]["value"] = "this_quarter"
    tree["all"][1] = {"not": tree["all"][1]}
    assert draft.clauses.get(key="fast_track").body["when"] == tree
    as_text = fields_of(
        marketing.post(url, opened(marketing, url) | {"more": "when:tree"}).context["form"]
    )
    assert json.loads(as_text["when-tree"]) == tree
    tree["all"].append({"fit_at_least": 20})
    marketing.post(url, as_text | {"when-tree": json.dumps(tree)})
    assert draft.clauses.get(key="fast_track").body["when"] == tree
    shown = marketing.post(url, as_text | {"more": "when:rows"}).context["form"]
    assert shown.editor.shape == "rows"


@pytest.mark.django_db
def test_a_group_is_added_filled_and_taken_out(marketing, draft) -> None:
    url = clause_url(draft, "mql")
    asked = marketing.post(url, opened(marketing, url) | {"more": "when:group"})
    added = fields_of(asked.context["form"])
    assert added["when-3-join"] == "any"
    filled = added | {"when-3-0-field": "icp", "when-3-0-op": "gte", "when-3-0-value": ""}
    deeper = fields_of(marketing.post(url, filled | {"more": "when-3:group"}).context["form"])
    deeper |= {"when-3-1-0-field": "fit_at_least", "when-3-1-0-op": "gte", "when-3-1-0-value": "x"}
    refused = marketing.post(url, deeper)
    assert refused.status_code == 422
    rows = {row.name: row for row in refused.context["form"].editor.rows}
    assert rows["when-3-1-0"].errors  # the sentence stands at its line, however deep
    saved = marketing.post(url, deeper | {"when-3-1-0-value": "20"})
    assert saved.status_code == 302
    when = draft.clauses.get(key="mql").body["when"]
    assert when["all"][3] == {"any": [{"icp": True}, {"all": [{"fit_at_least": 20}]}]}
    fewer = marketing.post(url, opened(marketing, url) | {"more": "when-3:drop"})
    assert "when-3-join" not in fields_of(fewer.context["form"])
