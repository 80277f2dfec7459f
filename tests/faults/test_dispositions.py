"""Many people decide the same handoffs at once, on PostgreSQL: each is decided once.

``FULL=1``: 100 threads on 2,000 handoffs, each tried by three different people at about the same
instant. The last test takes the guards out (the row lock, the unique index, and the table that has
one row for each decided handoff) and shows that the very same check then fails: it can see what
it guards against.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier, BoundedSemaphore, Lock, Thread

import pytest
from django.db import connection, connections
from django.utils import timezone

from leads.database.models import StaleCause
from leads.database.people import LeadInput, find_or_create_leads
from leads.dispositions import services
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import AlreadyDecided, accept, reject
from leads.handoffs.models import Cause, Handoff
from leads.handoffs.services import NewHandoff, make_handoffs
from portal.accounts.models import User
from portal.core.errors import NotAllowed
from portal.core.mirrors import MIRRORS
from portal.events.bells import held
from portal.events.models import Event
from tests.conftest import FULL
from tests.factories import make_team, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.faults, pytest.mark.django_db(transaction=True)]
PEOPLE, HANDOFFS, TRIES = (100, 2000, 3) if FULL else (20, 200, 3)
SITTING = 10  # attempts before somebody's connection goes to the next person
KEPT_FREE = 20  # connections of the server that others may be using


@dataclass
class Rush:
    """What came of everybody's attempts."""

    won: list[Disposition] = field(default_factory=list)
    lost: list[tuple[int, AlreadyDecided]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    guard: Lock = field(default_factory=Lock)


def company() -> tuple[list[User], list[Handoff]]:
    """Return people of one team, and handoffs that wait for any of them."""
    now, team = timezone.now(), make_team(is_default=True)
    people = [make_user(name=f"Person {n}", team=team) for n in range(PEOPLE)]
    make_user(role="account_executive", team=team)
    inputs = [LeadInput(email=f"lead{n}@example.test") for n in range(HANDOFFS)]
    with held():
        found = find_or_create_leads(
            inputs, external_source="", by=None, at=now, cause=StaleCause.IMPORT
        )
        items = [NewHandoff(one.lead_id, Cause.SALES_READY, 100, "A1") for one in found]
        return people, make_handoffs(items, by=None, at=now)


def rush(people: list[User], handoffs: list[Handoff]) -> Rush:
    """Let everybody go through their handoffs at once; neighbours have the same ones."""
    result, start = Rush(), Barrier(len(people))
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        room = int(cursor.fetchone()[0]) - KEPT_FREE
    seats, reason = BoundedSemaphore(min(room, len(people))), Reason.objects.get(code="spam")

    def work(place: int) -> None:
        mine = [
            one for number, one in enumerate(handoffs) if (place - number) % len(people) < TRIES
        ]
        start.wait()
        for first in range(0, len(mine), SITTING):
            with seats, held():
                for one in mine[first : first + SITTING]:
                    attempt(people[place], one, reason, result)
                connections.close_all()

    threads = [Thread(target=work, args=(place,)) for place in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return result


def attempt(by: User, handoff: Handoff, reason: Reason, result: Rush) -> None:
    now = timezone.now()
    try:
        if by.pk % 2:
            made = accept(handoff=handoff, by=by, at=now)
        else:
            made = reject(handoff=handoff, reason=reason, by=by, at=now)
    except AlreadyDecided as refusal:
        with result.guard:
            result.lost.append((handoff.pk, refusal))
    except Exception as error:
        with result.guard:
            result.errors.append(error)
    else:
        with result.guard:
            result.won.append(made)


def decided_twice() -> list[int]:
    counted = Counter(Disposition.objects.standing().values_list("handoff_id", flat=True))
    return [pk for pk, times in counted.items() if times > 1]


def check(result: Rush, handoffs: list[Handoff]) -> None:
    """Each handoff was decided exactly once, and each loser was told by whom and when."""
    assert not decided_twice()
    assert not result.errors, result.errors[:3]
    assert len(result.won) == len(handoffs)
    assert len(result.lost) == len(handoffs) * (TRIES - 1)
    stored = {one.handoff_id: one for one in Disposition.objects.select_related("decided_by")}
    assert {one.pk for one in result.won} == {one.pk for one in stored.values()}
    for pk, refusal in result.lost:
        who, said = stored[pk].decided_by, str(refusal)
        assert refusal.disposition == stored[pk]
        assert said.startswith((f"{who} accepted this ", f"{who} rejected this "))
        assert " ago" in said
    assert not Handoff.objects.open().exists()
    kinds = Counter(Event.objects.values_list("kind", flat=True))
    assert kinds["handoff.accepted"] + kinds["handoff.rejected"] == len(handoffs)


def look_without_locking(handoff_id: int, *, lead_id: int | None = None) -> Handoff:
    """Stand in for ``locked_with_lead``: reads the same, locks nothing, and lets others in."""
    handoff = Handoff.objects.select_related("lead__owner", "owner").get(pk=handoff_id)
    time.sleep(0.005)
    return handoff


@contextmanager
def without_the_index() -> Iterator[None]:
    (index,) = (c for c in Disposition._meta.constraints if c.name == "leads_one_disposition")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Disposition, index)
    try:
        yield
    finally:
        Disposition.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Disposition, index)


@contextmanager
def without_the_mirror() -> Iterator[None]:
    def switch(how: str) -> None:
        with connection.cursor() as cursor:
            for one in MIRRORS:
                cursor.execute(f"ALTER TABLE {one.table} {how} TRIGGER {one.name}")

    switch("DISABLE")
    try:
        yield
    finally:
        switch("ENABLE")


def test_each_handoff_is_decided_once_and_the_others_are_told() -> None:
    people, handoffs = company()
    check(rush(people, handoffs), handoffs)


def test_the_index_alone_is_guard_enough(monkeypatch) -> None:
    people, handoffs = company()
    monkeypatch.setattr(services, "locked_with_lead", look_without_locking)
    result = rush(people, handoffs)
    assert not decided_twice()
    assert len(result.won) == Disposition.objects.count() == len(handoffs)
    # Without the lock somebody may find the handoff gone between two looks: that is no doubling.
    assert all(isinstance(error, NotAllowed) for error in result.errors), result.errors[:3]


def test_the_lock_alone_is_guard_enough() -> None:
    people, handoffs = company()
    with without_the_index():
        check(rush(people, handoffs), handoffs)


def test_the_test_fails_when_the_guard_is_taken_out(monkeypatch) -> None:
    people, handoffs = company()
    monkeypatch.setattr(services, "locked_with_lead", look_without_locking)
    with without_the_mirror(), without_the_index():
        result = rush(people, handoffs)
        assert decided_twice()
        with pytest.raises(AssertionError):
            check(result, handoffs)
