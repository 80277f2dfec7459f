"""Events that one transaction records are written together at its end, in their order."""

from functools import partial

import pytest
from django.db import connection, transaction

from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.events.bells import held
from portal.events.models import Delivery, Event, EventLead
from portal.events.services import record, recorded_together
from portal.events.table import Handler

pytestmark = pytest.mark.django_db


def nothing(events, at):
    """A handler that has nothing to do."""


HANDLERS = {"test.owes": (Handler(nothing),)}


@pytest.fixture(autouse=True)
def lifecycle(settings):
    settings.LIFECYCLE_HANDLERS = f"{__name__}.HANDLERS"
    with held():
        yield


@pytest.fixture
def someone():
    return User.objects.create(email="a@example.test", name="A")


def fails(someone, now, block) -> None:
    """Record inside ``block``, which an error then leaves."""
    with block:
        record("test.failed", subject=someone, actor=None, at=now)
        with recorded_together():
            record("test.failed_too", subject=someone, actor=None, at=now)
        raise DomainError


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_a_block_costs_three_statements_and_keeps_the_order(
    someone, now, django_assert_num_queries
):
    messages = 2 if connection.vendor == "postgresql" else 3  # links and debts go in one
    with django_assert_num_queries(messages), recorded_together():
        first = record("test.owes", subject=someone, actor=None, at=now, leads=[2, 1])
        record("test.plain", subject=someone, actor=None, at=now, leads=[1])
        with recorded_together():
            record("test.owes", subject=someone, actor=None, at=now)
        record("test.last", subject=someone, actor=None, at=now)
        assert first.pk is None
    assert kinds() == ["test.owes", "test.plain", "test.owes", "test.last"]
    assert list(EventLead.objects.filter(event=first).values_list("lead_id", flat=True)) == [1, 2]
    assert list(Delivery.objects.values_list("event__kind", flat=True)) == ["test.owes"] * 2


@pytest.mark.parametrize("block", [partial(recorded_together, savepoint=True), transaction.atomic])
def test_what_is_taken_back_inside_is_not_recorded(someone, now, block):
    with recorded_together():
        record("test.first", subject=someone, actor=None, at=now)
        with pytest.raises(DomainError):
            fails(someone, now, block())
        with recorded_together(savepoint=True):
            record("test.second", subject=someone, actor=None, at=now)
        record("test.third", subject=someone, actor=None, at=now)
    assert kinds() == ["test.first", "test.second", "test.third"]


def test_an_error_leaves_nothing(someone, now):
    with pytest.raises(DomainError), transaction.atomic():
        fails(someone, now, recorded_together())
    with recorded_together():
        record("test.after", subject=someone, actor=None, at=now)
    assert kinds() == ["test.after"]
