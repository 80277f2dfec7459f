"""Writing together: stale saves, voided signatures, both sides, one version at any instant."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import Role, Side
from portal.agreements.activation import announce_activations
from portal.agreements.models import Activation, Version
from portal.agreements.proof import verify
from portal.agreements.queries import missing_sides, version_in_force
from portal.agreements.services import (
    InvalidClause,
    StaleClause,
    give_up_draft,
    propose,
    remove_clause,
    save_clause,
    sign,
    start_draft,
    withdraw_proposal,
)
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from tests.factories import make_definition, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_user(role=Role.MARKETING_LEAD), make_user(role=Role.SALES_LEAD)


def points(version, key="pricing_page", *, by, at, revision, value="20"):
    clause = version.clauses.get(key=key)
    return save_clause(
        version=version,
        key=key,
        kind=clause.kind,
        body=clause.body | {"points": value},
        rationale=clause.rationale,
        revision=revision,
        by=by,
        at=at,
    )


def put_in_force(version, people, at, **when):
    version = propose(version=version, by=people[0], at=at, **when)
    for signer in people:
        sign(version=version, sha256=version.sha256, by=signer, at=at)
    version.refresh_from_db()
    return version


def test_the_second_of_two_editors_is_shown_what_stands(people, now) -> None:
    draft = make_definition(at=now, signed=False)
    points(draft, by=people[0], at=now, revision=1, value="20")
    with pytest.raises(StaleClause) as refused:
        points(draft, by=people[1], at=now, revision=1, value="25")
    assert refused.value.current.body["points"] == "20"
    assert people[0].name in str(refused.value)
    mine = points(draft, by=people[1], at=now, revision=refused.value.current.revision, value="25")
    assert (mine.body["points"], mine.revision) == ("25", 3)


def test_a_clause_that_was_removed_meanwhile_is_told(people, now) -> None:
    draft = make_definition(at=now, signed=False)
    clause = draft.clauses.get(key="pricing_page")
    remove_clause(version=draft, key=clause.key, revision=1, by=people[0], at=now)
    with pytest.raises(StaleClause) as refused:
        save_clause(
            version=draft,
            key=clause.key,
            kind=clause.kind,
            body=clause.body,
            revision=1,
            by=people[1],
            at=now,
        )
    assert refused.value.current is None


def test_removing_a_clause_that_moved_on_is_refused(people, now) -> None:
    draft = make_definition(at=now, signed=False)
    points(draft, by=people[0], at=now, revision=1)
    with pytest.raises(StaleClause):
        remove_clause(version=draft, key="pricing_page", revision=1, by=people[1], at=now)


def test_an_edit_voids_what_was_signed_and_unfreezes_the_draft(people, now) -> None:
    draft = propose(version=make_definition(at=now, signed=False), by=people[0], at=now)
    signature = sign(version=draft, sha256=draft.sha256, by=people[0], at=now)
    points(draft, by=people[1], at=now + timedelta(minutes=1), revision=1)
    draft.refresh_from_db()
    signature.refresh_from_db()
    assert (draft.state, draft.sha256, draft.signed_text) == ("draft", "", "")
    assert signature.voided_by_revision == draft.revision == 2
    assert set(missing_sides(draft)) == set(Side)
    assert Event.objects.filter(kind="agreement.voided", subject_id=draft.pk).count() == 1


def test_a_save_that_changes_nothing_voids_nothing(people, now) -> None:
    draft = propose(version=make_definition(at=now, signed=False), by=people[0], at=now)
    sign(version=draft, sha256=draft.sha256, by=people[0], at=now)
    points(draft, by=people[1], at=now, revision=1, value="15")
    draft.refresh_from_db()
    assert (draft.state, draft.revision) == ("proposed", 1)
    assert missing_sides(draft) == [Side.SALES]


def test_nothing_is_in_force_without_both_sides(people, now) -> None:
    draft = propose(version=make_definition(at=now, signed=False), by=people[0], at=now)
    sign(version=draft, sha256=draft.sha256, by=people[0], at=now)
    assert version_in_force("definition", at=now + timedelta(days=400)) is None
    sign(version=draft, sha256=draft.sha256, by=people[1], at=now + timedelta(hours=1))
    assert version_in_force("definition", at=now + timedelta(minutes=59)) is None
    assert version_in_force("definition", at=now + timedelta(hours=1)) == draft


def test_a_side_signs_once(people, now) -> None:
    draft = propose(version=make_definition(at=now, signed=False), by=people[0], at=now)
    sign(version=draft, sha256=draft.sha256, by=people[0], at=now)
    for same_side in (people[0], make_user(role=Role.MARKETING_LEAD)):
        with pytest.raises(Conflict):
            sign(version=draft, sha256=draft.sha256, by=same_side, at=now)


@pytest.mark.parametrize(
    "role",
    [Role.MARKETING, Role.SDR, Role.ACCOUNT_EXECUTIVE, Role.LEADERSHIP, Role.ADMIN],
)
def test_only_the_leads_of_both_sides_sign(people, now, role) -> None:
    draft = propose(version=make_definition(at=now, signed=False), by=people[0], at=now)
    with pytest.raises(NotAllowed):
        sign(version=draft, sha256=draft.sha256, by=make_user(role=role), at=now)


@pytest.mark.parametrize("role", [Role.SDR, Role.ACCOUNT_EXECUTIVE, Role.LEADERSHIP, Role.ADMIN])
def test_others_do_not_write(people, now, role) -> None:
    draft = make_definition(at=now, signed=False)
    with pytest.raises(NotAllowed):
        points(draft, by=make_user(role=role), at=now, revision=1)


def test_a_signature_over_another_text_is_refused(people, now) -> None:
    draft = propose(version=make_definition(at=now, signed=False), by=people[0], at=now)
    read = draft.sha256
    points(draft, by=people[1], at=now, revision=1)
    again = propose(version=draft, by=people[0], at=now)
    assert again.sha256 != read
    with pytest.raises(Conflict):
        sign(version=again, sha256=read, by=people[0], at=now)


def test_what_cannot_run_cannot_be_proposed(people, now) -> None:
    draft = make_definition(at=now, signed=False)
    gate = draft.clauses.get(key="mql")
    remove_clause(version=draft, key="mql", revision=gate.revision, by=people[0], at=now)
    with pytest.raises(InvalidClause):
        propose(version=draft, by=people[0], at=now)
    with pytest.raises(DomainError):
        propose(
            version=make_definition(at=now, signed=False),
            by=people[0],
            at=now,
            starts_at=now - timedelta(days=1),
        )


def test_a_withdrawn_proposal_and_a_draft_given_up(people, now) -> None:
    draft = propose(version=make_definition(at=now, signed=False), by=people[0], at=now)
    sign(version=draft, sha256=draft.sha256, by=people[0], at=now)
    withdraw_proposal(version=draft, by=people[1], at=now)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert draft.signatures.filter(voided_at=None).count() == 0
    give_up_draft(version=draft, by=people[0], at=now)
    with pytest.raises(Conflict):
        points(draft, by=people[0], at=now, revision=1)


def test_exactly_one_version_is_in_force_at_each_boundary(people, now) -> None:
    first = make_definition(at=now)
    draft = start_draft(agreement=first.agreement, based_on=first, by=people[0], at=now)
    points(draft, by=people[0], at=now, revision=1)
    later = now + timedelta(days=7)
    second = put_in_force(draft, people, now + timedelta(hours=1), starts_at=later)
    assert second.effective_from == later
    second_before = later - timedelta(seconds=1)
    assert version_in_force(first.agreement, at=now - timedelta(seconds=1)) is None
    assert version_in_force(first.agreement, at=now) == first
    assert version_in_force(first.agreement, at=second_before) == first
    assert version_in_force(first.agreement, at=later) == second


def test_two_versions_never_begin_in_one_second(people, now) -> None:
    first = make_definition(at=now)
    begun = []
    for _ in range(2):
        draft = start_draft(agreement=first.agreement, based_on=first, by=people[0], at=now)
        points(draft, by=people[0], at=now, revision=1)
        begun.append(put_in_force(draft, people, now).effective_from)
    assert begun == [now + timedelta(seconds=1), now + timedelta(seconds=2)]
    draft = start_draft(agreement=first.agreement, based_on=first, by=people[0], at=now)
    points(draft, by=people[0], at=now, revision=1)
    propose(version=draft, by=people[0], at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(pk=draft.pk).update(effective_from=now)


def test_a_proposal_that_starts_before_the_second_signature_starts_with_it(people, now) -> None:
    draft = make_definition(at=now, signed=False)
    draft = propose(version=draft, by=people[0], at=now, starts_at=now + timedelta(hours=1))
    sign(version=draft, sha256=draft.sha256, by=people[0], at=now)
    sign(version=draft, sha256=draft.sha256, by=people[1], at=now + timedelta(days=2))
    draft.refresh_from_db()
    assert draft.effective_from == now + timedelta(days=2)


def test_coming_into_force_is_announced_once(people, now) -> None:
    version = make_definition(at=now)
    assert [announce_activations(at=now), announce_activations(at=now)] == [1, 0]
    assert Activation.objects.filter(version=version).count() == 1
    assert Event.objects.filter(kind="definition.activated", subject_id=version.pk).count() == 1


def test_a_version_that_starts_later_is_announced_then(people, now) -> None:
    draft = make_definition(at=now, signed=False)
    put_in_force(draft, people, now, starts_at=now + timedelta(days=1))
    assert announce_activations(at=now) == 0
    assert announce_activations(at=now + timedelta(days=1)) == 1


def test_what_was_signed_holds(people, now) -> None:
    first = make_definition(at=now)
    draft = start_draft(agreement=first.agreement, based_on=first, by=people[0], at=now)
    points(draft, by=people[0], at=now, revision=1)
    second = put_in_force(draft, people, now + timedelta(days=1))
    assert verify(first) == verify(second) == []
    first.agreement.name = "Another name"
    first.agreement.save()
    assert verify(first) == []
