"""Finding or making leads in sets: who is the same person, what is filled, what it costs."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.database.facts import current_facts
from leads.database.models import Company, Lead, LeadWord, StageChange, StaleCause, Standing
from leads.database.people import LeadInput, edit_lead, find_or_create_leads
from portal.core.errors import Conflict, DomainError
from portal.events.models import Event, EventLead
from tests.factories import make_lead, make_user

pytestmark = pytest.mark.django_db


def find(*inputs, now, source="crm", cause=StaleCause.LIVE, overwrite=False):
    return find_or_create_leads(
        inputs, external_source=source, by=None, at=now, cause=cause, overwrite=overwrite
    )


def test_a_new_lead_has_all_that_belongs_to_it(now) -> None:
    (found,) = find(
        LeadInput(email=" Anna@Example.TEST ", name="Anna Meier", company="Acme", source="Webinar"),
        now=now,
    )
    lead = Lead.objects.get(pk=found.lead_id)
    assert (found.is_new, found.is_changed) == (True, True)
    assert (lead.email_key, lead.email_domain, lead.name_key) == (
        "anna@example.test", "example.test", "anna meier",
    )  # fmt: skip
    assert (lead.company.name, lead.source.name, lead.created_at) == ("Acme", "Webinar", now)
    assert Standing.objects.get(lead=lead).stale_cause == StaleCause.LIVE
    assert StageChange.objects.get(lead=lead).entered_at == now
    assert set(LeadWord.objects.values_list("word", flat=True)) == {"anna", "meier", "acme"}
    assert current_facts([lead.pk], at=now)[lead.pk] == {"email_kind": "business"}
    event = Event.objects.get(kind="lead.captured")
    assert (event.payload, event.lead_links.get().lead_id) == ({"via": "crm"}, lead.pk)


def test_one_person_is_one_lead_by_address_then_by_id_also_inside_a_batch(now) -> None:
    found = find(
        LeadInput(email="a@x.test", external_id="1"),
        LeadInput(email="A@X.test", name="Anna"),
        LeadInput(external_id="1", phone="123"),
        LeadInput(external_id="2"),
        now=now,
    )
    assert len({one.lead_id for one in found}) == 2
    assert [one.is_new for one in found] == [True, False, False, True]
    lead = Lead.objects.get(email_key="a@x.test")
    assert (lead.name, lead.phone, lead.external_id) == ("Anna", "123", "1")
    again = find(LeadInput(email="a@x.test", external_id="9"), now=now)
    assert again[0].lead_id == lead.pk
    elsewhere = find(LeadInput(external_id="1"), now=now, source="other")
    assert elsewhere[0].is_new


def test_the_same_again_changes_nothing(now) -> None:
    one = LeadInput(email="a@x.test", external_id="1", name="A", company="B", source="S")
    find(one, now=now)
    before = Lead.objects.values().get(), Event.objects.count()
    (found,) = find(one, now=now + timedelta(hours=1))
    assert (found.is_new, found.is_changed) == (False, False)
    assert (Lead.objects.values().get(), Event.objects.count()) == before


def test_blanks_are_filled_and_only_overwrite_replaces(now) -> None:
    find(LeadInput(email="a@x.test", name="Anna", source="Ads", campaign="One"), now=now)
    (found,) = find(
        LeadInput(email="a@x.test", name="Berta", phone="1", source="Fair", do_not_call=True),
        now=now,
    )
    lead = Lead.objects.select_related("source", "campaign").get()
    assert found.is_changed
    assert (lead.name, lead.phone, lead.do_not_call, lead.revision) == ("Anna", "1", True, 2)
    assert (lead.source.name, lead.campaign.name) == ("Ads", "One")
    assert Event.objects.get(kind="lead.changed").payload == {"fields": ["do_not_call", "phone"]}
    find(LeadInput(email="a@x.test", name="Berta", source="Fair"), now=now, overwrite=True)
    lead = Lead.objects.select_related("source").get()
    assert (lead.name, lead.source.name, lead.campaign, lead.do_not_call) == (
        "Berta", "Fair", None, True,
    )  # fmt: skip
    assert lead.created_at == now
    assert Standing.objects.get().source == lead.source
    assert set(LeadWord.objects.values_list("word", flat=True)) == {"berta"}


def test_an_import_leaves_its_events_to_itself_and_dates_unknown(now) -> None:
    (found,) = find(LeadInput(external_id="7"), now=now, cause=StaleCause.IMPORT)
    assert Lead.objects.get().created_at is None
    assert not Event.objects.filter(kind="lead.captured").exists()
    assert Standing.objects.get(lead=found.lead_id).stale_cause == StaleCause.IMPORT


def test_somebody_who_cannot_be_found_again_is_refused(now) -> None:
    with pytest.raises(DomainError, match="e-mail address or an external id"):
        find(LeadInput(name="Nobody", email="no address"), now=now)


def test_a_merged_lead_leads_to_the_one_it_became(now) -> None:
    kept, merged = make_lead(), make_lead(external_id="9")
    Lead.objects.filter(pk=merged.pk).update(duplicate_of=kept)
    assert find(LeadInput(external_id="9"), now=now, source="test")[0].lead_id == kept.pk


def test_a_newcomer_inherits_what_is_known_of_the_company(now) -> None:
    first = make_lead(company="Acme", facts={"industry": "software", "title": "CEO"})
    second = make_lead(company="ACME ", at=now + timedelta(days=1))
    assert first.company_id == second.company_id
    assert Company.objects.count() == 1
    facts = current_facts([second.pk], at=now + timedelta(days=1))[second.pk]
    assert facts == {"industry": "software", "email_kind": "business"}


def statements(number: int, now, *, known: bool) -> int:
    inputs = [
        LeadInput(
            email=f"s{number}-{i}@x.test", external_id=f"{number}-{i}", name=f"N {i}",
            company=f"C{number} {i}", source=f"S{number} {i}", campaign=f"K {i}",
        )
        for i in range(number)
    ]  # fmt: skip
    if known:
        find(*inputs, now=now)
        inputs = [LeadInput(email=one.email, phone="1") for one in inputs]
    with CaptureQueriesContext(connection) as queries:
        find(*inputs, now=now)
    assert EventLead.objects.exists()
    return len(queries)


@pytest.mark.parametrize("known", [False, True])
def test_two_hundred_cost_the_statements_of_one(now, known) -> None:
    make_lead()  # the kind of address is in the dictionary of texts
    assert statements(200, now, known=known) == statements(1, now, known=known)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_captures_of_one_address_at_once_make_one_lead(now) -> None:
    make_user()  # the tables are warm
    gate, found, failures = threading.Barrier(8), [], []

    def capture(number: int) -> None:
        try:
            gate.wait(timeout=20)
            people = [f"p{i}@x.test" for i in range(20)]
            if number % 2:
                people.reverse()
            batch = [LeadInput(email=address, company="Acme", source="Ads") for address in people]
            found.append(find(*batch, now=now))
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=capture, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert sum(one.is_new for batch in found for one in batch) == 20
    assert (Lead.objects.count(), Company.objects.count(), Standing.objects.count()) == (20, 1, 20)
    assert Event.objects.filter(kind="lead.captured").count() == 20


def test_an_edit_that_comes_too_late_is_refused(now) -> None:
    lead, by = make_lead(name="Old"), make_user()
    edit_lead(lead=lead, values={"name": "New"}, revision=lead.revision, by=by, at=now)
    with pytest.raises(Conflict):
        edit_lead(lead=lead, values={"name": "Newer"}, revision=lead.revision, by=by, at=now)
    assert Lead.objects.get().name == "New"


def test_an_edit_may_not_take_another_ones_address(now) -> None:
    make_lead(email="taken@x.test")
    lead, by = make_lead(), make_user()
    with pytest.raises(DomainError, match="Another lead"):
        edit_lead(lead=lead, values={"email": "TAKEN@x.test"}, revision=1, by=by, at=now)
    with pytest.raises(DomainError, match="e-mail address or an external id"):
        edit_lead(lead=lead, values={"email": ""}, revision=1, by=by, at=now)


def test_an_edit_carries_all_that_hangs_on_it(now) -> None:
    lead, by = make_lead(), make_user()
    values = {
        "name": "Åsa Berg", "email": "asa@gmail.com", "company": "Nord", "owner": by,
        "facts": {"title": "Vertriebsleiterin"},
    }  # fmt: skip
    lead = edit_lead(lead=lead, values=values, revision=1, by=by, at=now)
    assert (lead.company.name, lead.revision, lead.email_domain) == ("Nord", 2, "gmail.com")
    assert Standing.objects.get(lead=lead).owner == by
    assert set(lead.words.values_list("word", flat=True)) == {"åsa", "berg", "nord"}
    assert current_facts([lead.pk], at=now)[lead.pk] == {
        "title": "Vertriebsleiterin", "seniority": "head", "department": "sales",
        "email_kind": "free",
    }  # fmt: skip
    kinds = list(Event.objects.values_list("kind", flat=True).order_by("pk"))
    assert kinds[-2:] == ["lead.changed", "facts.changed"]
