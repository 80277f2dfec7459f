"""What is read once in a request, and only there."""

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Organisation
from portal.core.once import ReadOnceMiddleware

pytestmark = pytest.mark.django_db


def in_a_request(view):
    return ReadOnceMiddleware(lambda _request: view())(RequestFactory().get("/"))


def test_the_organisation_is_read_once_in_a_request() -> None:
    Organisation.objects.create(name="Nordwind")

    def view() -> list[str]:
        return [Organisation.current().name for _ in range(3)]

    with CaptureQueriesContext(connection) as asked:
        assert in_a_request(view) == ["Nordwind"] * 3
    assert len(asked) == 1


def test_who_saves_it_reads_what_they_saved() -> None:
    Organisation.objects.create(name="Nordwind")

    def view() -> str:
        found = Organisation.current()
        found.name = "Südwind"
        found.save()
        return Organisation.current().name

    assert in_a_request(view) == "Südwind"


def test_the_next_request_and_what_runs_outside_read_anew() -> None:
    Organisation.objects.create(name="Nordwind")
    assert in_a_request(lambda: Organisation.current().name) == "Nordwind"
    Organisation.objects.update(name="Südwind")
    assert in_a_request(lambda: Organisation.current().name) == "Südwind"
    Organisation.objects.update(name="Ostwind")
    assert Organisation.current().name == "Ostwind"


def test_a_failing_view_leaves_nothing_behind() -> None:
    Organisation.objects.create(name="Nordwind")

    def view() -> None:
        Organisation.current()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_a_request(view)
    Organisation.objects.update(name="Südwind")
    assert Organisation.current().name == "Südwind"
