"""Reading agreements: who may, what a version says, what changed, and what a page costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role
from portal.agreements.models import Version
from portal.agreements.reading import changes_between, read_version
from portal.agreements.services import give_up_draft, start_draft
from scoring.rules.defaults import default_clauses
from tests.factories import make_definition, make_user

pytestmark = pytest.mark.django_db
SENTENCES = [
    "a person visits a",
    "counts up to",
    "if the seniority is",
    "when the total is at least",
    "high-intent signal",
    "fit A from",
]


@pytest.mark.parametrize("role", list(Role))
def test_everybody_reads_the_default_definition_as_sentences(client, role) -> None:
    version = make_definition(at=timezone.now() - timedelta(days=1))
    client.force_login(make_user(role=role))
    assert "In force" in client.get(reverse("definitions")).content.decode()
    page = client.get(reverse("definition", args=[version.number])).content.decode()
    assert [sentence for sentence in SENTENCES if sentence not in page] == []
    assert version.sha256 in page


def test_strangers_are_sent_to_sign_in(client) -> None:
    version = make_definition(at=timezone.now())
    for address in (reverse("definitions"), reverse("definition", args=[version.number])):
        assert client.get(address).status_code == 302


def test_a_version_that_does_not_exist_is_not_found(client) -> None:
    client.force_login(make_user(role=Role.MARKETING))
    assert client.get(reverse("definition", args=[99])).status_code == 404


def test_before_the_first_version_the_page_says_what_comes_next(client) -> None:
    client.force_login(make_user(role=Role.SALES_LEAD))
    assert "Nothing is agreed yet" in client.get(reverse("definitions")).content.decode()
    answer = client.post(reverse("definition-start"))
    draft = Version.objects.get()
    assert answer.url == reverse("definition", args=[draft.number])
    assert draft.clauses.count() == len(default_clauses())
    assert "Draft, revision 1" in client.get(answer.url).content.decode()


def test_a_draft_begins_from_the_version_it_is_asked_for(client) -> None:
    first = make_definition(at=timezone.now() - timedelta(days=1))
    client.force_login(make_user(role=Role.MARKETING))
    client.post(reverse("definition-start"), {"number": str(first.number), "note": "Why\x00 not"})
    draft = Version.objects.get(number=2)
    assert (draft.based_on, draft.note) == (first, "Why not")
    assert client.post(reverse("definition-start"), {"number": "7"}).status_code == 404


def texts(**bodies) -> list[dict]:
    clauses = default_clauses()
    return [clause | {"body": bodies.get(clause["key"], clause["body"])} for clause in clauses]


def test_changes_are_told_in_words() -> None:
    before = texts()
    after = [one for one in texts() if one["key"] != "case_study"]
    pricing = next(one for one in after if one["key"] == "pricing_page")
    pricing["body"] = pricing["body"] | {"points": "20", "signal": "interest"}
    after.append(next(one for one in before if one["key"] == "case_study") | {"key": "studies"})
    found = {change.key: change for change in changes_between("definition", before, after)}
    assert {key: one.how for key, one in found.items()} == {
        "pricing_page": "changed",
        "studies": "added",
        "case_study": "removed",
    }
    assert found["pricing_page"].was.startswith("+15 each time")
    assert found["pricing_page"].now.startswith("+20 each time")
    assert "high intent" in found["pricing_page"].was
    assert "high intent" not in found["pricing_page"].now
    assert "case study" in found["case_study"].was


@pytest.mark.parametrize(
    "field", ["body", "rationale", "kind"], ids=["any body", "any reason", "any kind"]
)
def test_no_change_is_told_as_none(field) -> None:
    """What a signer is not shown cannot have been agreed: every difference has two texts."""
    before = default_clauses()
    for place, clause in enumerate(before):
        after = default_clauses()
        after[place][field] = {
            "body": clause["body"] | {"name": "Another name"},
            "rationale": "Another reason",
            "kind": "total",
        }[field]
        (change,) = changes_between("definition", before, after)
        assert change.key == clause["key"]
        assert change.was != change.now


def test_what_happened_is_told_newest_first(client) -> None:
    make_definition(at=timezone.now() - timedelta(hours=2))
    client.force_login(make_user(role=Role.SDR))
    story = client.get(reverse("definition", args=[1])).context["story"]
    assert "signed for" in story[0]["text"]
    assert "started the draft" in story[-1]["text"]


def queries_of(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_at_1_and_at_40_versions(client) -> None:
    at = timezone.now() - timedelta(days=1)
    first, by = make_definition(at=at), make_user(role=Role.MARKETING)
    client.force_login(by)
    start_draft(agreement=first.agreement, based_on=first, by=by, at=at)
    give_up_draft(
        version=start_draft(agreement=first.agreement, based_on=first, by=by, at=at), by=by, at=at
    )
    few = queries_of(client, reverse("definitions"))
    for number in range(40):
        draft = start_draft(agreement=first.agreement, based_on=first, by=by, at=at)
        if number % 4 == 0:
            give_up_draft(version=draft, by=by, at=at)
    assert queries_of(client, reverse("definitions")) == few


def test_a_version_costs_the_same_at_1_and_at_40_clauses(client) -> None:
    at = timezone.now() - timedelta(days=1)
    first, by = make_definition(at=at), make_user(role=Role.MARKETING)
    client.force_login(by)
    rule = first.clauses.get(key="pricing_page")
    draft = start_draft(agreement=first.agreement, by=by, at=at, clauses=())
    for number in range(40):
        draft.clauses.create(
            key=f"rule_{number}",
            kind="rule",
            position=number,
            body=rule.body,
            changed_by=make_user(role=Role.MARKETING),
            changed_at=at,
        )
        if number == 0:
            few = queries_of(client, reverse("definition", args=[draft.number]))
    assert queries_of(client, reverse("definition", args=[draft.number])) == few
    assert sum(1 for _line in read_version(draft, first).lines) == 40


def test_old_versions_are_paged(client) -> None:
    at = timezone.now() - timedelta(days=1)
    first, by = make_definition(at=at), make_user(role=Role.MARKETING)
    client.force_login(by)
    for _ in range(25):
        draft = start_draft(agreement=first.agreement, by=by, at=at, clauses=())
        give_up_draft(version=draft, by=by, at=at)
    page = client.get(reverse("definitions"))
    seen = [row["version"].number for row in page.context["past"]]
    answer = client.get(reverse("definitions"), {"cursor": page.context["page"].next})
    rest = [row["version"].number for row in answer.context["past"]]
    assert sorted(seen + rest) == list(range(2, 27))
