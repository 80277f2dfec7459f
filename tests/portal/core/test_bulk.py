"""Rows in and changed in one statement, as both databases keep them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from leads.database.models import Lead, LeadWord, Source, Spend
from portal.core.bulk import insert_objects, insert_rows, update_rows
from tests.factories import make_lead

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 29, 1, 30, 7, tzinfo=UTC)


def people(*ids):
    return [
        Lead(
            external_source="crm",
            external_id=external_id,
            name='Zoë "O\'Hara" \\ 漢字 %s\n',
            created_at=AT,
            recorded_at=AT,
            recycle_on=date(2026, 4, 1),
            do_not_call=True,
            extra={"n": 1, "deep": [None, True, {"é": "ü"}]},
        )
        for external_id in ids
    ]


def test_objects_come_back_as_they_went_in_each_with_its_own_key() -> None:
    made = people(*(f"9007199254740993{n}" for n in range(300)))
    insert_objects(made)
    fields = [field.attname for field in Lead._meta.concrete_fields]
    for one in made:
        stored = Lead.objects.get(pk=one.pk)
        assert {n: getattr(stored, n) for n in fields} == {n: getattr(one, n) for n in fields}
    made[0].name = "Ana"
    made[0].save()  # updates, not a second row
    assert Lead.objects.count() == 300


def test_what_a_unique_constraint_knows_is_left_out_only_when_asked() -> None:
    lead = make_lead(name="Ana")
    LeadWord.objects.all().delete()
    rows = [{"lead_id": lead.pk, "word": word} for word in ("ana", "lee")]
    assert len(insert_rows(LeadWord, rows[:1])) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(LeadWord, rows)
    (key,) = insert_rows(LeadWord, rows, unless_known=("lead_id", "word"))
    assert LeadWord.objects.get(pk=key).word == "lee"
    assert insert_rows(LeadWord, []) == []


def test_an_update_finds_each_row_by_its_key() -> None:
    leads = [make_lead() for _ in range(3)]
    update_rows(Lead, [{"id": lead.pk, "name": f"N{lead.pk}"} for lead in leads[:2]], key="id")
    names = dict(Lead.objects.values_list("pk", "name"))
    assert [names[lead.pk] for lead in leads[:2]] == [f"N{lead.pk}" for lead in leads[:2]]
    assert names[leads[2].pk] == leads[2].name


def test_money_is_kept_to_the_cent() -> None:
    source = Source.objects.create(name="Ads", key="ads")
    insert_objects([Spend(source=source, day=date(2026, 3, 1), amount=Decimal("9000.10"))])
    assert Spend.objects.get().amount == Decimal("9000.10")
