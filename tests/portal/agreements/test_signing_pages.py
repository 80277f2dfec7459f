"""From draft to force through the pages: propose, sign for both sides, withdraw, give up."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role, User
from portal.agreements.models import Version
from portal.agreements.queries import version_in_force
from portal.agreements.services import propose, save_clause, sign, start_draft
from tests.factories import make_definition, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"
READERS = [Role.SDR, Role.ACCOUNT_EXECUTIVE, Role.LEADERSHIP, Role.ADMIN]


@pytest.fixture
def leads() -> tuple[User, User]:
    return (
        make_user(role=Role.MARKETING_LEAD, name="Mara Lead"),
        make_user(role=Role.SALES_LEAD, name="Sal Lead"),
    )


@pytest.fixture
def draft(leads) -> Version:
    """A second version with one change, while the first is in force."""
    at = timezone.now() - timedelta(hours=1)
    first = make_definition(at=at)
    version = start_draft(
        agreement=first.agreement, based_on=first, by=leads[0], at=at, note="Prices count more."
    )
    clause = version.clauses.get(key="pricing_page")
    save_clause(
        version=version,
        key=clause.key,
        kind=clause.kind,
        body=clause.body | {"points": "20"},
        rationale="Three of four won deals looked at prices.",
        revision=1,
        by=leads[0],
        at=at,
    )
    version.refresh_from_db()
    return version


def url(version: Version, act: str) -> str:
    return reverse(f"definition-{act}", args=[version.number])


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def proposed(version: Version, by: User) -> Version:
    return propose(version=version, by=by, at=timezone.now())


def sign_through_page(version: Version, user: User, **changes):
    client = browser(user)
    page = client.get(url(version, "sign"))
    assert page.status_code == 200
    posted = {"sha256": page.context["form"]["sha256"].value(), "password": PASSWORD} | changes
    return client.post(url(version, "sign"), posted)


def test_both_sides_sign_what_they_read_and_it_is_in_force(draft, leads) -> None:
    marketing, sales = leads
    client = browser(marketing)
    asked = client.get(url(draft, "propose")).content.decode()
    assert "+15" in asked  # what it was
    assert "+20" in asked  # what it would be
    assert client.post(url(draft, "propose"), {"starts_on": ""}).status_code == 302
    draft.refresh_from_db()
    shown = browser(sales).get(url(draft, "sign")).content.decode()
    for words in ("+15", "+20", "Mara", draft.sha256):
        assert words in shown
    assert sign_through_page(draft, marketing).status_code == 302
    draft.refresh_from_db()
    assert draft.effective_from is None
    assert sign_through_page(draft, sales).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "signed"
    assert version_in_force("definition", at=timezone.now()) == draft
    page = client.get(reverse("definition", args=[draft.number])).content.decode()
    for words in ("In force", "Mara Lead", "Sal Lead", draft.sha256):
        assert words in page


def test_a_wrong_password_signs_nothing(draft, leads) -> None:
    version = proposed(draft, leads[0])
    answer = sign_through_page(version, leads[0], password="another one")
    assert answer.status_code == 422
    assert "This is not your password" in answer.content.decode()
    assert not version.signatures.exists()


def test_passwords_cannot_be_tried_without_end(draft, leads) -> None:
    version, client = proposed(draft, leads[0]), browser(leads[0])
    posted = {"sha256": version.sha256, "password": "a guess"}
    for _ in range(10):
        client.post(url(version, "sign"), posted)
    answer = client.post(url(version, "sign"), posted | {"password": PASSWORD})
    assert answer.status_code == 422
    assert "Wait a minute" in answer.content.decode()
    assert not version.signatures.exists()


def test_a_text_that_moved_on_after_it_was_read_is_not_signed(draft, leads) -> None:
    version = proposed(draft, leads[0])
    read = version.sha256
    clause = version.clauses.get(key="pricing_page")
    save_clause(
        version=version,
        key=clause.key,
        kind=clause.kind,
        body=clause.body | {"points": "50"},
        revision=clause.revision,
        by=leads[0],
        at=timezone.now(),
    )
    proposed(version, leads[0])
    answer = sign_through_page(version, leads[1], sha256=read)
    assert answer.status_code == 409
    assert "moved on" in answer.content.decode()
    assert not version.signatures.exists()


def test_an_edit_on_the_page_voids_a_signature_and_the_strip_says_so(draft, leads) -> None:
    version = proposed(draft, leads[0])
    sign(version=version, sha256=version.sha256, by=leads[0], at=timezone.now())
    client = browser(leads[1])
    form_url = reverse("definition-clause", args=[version.number, "engagement"])
    page = client.get(form_url)
    assert "voids signatures" in page.content.decode()
    form = page.context["form"]
    values = {bound.html_name: bound.value() or "" for bound in form}
    assert client.post(form_url, values | {"cap": "70"}).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.sha256) == ("draft", "")
    shown = client.get(reverse("definition", args=[version.number])).content.decode()
    assert f"voided by revision {version.revision}" in shown


def test_the_same_side_is_not_asked_twice(draft, leads) -> None:
    version = proposed(draft, leads[0])
    sign(version=version, sha256=version.sha256, by=leads[0], at=timezone.now())
    another = browser(make_user(role=Role.MARKETING_LEAD))
    assert another.get(url(version, "sign")).status_code == 409
    page = another.get(reverse("definition", args=[version.number])).content.decode()
    assert url(version, "sign") not in page
    assert "Your side has signed" in page


def test_a_day_to_start_is_that_day_in_the_readers_zone(draft, leads) -> None:
    answer = browser(leads[0]).post(url(draft, "propose"), {"starts_on": "2030-06-01"})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.starts_at.isoformat() == "2030-05-31T22:00:00+00:00"  # Berlin is ahead
    assert sign_through_page(draft, leads[0]).status_code == 302
    assert sign_through_page(draft, leads[1]).status_code == 302
    page = browser(leads[0]).get(reverse("definition", args=[draft.number])).content.decode()
    assert "starts later" in page
    assert version_in_force("definition", at=timezone.now()).number == 1


def test_a_day_that_has_passed_is_told_at_its_field(draft, leads) -> None:
    answer = browser(leads[0]).post(url(draft, "propose"), {"starts_on": "2020-01-01"})
    assert answer.status_code == 422
    assert "cannot start in the past" in answer.content.decode()


def test_what_cannot_run_is_told_before_it_is_proposed(draft, leads) -> None:
    draft.clauses.filter(key="mql").delete()
    client = browser(leads[0])
    page = client.get(reverse("definition", args=[draft.number])).content.decode()
    answer = client.post(url(draft, "propose"), {"starts_on": ""})
    assert answer.status_code == 422
    for text in (page, answer.content.decode()):
        assert "has no gate “mql” yet" in text
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_gate_out_of_reach_is_told_and_is_never_put_before_who_signs(draft, leads) -> None:
    clause = draft.clauses.get(key="sales_ready")
    save_clause(
        version=draft,
        key=clause.key,
        kind=clause.kind,
        body={"when": {"total_at_least": 900}},
        revision=1,
        by=leads[0],
        at=timezone.now(),
    )
    client = browser(leads[0])
    page = client.get(reverse("definition", args=[draft.number])).content.decode()
    answer = client.post(url(draft, "propose"), {"starts_on": ""})
    assert answer.status_code == 422
    for text in (page, answer.content.decode()):
        assert "asks for 900, but no lead can have more than" in text
    draft.refresh_from_db()
    assert (draft.state, draft.sha256) == ("draft", "")


@pytest.mark.parametrize("act", ["sign", "decline"])
def test_what_nobody_proposed_says_what_comes_first(draft, leads, act) -> None:
    answer = browser(leads[1]).get(url(draft, act))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "is not proposed. An editor proposes it first" in page
    assert "Somebody was faster" not in page
    assert reverse("definition", args=[draft.number]) in page


def test_an_empty_post_is_an_act_and_not_a_look(draft, leads) -> None:
    client = browser(leads[0])
    assert client.post(url(draft, "propose")).status_code == 302
    assert client.post(url(draft, "sign")).status_code == 422


def test_withdrawing_and_giving_up(draft, leads) -> None:
    version, client = proposed(draft, leads[0]), browser(leads[1])
    assert client.post(url(version, "withdraw")).status_code == 302
    version.refresh_from_db()
    assert version.state == "draft"
    assert "Give version 2 up?" in client.get(url(version, "give-up")).content.decode()
    assert client.post(url(version, "give-up")).status_code == 302
    version.refresh_from_db()
    assert version.state == "withdrawn"
    assert client.get(url(version, "propose")).status_code == 409
    assert "Given up" in client.get(reverse("definition", args=[2])).content.decode()


@pytest.mark.parametrize("act", ["add", "propose", "withdraw", "give-up", "sign"])
def test_a_signed_version_takes_no_act(leads, act) -> None:
    version = make_definition(at=timezone.now())
    client, address = browser(leads[0]), url(version, act)
    answer = client.post(address) if act == "withdraw" else client.get(address)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "never edited" in page
    assert "Somebody was faster" not in page


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("act", ["add", "propose", "withdraw", "give-up"])
def test_readers_write_nothing(draft, role, act) -> None:
    client = browser(make_user(role=role))
    assert client.post(url(draft, act)).status_code in {403, 405}
    assert client.post(reverse("definition-start")).status_code == 403
    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize("role", [*READERS, Role.MARKETING])
def test_only_the_leads_of_both_sides_are_let_in_to_sign(draft, leads, role) -> None:
    version, client = proposed(draft, leads[0]), browser(make_user(role=role))
    answer = client.post(url(version, "sign"), {"sha256": version.sha256, "password": PASSWORD})
    assert answer.status_code == 403
    page = client.get(reverse("definition", args=[version.number])).content.decode()
    assert "The marketing lead and a sales lead sign" in page
    assert not version.signatures.exists()


def test_a_draft_that_says_what_is_in_force_cannot_be_proposed(draft, leads) -> None:
    first = draft.based_on
    same = start_draft(agreement=first.agreement, based_on=first, by=leads[0], at=timezone.now())
    answer = browser(leads[0]).post(url(same, "propose"), {"starts_on": ""})
    assert answer.status_code == 422
    assert "says what version 1, which is in force, says already" in answer.content.decode()
