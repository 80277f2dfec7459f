"""The pages of definitions: who may do what, two editors on one clause, and the whole way."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Standing
from portal.accounts.models import Role
from portal.agreements.models import Version
from portal.agreements.queries import version_in_force
from portal.agreements.services import propose, save_clause, sign, start_draft
from scoring.engine.due import settle_due
from scoring.engine.services import settle
from tests.factories import make_activity, make_definition, make_lead, make_user
from tests.scoring.workshop.posting import PASSWORD, at, fields_of, signed_in

pytestmark = pytest.mark.django_db
EDITORS = {Role.MARKETING, Role.MARKETING_LEAD, Role.SALES_LEAD}
SIGNERS = {Role.MARKETING_LEAD, Role.SALES_LEAD}


@pytest.fixture
def draft(now):
    return make_definition(at=now, signed=False)


@pytest.fixture
def proposed(draft, now):
    by = make_user(role=Role.MARKETING_LEAD)
    return propose(version=draft, by=by, at=now)


@pytest.mark.parametrize("role", list(Role))
def test_everybody_reads_and_three_roles_write(draft, role) -> None:
    client = signed_in(role)
    assert client.get(reverse("definitions")).status_code == 200
    assert client.get(at("definition", draft)).status_code == 200
    expected = 200 if role in EDITORS else 403
    for act in ("add", "propose", "give-up"):
        assert client.get(at(f"definition-{act}", draft)).status_code == expected
    assert client.get(at("definition-new", draft, slug="fact")).status_code == expected
    for act in ("clause", "remove"):
        assert client.get(at(f"definition-{act}", draft, key="mql")).status_code == expected
    started = client.post(reverse("definition-start"))
    assert started.status_code == (302 if role in EDITORS else 403)


@pytest.mark.parametrize("role", list(Role))
def test_only_the_leads_of_both_sides_may_sign(proposed, role) -> None:
    client = signed_in(role)
    page = client.get(at("definition-sign", proposed))
    assert page.status_code == (200 if role in SIGNERS else 403)
    read = client.get(at("definition", proposed)).content.decode()
    assert ("Sign for" in read) == (role in SIGNERS)
    assert ("The marketing lead and a sales lead sign." in read) == (role not in SIGNERS)


def test_readers_see_no_way_to_write(draft) -> None:
    page = signed_in(Role.SDR).get(at("definition", draft)).content.decode()
    assert at("definition-clause", draft, key="mql") not in page
    assert at("definition-propose", draft) not in page


def test_what_is_signed_is_not_written(now) -> None:
    version = make_definition(at=now)
    client = signed_in(Role.MARKETING_LEAD)
    for name in ("definition-add", "definition-propose", "definition-sign", "definition-give-up"):
        assert client.get(at(name, version)).status_code == 409
    assert client.get(at("definition-clause", version, key="mql")).status_code == 409
    assert client.get(reverse("definition", args=[99])).status_code == 404


def test_strangers_sign_in_first(draft) -> None:
    assert Client().get(at("definition", draft)).status_code == 302


def test_a_wrong_password_signs_nothing(proposed) -> None:
    client = signed_in(Role.MARKETING_LEAD)
    sign_page = at("definition-sign", proposed)
    wrong = client.post(sign_page, {"sha256": proposed.sha256, "password": "not this one"})
    assert wrong.status_code == 422
    assert "Nothing is signed yet" in wrong.content.decode()
    assert not proposed.signatures.exists()
    for _ in range(12):
        client.post(sign_page, {"sha256": proposed.sha256, "password": "guess"})
    late = client.post(sign_page, {"sha256": proposed.sha256, "password": PASSWORD})
    assert late.status_code == 422
    assert not proposed.signatures.exists()


def test_a_text_that_moved_on_is_not_signed(proposed, now) -> None:
    client = signed_in(Role.MARKETING_LEAD)
    page = fields_of(client.get(at("definition-sign", proposed)))
    by = make_user(role=Role.SALES_LEAD)
    clause = proposed.clauses.get(key="pricing_page")
    body = clause.body | {"points": "20"}
    save_clause(version=proposed, key=clause.key, kind="rule", body=body, revision=1, by=by, at=now)
    propose(version=proposed, by=by, at=now)
    stale = client.post(at("definition-sign", proposed), page | {"password": PASSWORD})
    assert stale.status_code == 409
    assert not proposed.signatures.exists()


def test_what_cannot_run_is_not_proposed_and_the_page_says_why(draft) -> None:
    client = signed_in(Role.MARKETING)
    gone = at("definition-remove", draft, key="mql")
    client.post(gone, fields_of(client.get(gone)))
    assert "no gate" in client.get(at("definition", draft)).content.decode()
    refused = client.post(at("definition-propose", draft), {})
    assert refused.status_code == 422
    past = client.post(at("definition-propose", draft), {"starts_on": "2001-01-01"})
    assert past.status_code == 422


def test_a_proposal_says_why_and_from_when(draft) -> None:
    client = signed_in(Role.MARKETING)
    address = at("definition-propose", draft)
    fields = fields_of(client.get(address)) | {"note": "Demos count", "starts_on": "2999-12-31"}
    assert client.post(address, fields).status_code == 302
    draft.refresh_from_db()
    assert (draft.note, draft.starts_at.year, draft.state) == ("Demos count", 2999, "proposed")
    assert "Demos count" in client.get(at("definition", draft)).content.decode()
    assert client.post(at("definition-withdraw", draft)).status_code == 302
    assert client.post(at("definition-give-up", draft)).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "withdrawn"


def test_a_gate_out_of_reach_is_pointed_out(draft) -> None:
    """The founding documents' own model: a gate of 100 that nobody can reach."""
    client = signed_in(Role.MARKETING)
    address = at("definition-clause", draft, key="engagement")
    client.post(address, fields_of(client.get(address)) | {"cap": "30"})
    page = client.get(at("definition", draft)).content.decode()
    assert "but no lead can have more than" in page


def test_from_draft_to_leads_scored_anew_without_javascript(now) -> None:
    """Draft, change points, propose, both sign, in force, every lead scored by it."""
    began = timezone.now() - timedelta(days=2)
    first = make_definition(at=began)
    lead = make_lead(at=began, facts={"seniority": "director"})
    make_activity(lead, kind="demo_request", at=began)
    settle([lead.pk], at=began)
    assert Standing.objects.get(pk=lead.pk).total == 45
    marketing, sales = signed_in(Role.MARKETING_LEAD), signed_in(Role.SALES_LEAD)
    page = marketing.post(reverse("definition-start"), {"note": "Demos count more"}, follow=True)
    draft = Version.objects.drafts().get()
    assert (draft.based_on, page.redirect_chain[-1][0]) == (first, at("definition", draft))
    address = at("definition-clause", draft, key="demo_request")
    saved = sales.post(address, fields_of(sales.get(address)) | {"points": "40"}, follow=True)
    assert "Changes against v1" in saved.content.decode()
    assert sales.post(at("definition-propose", draft), {}).status_code == 302
    for person in (marketing, sales):
        fields = fields_of(person.get(at("definition-sign", draft)))
        signed = person.post(at("definition-sign", draft), fields | {"password": PASSWORD})
        assert signed.status_code == 302
    in_force = version_in_force("definition", at=timezone.now())
    assert in_force == draft
    while settle_due(at=timezone.now()):
        pass
    standing = Standing.objects.get(pk=lead.pk)
    assert (standing.total, standing.version_id) == (55, draft.pk)
    read = marketing.get(at("definition", draft)).content.decode()
    assert "In force" in read
    assert in_force.sha256 in read


def count_queries(client: Client, address: str) -> tuple[int, int]:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200
    return len(queries), len(response.content)


def test_a_version_costs_the_same_however_long_it_is(now) -> None:
    first = make_definition(at=now)
    by = make_user(role=Role.SALES_LEAD)
    draft = start_draft(agreement=first.agreement, based_on=first, by=by, at=now)
    client = signed_in(Role.MARKETING)
    few, short = count_queries(client, at("definition", draft))
    body = draft.clauses.get(key="title_senior").body
    for number in range(40):
        save_clause(
            version=draft,
            key=f"rule_{number}",
            kind="rule",
            body=body | {"name": f"Rule {number}"},
            revision=None,
            by=make_user(role=Role.MARKETING),
            at=now,
        )
    many, long = count_queries(client, at("definition", draft))
    assert many == few
    assert long > short


def test_the_list_costs_the_same_however_many_versions_there_are(now) -> None:
    first = make_definition(at=now)
    people = make_user(role=Role.MARKETING_LEAD), make_user(role=Role.SALES_LEAD)

    def another(number: int) -> None:
        for _ in range(number):
            draft = start_draft(agreement=first.agreement, based_on=first, by=people[0], at=now)
            draft.clauses.update(rationale=f"Reason {draft.number}")
            version = propose(version=draft, by=people[0], at=now)
            for signer in people:
                sign(version=version, sha256=version.sha256, by=signer, at=now)

    client = signed_in(Role.MARKETING)
    another(2)
    few, short = count_queries(client, reverse("definitions"))
    another(25)
    many, long = count_queries(client, reverse("definitions"))
    assert many == few
    assert long > short
    second = client.get(reverse("definitions")).context["page"].next
    assert client.get(reverse("definitions"), {"cursor": second}).status_code == 200
