"""Erasing a person: no word about them stays, and what was counted stays counted."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from leads.activities.models import Activity
from leads.database.models import FactSnapshot, Lead, Note, Stage
from leads.database.notes import add_note
from leads.dispositions.models import Disposition, Reason
from leads.dispositions.services import reject
from leads.handoffs.models import Handoff
from portal.core.errors import Conflict, NotAllowed
from portal.core.models import Unlock
from portal.events.bells import held
from portal.events.models import Event, EventLead
from scoring.definitions.services import seed_default
from scoring.engine import erased_fields, shards
from scoring.engine.cache import refresh
from scoring.engine.erasing import erase_person
from scoring.engine.handlers import forget_columns
from scoring.engine.manifest import folder
from scoring.engine.models import Evidence
from scoring.engine.services import settle
from tests.factories import make_activity, make_facts, make_lead, make_team, make_user

HOT = {"title": "VP of Xenia Quastel", "industry": "B2B SaaS", "company_size": 300,
       "timeline": "within_30_days"}  # fmt: skip


def test_each_text_that_reaches_a_lead_is_deleted_emptied_or_kept_with_a_reason():
    reached = {apps.get_model("leads.Lead")}
    found = []
    while True:
        new = {
            model
            for model in apps.get_models()
            if model not in reached
            and any(f.related_model in reached or f.name == "lead_id" for f in fields_of(model))
        }
        if not new:
            break
        reached |= new
    for model in reached - {apps.get_model("leads.Lead")}:
        label = model._meta.label
        emptied = erased_fields.BLANKED.get(label, ("", ()))[1]
        found += [
            f"{label}.{f.name}"
            for f in fields_of(model)
            if isinstance(f, models.CharField | models.TextField | models.JSONField)
            and not f.choices
            and label not in erased_fields.DELETED
            and f.name not in emptied
            and f"{label}.{f.name}" not in erased_fields.KEPT
        ]
    assert found == []


def fields_of(model):
    return model._meta.concrete_fields


@pytest.fixture
def person(db, now, monkeypatch, tmp_path, settings):
    """Somebody whose name stands in every kind of row, handed off, rejected and merged."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(shards, "LEADS", 40)
    signers = make_user(role="marketing_lead"), make_user(role="sales_lead")
    with held():
        seed_default(by_marketing=signers[0], by_sales=signers[1], at=now - timedelta(days=90))
        sdr = make_user(role="sdr", team=make_team(is_default=True))
        lead = make_lead(name="Xenia Quastel", email="xenia@quastel.example", facts=HOT)
        twin = make_lead(name="X. Quastel", email="xq@quastel.example", facts={"title": "Quastel"})
        make_activity(lead, kind="demo_request", at=now - timedelta(days=1),
                      properties={"campaign": "quastel-mail"})  # fmt: skip
        make_facts(lead, budget="what Quastel has", at=now - timedelta(hours=2))
        Lead.objects.filter(pk=twin.pk).update(duplicate_of=lead)
        add_note(lead=lead, text="Quastel is kind.", by=sdr, at=now)
        settle([lead.pk], at=now)
        reject(handoff=Handoff.objects.get(), reason=Reason.objects.get(code="bad_timing"),
               by=sdr, at=now, note="Quastel has no time.",
               recycle_on=(now + timedelta(days=9)).date())  # fmt: skip
        yield lead, twin


def everything_stored():
    """Return all rows of all tables but our own people's as one text."""
    told = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.label not in {"portal.User", "leads.FactText"}:
                cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
                told.append(repr(cursor.fetchall()))
    return "\n".join(told).casefold()


@pytest.mark.django_db
def test_no_word_about_the_person_stays_and_what_was_counted_does(person, now):
    lead, twin = person
    refresh(at=now)
    files = [path for path in folder().rglob("*") if path.is_file()]
    assert any(b"quastel" in path.read_bytes() for path in files)
    assert "quastel" in everything_stored()
    counted = Handoff.objects.count(), Disposition.objects.count(), Activity.objects.count()
    evidence = Evidence.objects.get()
    admin = make_user(role="admin")

    done = erase_person(lead=twin, why="asked", by=admin, at=now + timedelta(hours=1))

    assert list(done.lead_ids) == sorted([lead.pk, twin.pk])
    assert "quastel" not in everything_stored()
    assert not FactSnapshot.objects.exists()
    assert not Note.objects.exists()
    assert counted == (
        Handoff.objects.count(), Disposition.objects.count(), Activity.objects.count(),
    )  # fmt: skip
    lead.refresh_from_db()
    assert (lead.label, lead.stage) == (f"erased {lead.pk}", Stage.DISQUALIFIED)
    assert lead.do_not_email
    assert lead.standing.stale_since is not None
    kept = Evidence.objects.get()
    assert (kept.total, kept.fired, kept.document["rules"]) == (
        evidence.total, evidence.fired, evidence.document["rules"],
    )  # fmt: skip
    assert [line["points"] for line in kept.document["lines"]] == [
        line["points"] for line in evidence.document["lines"]
    ]
    assert kept.document["facts"] == {}
    event = Event.objects.get(kind="lead.erased")
    assert set(EventLead.objects.filter(event=event).values_list("lead_id", flat=True)) == {
        lead.pk, twin.pk,
    }  # fmt: skip
    assert event.payload["why"] == "asked"
    assert "quastel" not in json.dumps(event.payload)
    # The cache: its shards are built anew, and the old files are gone.
    forget_columns([event], now + timedelta(hours=1))
    files = [path for path in folder().rglob("*") if path.is_file()]
    assert files
    assert not any(b"quastel" in path.read_bytes() for path in files)
    # The door is shut again behind it.
    assert not Unlock.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.update(total=0)
    with pytest.raises(Conflict, match="erased already"):
        erase_person(lead=lead, why="asked", by=admin, at=now + timedelta(hours=2))


@pytest.mark.django_db
def test_only_an_admin_erases_and_says_why(client, now):
    lead = make_lead(name="Xenia Quastel")
    with pytest.raises(NotAllowed):
        erase_person(lead=lead, why="asked", by=make_user(role="marketing_lead"), at=now)
    admin = make_user(role="admin")
    client.force_login(admin)
    page = f"{lead.get_absolute_url()}erase/"
    assert client.get(page).status_code == 200
    for typed in ({}, {"why": "asked", "number": "0"}, {"number": str(lead.pk)}):
        assert client.post(page, typed).status_code == 422
    assert client.post(page, {"why": "asked", "number": str(lead.pk)}).status_code == 302
    lead.refresh_from_db()
    assert lead.name == ""
