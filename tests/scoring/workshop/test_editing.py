"""Two editors on one draft: the slower one sees both texts, and nothing typed is lost."""

import pytest

from portal.accounts.models import Role
from tests.factories import make_definition
from tests.scoring.workshop.posting import at, fields_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(now):
    return make_definition(at=now, signed=False)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_slower_of_two_editors_sees_both_texts_and_keeps_theirs(draft, headers) -> None:
    first, second = signed_in(Role.SALES_LEAD, name="Lukas Kern"), signed_in(Role.MARKETING)
    address = at("definition-clause", draft, key="pricing_page")
    opened = fields_of(second.get(address))
    first.post(address, fields_of(first.get(address)) | {"points": "20"})
    stale = second.post(address, opened | {"points": "25", "rationale": "Mine"}, headers=headers)
    page = stale.content.decode()
    assert stale.status_code == 409
    assert ("<html" in page) != bool(headers)
    assert "Lukas Kern has changed this clause" in page
    assert "+20 each time" in page
    assert "+25 each time" in page
    assert draft.clauses.get(key="pricing_page").body["points"] == "20"
    kept = fields_of(stale) if not headers else opened | {"revision": "2", "points": "25"}
    assert (kept["points"], kept["revision"]) == ("25", "2")
    assert second.post(address, kept).status_code == 302
    clause = draft.clauses.get(key="pricing_page")
    assert (clause.body["points"], clause.revision) == ("25", 3)


@pytest.mark.parametrize("key", ["pricing_page", "title_senior", "mql"])
def test_a_clause_taken_out_meanwhile_can_be_kept(draft, key) -> None:
    client = signed_in(Role.MARKETING)
    address = at("definition-clause", draft, key=key)
    opened = fields_of(client.get(address)) | {"rationale": "Still wanted"}
    body = draft.clauses.get(key=key).body
    gone = at("definition-remove", draft, key=key)
    assert client.post(gone, fields_of(client.get(gone))).status_code == 302
    stale = client.post(address, opened)
    assert stale.status_code == 409
    assert "Taken out of the draft" in stale.content.decode()
    assert client.post(address, fields_of(stale)).status_code == 302
    assert draft.clauses.get(key=key).body == body


def test_removing_what_somebody_else_changed_is_refused(draft) -> None:
    client = signed_in(Role.MARKETING)
    remove = at("definition-remove", draft, key="pricing_page")
    seen = fields_of(client.get(remove))
    address = at("definition-clause", draft, key="pricing_page")
    client.post(address, fields_of(client.get(address)) | {"points": "20"})
    assert client.post(remove, seen).status_code == 409
    assert draft.clauses.filter(key="pricing_page").exists()


def test_htmx_gets_the_sentence_in_place_of_its_form_and_asks_for_the_rest(draft) -> None:
    client = signed_in(Role.MARKETING)
    address = at("definition-clause", draft, key="pricing_page")
    fields = fields_of(client.get(address)) | {"points": "20"}
    saved = client.post(address, fields, headers={"HX-Request": "true"})
    page = saved.content.decode()
    assert saved.status_code == 200
    assert 'id="clause-pricing_page"' in page
    assert "+20" in page
    assert "follow" in saved.headers["HX-Trigger"]


def test_two_edits_of_different_fields_become_one(draft) -> None:
    first, second = signed_in(Role.SALES_LEAD, name="Lukas Kern"), signed_in(Role.MARKETING)
    address = at("definition-clause", draft, key="pricing_page")
    opened = fields_of(second.get(address))
    first.post(address, fields_of(first.get(address)) | {"points": "20"})
    stale = second.post(address, opened | {"max_times": "4"})
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "Taken over from them: Points" in page
    merged = fields_of(stale)
    assert (merged["points"], merged["max_times"], merged["revision"]) == ("20", "4", "2")
    assert second.post(address, merged).status_code == 302
    body = draft.clauses.get(key="pricing_page").body
    assert (body["points"], body["max_times"]) == ("20", 4)


def test_a_field_that_both_changed_keeps_what_was_typed_and_shows_theirs(draft) -> None:
    first, second = signed_in(Role.SALES_LEAD), signed_in(Role.MARKETING)
    address = at("definition-clause", draft, key="pricing_page")
    opened = fields_of(second.get(address))
    first.post(address, fields_of(first.get(address)) | {"points": "20", "max_times": "3"})
    stale = second.post(address, opened | {"points": "25"})
    assert "you wrote 25, they wrote 20" in stale.content.decode()
    merged = fields_of(stale)
    assert (merged["points"], merged["max_times"]) == ("25", "3")


def test_a_rule_is_added_under_a_name_of_its_own(draft) -> None:
    client = signed_in(Role.SALES_LEAD)
    new = at("definition-new", draft, slug="fact")
    fields = fields_of(client.get(new)) | {
        "name": "Director",
        "points": "5",
        "group": "company",
        "when-0-field": "country",
        "when-0-op": "in",
        "when-0-value": "DE, AT",
    }
    for key in ("director", "director_2"):
        assert client.post(new, fields).status_code == 302
        when = draft.clauses.get(key=key).body["when"]
        assert when == {"field": "country", "op": "in", "value": ["DE", "AT"]}
    assert client.get(at("definition-new", draft, slug="icp")).status_code == 404
