"""An emergency override: for a while, by leadership, with an end that comes by itself."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role
from portal.agreements.models import Override
from portal.agreements.overrides import close_ended, end_override, override
from portal.agreements.queries import version_in_force
from portal.agreements.services import propose, save_clause, sign, start_draft
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.models import Event
from scoring.definitions.services import definition_in_force
from tests.factories import make_definition, make_user
from tests.scoring.workshop.posting import PASSWORD, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHY = "Bots send demo requests by the hundred."


@pytest.fixture
def helena():
    return make_user(role=Role.LEADERSHIP, name="Helena Vogt")


@pytest.fixture
def proposed(now):
    """A changed second version, proposed while the first is in force."""
    first = make_definition(at=now)
    by = make_user(role=Role.MARKETING_LEAD)
    draft = start_draft(agreement=first.agreement, based_on=first, by=by, at=now)
    draft.clauses.filter(key="pricing_page").update(rationale="Another reason")
    return propose(version=draft, by=by, at=now)


def put(version, by, at, **changes):
    given = {"sha256": version.sha256, "reason": WHY, "lasts": DAY} | changes
    return override(version=version, by=by, at=at, **given)


def test_it_stands_in_for_a_while_and_ends_by_itself(proposed, helena, now) -> None:
    first = proposed.based_on
    made = put(proposed, helena, now)
    before, after = now - timedelta(seconds=1), made.ends_at
    assert version_in_force(proposed.agreement, at=now) == proposed
    assert definition_in_force(now)[0] == proposed
    assert version_in_force("definition", at=after - timedelta(seconds=1)).in_force_since == now
    for at in (after, after + 30 * DAY):
        assert version_in_force("definition", at=at) == first
    assert version_in_force("definition", at=before) is None  # the first began with now
    assert [close_ended(at=now), close_ended(at=after), close_ended(at=after)] == [0, 1, 0]
    kinds = Event.objects.filter(kind__startswith="agreement.overrid").order_by("pk")
    assert [event.kind for event in kinds] == ["agreement.overridden", "agreement.override_ended"]


def test_its_text_stays_and_can_still_be_signed(proposed, helena, now) -> None:
    put(proposed, helena, now)
    clause = proposed.clauses.get(key="pricing_page")
    writer = make_user(role=Role.SALES_LEAD)
    with pytest.raises(Conflict, match="stays as it was"):
        save_clause(
            version=proposed, key=clause.key, kind=clause.kind, body=clause.body,
            rationale="Other", revision=1, by=writer, at=now,
        )  # fmt: skip
    changes = (
        lambda: proposed.clauses.update(rationale="x"),
        lambda: type(proposed).objects.filter(pk=proposed.pk).update(signed_text="{}"),
        lambda: Override.objects.update(ends_at=now + 9 * DAY),
        lambda: Override.objects.all().delete(),
    )
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    for signer in (make_user(role=Role.MARKETING_LEAD), writer):
        sign(version=proposed, sha256=proposed.sha256, by=signer, at=now + 2 * DAY)
    assert version_in_force("definition", at=now + 3 * DAY) == proposed


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reason": "why not"}, DomainError),
        ({"lasts": timedelta(days=8)}, DomainError),
        ({"lasts": timedelta(0)}, DomainError),
        ({"lasts": -DAY}, DomainError),
        ({"sha256": "0" * 64}, Conflict),
    ],
)
def test_what_is_no_emergency_is_refused(proposed, helena, now, changes, refusal) -> None:
    with pytest.raises(refusal):
        put(proposed, helena, now, **changes)
    assert not Override.objects.exists()


def test_one_at_a_time_and_by_leadership_only(proposed, helena, now) -> None:
    with pytest.raises(NotAllowed):
        put(proposed, make_user(role=Role.SALES_LEAD), now)
    with pytest.raises(Conflict, match="in force already"):
        put(proposed.based_on, helena, now)
    made = put(proposed, helena, now)
    with pytest.raises(Conflict, match="An override is running"):
        put(proposed.based_on, helena, now + timedelta(hours=1))
    end_override(override=made, by=helena, at=now + timedelta(hours=2))
    assert version_in_force("definition", at=now + timedelta(hours=2)) == proposed.based_on
    with pytest.raises(Conflict, match="frozen"):
        put(make_definition(at=now, signed=False), helena, now)


def test_everybody_sees_the_banner_until_it_is_ended_on_the_page(proposed) -> None:
    leader, reader = signed_in(Role.LEADERSHIP, name="Helena Vogt"), signed_in(Role.SDR)
    at = {name: reverse(name, args=[proposed.number])
          for name in ("definition-override", "definition-override-end")}  # fmt: skip
    posted = {"sha256": proposed.sha256, "reason": WHY, "hours": "4", "password": PASSWORD}
    standing = reverse("definition-override", args=[proposed.based_on.number])
    assert leader.get(standing).status_code == 409  # it is in force: there is nothing to put aside
    assert leader.get(at["definition-override"]).status_code == 200
    wrong = leader.post(at["definition-override"], posted | {"password": "no"})
    assert wrong.status_code == 422
    assert WHY in wrong.content.decode()
    assert leader.post(at["definition-override"], posted).status_code == 302
    assert leader.get(at["definition-override"]).status_code == 409  # one at a time
    page = reader.get(reverse("preferences")).content.decode()
    assert "is in force without both signatures until" in page
    assert WHY in page
    assert "put in force for a while" in page
    assert leader.post(at["definition-override-end"]).status_code == 302
    assert "without both signatures" not in reader.get(reverse("preferences")).content.decode()
    assert version_in_force("definition", at=timezone.now()) == proposed.based_on
