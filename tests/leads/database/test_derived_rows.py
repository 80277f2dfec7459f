"""An admin adds to the table of derived facts: leads say anew what follows, in sets."""

from datetime import timedelta
from unicodedata import normalize

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.database.facts import known_facts
from leads.database.models import DerivedRow, FactSnapshot, Standing
from leads.database.registry import SetBy
from leads.database.restating import restate_batch
from portal.events.bells import held
from portal.events.delivery import deliver_pending
from portal.events.models import Event
from tests.factories import AT, make_facts, make_lead, make_user

pytestmark = pytest.mark.django_db


def now_of(lead):
    return known_facts([lead.pk])[lead.pk][-1]


def add(client, **values):
    address = reverse("admin:leads_derivedrow_add")
    return client.post(address, {"is_active": "on", **values})


def test_what_an_admin_adds_counts_for_leads_of_before_and_of_after(client):
    with held():
        wizard = make_lead(facts={"title": "Growth Wizard (m/w/d)"})
        said = make_lead(facts={"title": "Growth wizard"})
        make_facts(said, set_by=SetBy.PERSON, at=AT + timedelta(days=1), seniority="vp")
        other = make_lead(facts={"title": "Wizardry"})
        Standing.objects.update(stale_since=None)
        client.force_login(make_user(role="admin"))
        found = add(client, fact="seniority", says="  Growth WIZARD ", means="director")
        assert found.status_code == 302
        later = timezone.now() + timedelta(minutes=1)
        deliver_pending(at=later)

        assert DerivedRow.objects.get().says == "growth wizard"
        assert now_of(wizard).values["seniority"] == "director"
        assert now_of(wizard).origins["seniority"][0] == SetBy.DERIVED
        assert now_of(wizard).known_from == known_facts([wizard.pk])[wizard.pk][0].known_from
        assert now_of(said).values["seniority"] == "vp"
        assert "seniority" not in now_of(other).values
        stale = Standing.objects.filter(stale_since__isnull=False)
        assert set(stale.values_list("pk", flat=True)) == {wizard.pk}
        assert Event.objects.get(kind="derived_table.changed").payload["said"] == ["growth wizard"]
        after = make_lead(facts={"title": "Senior Growth Wizard"})
        assert now_of(after).values["seniority"] == "director"

        rows = FactSnapshot.objects.count()
        assert restate_batch("seniority", ["growth wizard"], at=later) is None
        assert FactSnapshot.objects.count() == rows  # a second run writes nothing

        DerivedRow.objects.update(is_active=False)
        restate_batch("seniority", ["growth wizard"], at=later)
        assert "seniority" not in now_of(wizard).values
        assert now_of(after).values["seniority"] == "senior"


@pytest.mark.parametrize(
    ("fact", "says", "means", "given", "name"),
    [
        ("department", "wizard", "magic", {"title": "Wizard"}, "department"),
        ("seniority", "wizard", "gro\u0308ße  eins", {"title": "Wizard"}, "seniority"),
        ("size_band", "25", "up to 25", {"company_size": 20}, "size_band"),
        ("email_kind", "@Freelance.example", "free", {}, "email_kind"),
    ],
)
def test_each_kind_of_row(fact, says, means, given, name, client):
    with held():
        lead = make_lead(email="me@freelance.example", facts=given)
        client.force_login(make_user(role="admin"))
        assert add(client, fact=fact, says=says, means=means).status_code == 302
        deliver_pending(at=timezone.now() + timedelta(minutes=1))
        kept = normalize("NFC", " ".join(means.split()))  # as rules are signed
        assert now_of(lead).values[name] == kept


@pytest.mark.parametrize(
    ("fact", "says", "sentence"),
    [
        ("size_band", "many", "whole number"),
        ("email_kind", "freelance", "a domain"),
        ("seniority", "...", "words as they stand"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(fact, says, sentence, client):
    client.force_login(make_user(role="admin"))
    page = add(client, fact=fact, says=says, means="x")
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not DerivedRow.objects.exists()


def test_a_batch_costs_the_same_for_one_lead_and_for_twenty():
    with held():
        DerivedRow.objects.create(fact="seniority", says="wizard", means="director")
        counts = []
        for number in (1, 20):
            DerivedRow.objects.update(is_active=False)
            for _ in range(number):
                make_lead(facts={"title": "Wizard"})
            DerivedRow.objects.update(is_active=True)
            with CaptureQueriesContext(connection) as asked:
                restate_batch("seniority", ["wizard"], at=AT + timedelta(days=1))
            counts.append(len(asked))
        assert counts[1] <= counts[0]
        last = restate_batch("seniority", ["wizard"], at=AT, limit=5)
        assert restate_batch("seniority", ["wizard"], at=AT, limit=50, after=last) is None
