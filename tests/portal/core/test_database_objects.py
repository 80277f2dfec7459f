import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from portal.accounts.models import User
from portal.core.database_objects import names, standing_objects
from portal.core.models import Unlock
from portal.events.models import Event
from portal.events.services import record

pytestmark = pytest.mark.django_db


def test_the_database_holds_exactly_the_listed_triggers():
    assert standing_objects(connection) == names()


@pytest.fixture
def event(now):
    user = User.objects.create(email="a@example.test", name="A")
    with transaction.atomic():
        return record("test.happened", subject=user, actor=user, at=now)


@pytest.mark.parametrize(
    "statement", ["UPDATE portal_event SET kind = 'x'", "DELETE FROM portal_event"]
)
def test_raw_sql_cannot_touch_an_event(event, statement):
    with (
        pytest.raises(IntegrityError, match="Events are"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Event.objects.filter(kind="test.happened").exists()


def test_the_erasing_service_may_pass_inside_its_transaction(event):
    with transaction.atomic():
        unlock = Unlock.objects.create(reason="erase")
        Event.objects.update(payload={})
        unlock.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.update(payload={"a": 1})


@pytest.mark.django_db(transaction=True)
def test_migrating_again_keeps_the_triggers():
    call_command("migrate", verbosity=0)
    assert standing_objects(connection) == names()
