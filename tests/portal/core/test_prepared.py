"""Statements whose SQL is written once find what their querysets would, on both databases."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.database.models import Lead, Standing
from portal.accounts.models import ApiKey
from portal.core.prepared import Prepared, PreparedUpdate, together
from tests.factories import AT, make_lead, make_user

pytestmark = pytest.mark.django_db


def asked_for(build, kinds, *given):
    """Ask twice with other arguments first, so that nothing of them may stay."""
    prepared = Prepared(build, *kinds)
    prepared(*(type(one)() if kind is not datetime else AT - timedelta(days=9)
               for kind, one in zip(kinds, given, strict=True)))  # fmt: skip
    return prepared(*given)


def test_sets_texts_and_instants_find_the_same_as_their_queryset() -> None:
    people = [make_lead(name=f"Zoë O'Hara %s {n}") for n in range(3)]

    def build(ids, names, since, stage):
        rows = Lead.objects.filter(pk__among=ids, name__among=names, recorded_at__gte=since)
        return rows.filter(stage=stage).order_by("-pk").values_list("pk", "recorded_at", "extra")

    ids, names = [one.pk for one in people[:2]], [one.name for one in people]
    given = ids, names, min(one.recorded_at for one in people), "known"
    found = asked_for(build, (list[int], list[str], datetime, str), *given)
    assert found == list(build(*given))
    assert [row[0] for row in found] == ids[::-1]


def test_uuids_find_their_leads_and_nothing_finds_nothing() -> None:
    lead = make_lead()
    by_id = Prepared(
        lambda ids: Lead.objects.filter(public_id__among=ids).values_list("pk"), list[UUID]
    )
    assert by_id([uuid4(), lead.public_id]) == [(lead.pk,)]
    assert by_id([]) == []


def test_instances_come_with_what_they_belong_to_and_what_was_worked_out(
    django_assert_num_queries,
) -> None:
    owner = make_user()
    at = timezone.now()
    ApiKey.objects.create(name="k", owner=owner, prefix="ap_1", key_sha256="a" * 64, created_at=at)
    usable = Prepared(
        lambda when, sha256: (
            ApiKey.objects.usable(when).select_related("owner").filter(key_sha256=sha256)
        ),
        datetime,
        str,
    )
    with django_assert_num_queries(1):
        (key,) = usable(at, "a" * 64)
        assert key.owner == owner
        assert (key.scopes, key.created_at) == ([], at)
    assert usable(at, "b" * 64) == []


def test_its_sql_is_written_once(monkeypatch) -> None:
    built = []

    def build(ids):
        built.append(ids)
        return Lead.objects.filter(pk__among=ids).values_list("pk")

    prepared = Prepared(build, list[int])
    leads = [make_lead() for _ in range(2)]
    assert [prepared([one.pk]) for one in leads] == [[(one.pk,)] for one in leads]
    assert len(built) == 1


def test_an_update_says_how_many_it_changed() -> None:
    leads = [make_lead() for _ in range(3)]
    put = PreparedUpdate(
        lambda ids, cause: (Standing.objects.filter(pk__among=ids), {"stale_cause": cause}),
        list[int],
        int,
    )
    assert put([one.pk for one in leads[:2]], 1) == 2
    put([leads[0].pk], 2)
    stored = dict(Standing.objects.values_list("pk", "stale_cause"))
    assert [stored[one.pk] for one in leads[:2]] == [2, 1]


def test_asked_together_each_gets_its_own_answer() -> None:
    one, other = make_lead(), make_lead()
    keys = Prepared(lambda ids: Lead.objects.filter(pk__among=ids).values_list("pk"), list[int])
    names = Prepared(lambda pk: Lead.objects.filter(pk=pk).values_list("name", "recorded_at"), int)
    with CaptureQueriesContext(connection) as asked:
        answers = together((keys, [[one.pk]]), (names, [other.pk]), (keys, [[]]))
    assert answers == [[(one.pk,)], [(other.name, other.recorded_at)], []]
    assert len(asked) == (1 if connection.vendor == "postgresql" else 3)


def test_a_parameter_that_does_not_arrive_as_it_was_is_refused() -> None:
    shouted = Prepared(lambda name: Lead.objects.filter(name=f"{name}!").values_list("pk"), str)
    with pytest.raises(ValueError, match="does not reach"):
        shouted("Ada")
