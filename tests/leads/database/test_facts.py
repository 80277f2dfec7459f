"""Facts in the database: authority, companies, what follows, what stays in the event."""

import random
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.database.facts import FactChange, current_facts, known_facts, write_facts
from leads.database.models import FactSnapshot, FactText, StaleCause, Standing
from leads.database.registry import FACTS, SetBy
from portal.core.errors import DomainError
from portal.events.models import Event
from tests.factories import make_lead, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def write(
    lead, at, *, set_by=SetBy.FORM, by=None, cause=StaleCause.LIVE, known_from=None, **values
):
    change = FactChange(lead.pk, known_from or at, values)
    return write_facts([change], set_by=set_by, by=by, at=at, cause=cause)


def facts(lead, at):
    known = current_facts([lead.pk], at=at)[lead.pk]
    known.pop("email_kind", None)
    return known


def test_every_registered_fact_has_its_column() -> None:
    columns = {field.name for field in FactSnapshot._meta.concrete_fields}
    kept = {"id", "lead", "known_from", "recorded_at", "set_by", "actor", "origins"}
    assert columns - kept == {fact.name for fact in FACTS}


def test_facts_are_known_from_their_instant_on(now) -> None:
    lead = make_lead(at=now)
    assert write(lead, now + DAY, industry="Software", company_size=120) == {lead.pk}
    assert facts(lead, now) == {}
    expected = {"industry": "Software", "company_size": 120, "size_band": "50-199"}
    assert facts(lead, now + DAY) == expected
    (first, second) = known_facts([lead.pk])[lead.pk]
    assert (first.known_from, second.known_from) == (now, now + DAY)
    instant = int((now + DAY).timestamp())
    assert second.origins["industry"] == [SetBy.FORM, instant]
    assert second.origins["size_band"] == [SetBy.DERIVED, instant]
    assert known_facts([lead.pk], until=now)[lead.pk] == [first]


def test_what_loses_stays_in_the_event_by_its_id(now) -> None:
    lead, by = make_lead(), make_user()
    write(lead, now, set_by=SetBy.PERSON, by=by, title="CEO")
    assert write(lead, now + DAY, set_by=SetBy.ENRICHMENT, title="Clerk", city="Ulm") == {lead.pk}
    assert facts(lead, now + DAY)["title"] == "CEO"
    event = Event.objects.filter(kind="facts.changed").latest("pk")
    text = FactText.objects.get(text="Clerk")
    assert event.payload["set"] == ["city"]
    assert event.payload["lost"] == [
        {"fact": "title", "value": text.pk, "set_by": SetBy.ENRICHMENT}
    ]
    assert event.lead_links.get().lead_id == lead.pk


def test_an_import_tells_only_what_it_lost(now) -> None:
    lead = make_lead()
    before = Event.objects.count()
    write(lead, now, set_by=SetBy.IMPORT, cause=StaleCause.IMPORT, title="CEO")
    assert Event.objects.count() == before
    write(lead, now, set_by=SetBy.PERSON, title="CTO")
    write(lead, now, set_by=SetBy.IMPORT, cause=StaleCause.IMPORT, title="CEO")
    assert Event.objects.latest("pk").payload["lost"][0]["fact"] == "title"


def test_a_person_overrides_what_was_derived_until_they_clear_it(now) -> None:
    lead = make_lead()
    write(lead, now, title="Sales Director")
    assert facts(lead, now)["seniority"] == "director"
    write(lead, now + DAY, set_by=SetBy.PERSON, seniority="vp")
    write(lead, now + 2 * DAY, title="Sales Manager")
    assert facts(lead, now + 2 * DAY) == {
        "title": "Sales Manager", "seniority": "vp", "department": "sales",
    }  # fmt: skip
    write(lead, now + 3 * DAY, set_by=SetBy.PERSON, seniority=None, title=None)
    assert facts(lead, now + 3 * DAY) == {}


def test_a_backdated_title_takes_what_follows_from_it_along(now) -> None:
    lead = make_lead(at=now)
    write(lead, now, title="Intern")
    write(lead, now + 2 * DAY, city="Ulm")
    write(lead, now + 4 * DAY, title="Barista")
    write(lead, now + 5 * DAY, known_from=now + DAY, title="CFO")
    ranks = [
        (row.values.get("title"), row.values.get("seniority"))
        for row in known_facts([lead.pk])[lead.pk]
    ]
    assert ranks == [
        ("Intern", "intern"),
        ("CFO", "c_level"),
        ("CFO", "c_level"),
        ("Barista", None),
    ]


def test_a_company_s_fact_reaches_all_its_leads(now) -> None:
    one, two = make_lead(company="Acme"), make_lead(company="Acme")
    other = make_lead(company="Else")
    changed = write(one, now + DAY, industry="Software", company_size=60, title="CEO")
    assert changed == {one.pk, two.pk}
    company = {"industry": "Software", "company_size": 60, "size_band": "50-199"}
    assert facts(two, now + DAY) == company
    assert facts(other, now + DAY) == {}
    assert Standing.objects.get(lead=two).stale_cause == StaleCause.LIVE


@pytest.mark.parametrize("seed", range(6, 12))
def test_a_batch_says_of_a_company_what_its_parts_say_one_by_one(now, seed) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    firms = [[make_lead(company=name) for _ in range(3)] for name in ("One", "Two")]
    words = ["Software", "Retail", None]
    said_by = [dice.choice([SetBy.PERSON, SetBy.FORM, SetBy.IMPORT]) for _ in range(9)]
    earlier = [(dice.randrange(3), dice.randrange(9), dice.choice(words)) for _ in range(2)]
    sayings = [(dice.randrange(3), dice.randrange(9), dice.choice(words)) for _ in range(7)]
    sayings.sort(key=lambda saying: saying[1])
    for leads in firms:
        for place, day, industry in earlier:
            since = now + day * DAY
            write(leads[place], now, set_by=said_by[day], known_from=since, industry=industry)
    together, apart = firms
    for leads, size in ((together, len(sayings)), (apart, 1)):
        for start in range(0, len(sayings), size):
            changes = [
                FactChange(leads[place].pk, now + day * DAY, {"industry": industry})
                for place, day, industry in sayings[start : start + size]
            ]
            write_facts(changes, set_by=SetBy.FORM, by=None, at=now, cause=StaleCause.IMPORT)
    known = known_facts([lead.pk for lead in [*together, *apart]])
    for one, other in zip(together, apart, strict=True):
        timelines = [
            [(row.known_from, row.values.get("industry")) for row in known.get(lead.pk, [])]
            for lead in (one, other)
        ]
        assert timelines[0] == timelines[1]


def test_a_batch_about_one_company_copies_its_news_once(now) -> None:
    leads = [make_lead(company="Acme") for _ in range(40)]
    changes = [
        FactChange(lead.pk, now + n * DAY, {"industry": "Software", "company_size": 60})
        for n, lead in enumerate(leads)
    ]
    before = FactSnapshot.objects.count()
    write_facts(changes, set_by=SetBy.IMPORT, by=None, at=now, cause=StaleCause.IMPORT)
    assert FactSnapshot.objects.count() - before == len(leads)
    known = current_facts([lead.pk for lead in leads], at=now)
    assert {values["size_band"] for values in known.values()} == {"50-199"}


def test_a_text_is_kept_in_the_form_in_which_rules_are_signed(now) -> None:
    lead = make_lead(at=now)
    write(lead, now, city="Mu\u0308nchen", title="Ge\u0301rant")
    assert facts(lead, now) == {
        "city": "München",
        "title": "Gérant",
        "seniority": "c_level",
        "department": "management",
    }


def test_the_same_again_writes_nothing(now) -> None:
    lead = make_lead()
    write(lead, now, title="CEO", industry=" Soft  ware ")
    before = FactSnapshot.objects.count(), Event.objects.count()
    Standing.objects.update(stale_since=None)
    assert write(lead, now + DAY, title="CEO", industry="Soft ware") == set()
    assert (FactSnapshot.objects.count(), Event.objects.count()) == before
    assert Standing.objects.get().stale_since is None


@pytest.mark.parametrize("values", [{"shoe_size": 4}, {"company_size": "many"}])
def test_what_cannot_be_a_fact_is_refused(now, values) -> None:
    with pytest.raises(DomainError):
        write(make_lead(), now, **values)


def test_a_snapshot_is_never_edited(now) -> None:
    lead = make_lead(facts={"title": "CEO"})
    with pytest.raises(DatabaseError), transaction.atomic():
        FactSnapshot.objects.filter(lead=lead).update(title=None)


def statements(number: int, now) -> int:
    leads = [make_lead(company=f"C{number}-{i}") for i in range(number)]
    changes = [
        FactChange(lead.pk, now, {"title": f"T{number}-{i}", "industry": "x", "company_size": 50})
        for i, lead in enumerate(leads)
    ]
    with CaptureQueriesContext(connection) as queries:
        write_facts(changes, set_by=SetBy.FORM, by=None, at=now, cause=StaleCause.LIVE)
    return len(queries)


def test_two_hundred_cost_the_statements_of_one(now) -> None:
    statements(2, now)  # what is said of every company is in the dictionary of texts
    assert statements(200, now) == statements(1, now)
