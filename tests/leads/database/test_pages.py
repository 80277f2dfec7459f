"""The pages of the lead database, as each role uses them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.database.facts import current_facts
from leads.database.models import Lead, Note, Opportunity, SavedView, Spend, Stage, Standing
from leads.database.sources import sources_named
from tests.factories import (
    make_campaign,
    make_handoff,
    make_lead,
    make_leads,
    make_source,
    make_team,
    make_user,
    set_stage,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketing(client):
    user = make_user(role="marketing")
    client.force_login(user)
    return user


def rank(lead, total, **more) -> None:
    Standing.objects.filter(pk=lead.pk).update(rank=total, total=total, **more)


def names(response) -> list[str]:
    return [row.lead.name for row in response.context["page"]]


# The list


def test_the_best_score_is_first_and_the_unscored_last(client, marketing) -> None:
    for name, total in (("Low", 5), ("High", 90)):
        rank(make_lead(name=name), total)
    make_lead(name="None")
    assert names(client.get("/leads/")) == ["High", "Low", "None"]
    assert names(client.get("/leads/?order=newest")) == ["None", "High", "Low"]


def test_filters_stand_in_the_address(client, marketing) -> None:
    ads = make_source("Ads")
    make_lead(name="Mine", source="Ads", owner=marketing)
    make_lead(name="Other")
    set_stage(make_lead(name="Sold"), Stage.CUSTOMER)
    rank(make_lead(name="Graded"), 9, grade="A1")
    assert names(client.get(f"/leads/?source={ads.pk}")) == ["Mine"]
    assert names(client.get(f"/leads/?owner={marketing.pk}&stage=known")) == ["Mine"]
    assert set(names(client.get("/leads/?owner=none"))) == {"Other", "Sold", "Graded"}
    assert names(client.get("/leads/?stage=customer")) == ["Sold"]
    assert names(client.get("/leads/?grade=A1")) == ["Graded"]
    assert "No lead matches" in client.get("/leads/?stage=mql").content.decode()


@pytest.mark.parametrize(
    ("typed", "found"),
    [("mei", {"Anna Meier"}), ("MEI an", {"Anna Meier"}), ("anna@acme.test", {"Anna Meier"}),
     ("acme.test", {"Anna Meier"}), ("77", {"Bo Zen"}), ("globex", {"Bo Zen"}), ("eier", set()),
     ("mei%", {"Anna Meier"}), ("nobody@acme.test", set())],
)  # fmt: skip
def test_people_are_found_by_beginnings_and_whole_keys(client, marketing, typed, found) -> None:
    make_lead(name="Anna Meier", email="anna@acme.test")
    make_lead(name="Bo Zen", external_id="77", company="Globex Ltd")
    assert set(names(client.get("/leads/", {"q": typed}))) == found


def test_pages_follow_one_another_and_back(client, marketing) -> None:
    for number, lead in enumerate(make_leads(60)):
        rank(lead, number // 3)
    first = client.get("/leads/").context["page"]
    second = client.get("/leads/", {"cursor": first.next}).context["page"]
    shown = [row.pk for row in (*first.rows, *second.rows)]
    assert shown == list(Standing.objects.order_by("-rank", "-pk").values_list("pk", flat=True))
    back = client.get("/leads/", {"cursor": second.previous}).context["page"]
    assert [row.pk for row in back] == [row.pk for row in first]


def test_one_person_sees_what_was_handed_to_them(client) -> None:
    team = make_team()
    sdr, colleague = make_user(team=team), make_user(team=team)
    make_handoff(make_lead(name="Mine Own"), owner=sdr)
    make_handoff(make_lead(name="Waits Here"), team=team)
    make_handoff(make_lead(name="Hers Own"), owner=colleague)
    make_lead(name="Nobodys Own")
    client.force_login(sdr)
    assert set(names(client.get("/leads/"))) == {"Mine Own", "Waits Here"}
    assert set(names(client.get("/leads/?q=own"))) == {"Mine Own"}


@pytest.mark.parametrize("role", ["marketing", "sdr"])
def test_the_list_costs_the_same_at_one_and_at_forty_rows(client, role) -> None:
    user = make_user(role=role)
    client.force_login(user)

    def cost(query: str) -> int:
        client.get("/leads/")
        with CaptureQueriesContext(connection) as queries:
            response = client.get("/leads/", query)
        assert len(names(response)) == Lead.objects.count()
        return len(queries)

    def add(number: int) -> None:
        for _ in range(number):
            lead = make_lead(name="Same Name", company=f"C{Lead.objects.count()}", source="Ads")
            make_handoff(lead, owner=user)

    add(1)
    few = cost({}), cost({"q": "same"})
    add(39)
    assert (cost({}), cost({"q": "same"})) == few


def test_htmx_gets_the_rows_alone(client, marketing) -> None:
    make_lead()
    part = client.get("/leads/", headers={"HX-Request": "true"}).content.decode()
    assert "<table" in part
    assert "<html" not in part


def test_an_empty_list_says_what_comes_next(client, marketing) -> None:
    assert reverse("lead-new") in client.get("/leads/").content.decode()
    client.force_login(make_user())
    assert "handed to you" in client.get("/leads/").content.decode()


def test_a_view_is_kept_found_again_replaced_and_forgotten(client, marketing) -> None:
    given = {"name": "Hot ones", "query": "stage=mql&order=newest"}
    assert client.post("/leads/views/", given).url == "/leads/?stage=mql&order=newest"
    client.post("/leads/views/", given | {"query": "stage=sql"})
    view = SavedView.objects.get()
    assert (view.user, view.query) == (marketing, "stage=sql")
    assert "Hot ones" in client.get("/leads/").content.decode()
    client.force_login(make_user(role="marketing"))
    assert "Hot ones" not in client.get("/leads/").content.decode()
    assert client.post(f"/leads/views/{view.pk}/delete/").status_code == 404
    client.force_login(marketing)
    client.post(f"/leads/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()
    assert client.post("/leads/views/", {"name": "", "query": "stage=sql"}).status_code == 422


# New and edit


def test_a_lead_is_written_down_with_what_is_known(client, marketing, now) -> None:
    campaign = make_campaign(make_source("Fair"), "Autumn")
    given = {
        "name": "Anna", "email": "anna@x.test", "company": "Acme", "source": campaign.source_id,
        "campaign": campaign.pk, "fact_title": "CEO", "fact_company_size": "120",
    }  # fmt: skip
    response = client.post("/leads/new/", given)
    lead = Lead.objects.get()
    assert response.url == lead.get_absolute_url()
    assert (lead.company.name, lead.campaign, lead.created_at is None) == ("Acme", campaign, False)
    facts = current_facts([lead.pk], at=lead.created_at)[lead.pk]
    assert (facts["seniority"], facts["size_band"]) == ("c_level", "50-199")


@pytest.mark.parametrize(
    ("given", "words"),
    [({"name": "Nobody"}, "Give an e-mail address"), ({"email": "no"}, "valid"),
     ({"email": "taken@x.test"}, "is a lead already")],
)  # fmt: skip
def test_what_cannot_be_kept_comes_back_with_its_sentence(client, marketing, given, words) -> None:
    make_lead(email="taken@x.test", name="Old")
    response = client.post("/leads/new/", {"name": "Typed"} | given)
    assert response.status_code == 422
    content = response.content.decode()
    assert words in content
    assert given.get("name", "Typed") in content
    assert Lead.objects.get().name == "Old"


def form_of(client, lead) -> dict[str, str]:
    """Return what a browser would send back of the edit page."""
    form = client.get(f"/leads/{lead.public_id}/edit/").context["form"]
    sent = {}
    for field in form:
        value = field.value()
        if value not in (None, False):
            sent[field.name] = value
        if field.field.show_hidden_initial:
            sent[f"initial-{field.name}"] = "" if value is None else value
    return sent


def test_only_what_a_person_changed_is_said_by_that_person(client, marketing, now) -> None:
    lead = make_lead(facts={"title": "CEO", "city": "Ulm"})
    sent = form_of(client, lead) | {"fact_city": "Bonn", "phone": "123"}
    assert client.post(f"/leads/{lead.public_id}/edit/", sent).status_code == 302
    row = lead.snapshots.latest("known_from", "pk")
    assert [row.origins[name][0] for name in ("title", "city")] == [2, 1]
    assert Lead.objects.get().phone == "123"


def test_who_comes_too_late_gets_both_texts(client, marketing) -> None:
    lead = make_lead(name="Before")
    late = form_of(client, lead) | {"name": "Typed late"}
    client.post(f"/leads/{lead.public_id}/edit/", form_of(client, lead) | {"name": "Was quicker"})
    response = client.post(f"/leads/{lead.public_id}/edit/", late)
    assert response.status_code == 409
    content = response.content.decode()
    assert "Typed late" in content
    assert "Was quicker" in content
    assert Lead.objects.get().name == "Was quicker"
    late["revision"] = response.context["form"]["revision"].value()
    assert client.post(f"/leads/{lead.public_id}/edit/", late).status_code == 302
    assert Lead.objects.get().name == "Typed late"


def test_what_one_may_not_see_is_not_there(client, marketing) -> None:
    lead = make_lead(company="Acme")
    client.force_login(make_user())
    for address in (f"/leads/{lead.public_id}/edit/", f"/companies/{lead.company.public_id}/"):
        assert client.get(address).status_code == 404
    assert client.post(f"/leads/{lead.public_id}/notes/", {"text": "x"}).status_code == 404
    assert client.get("/sources/").status_code == 404


# Notes, opportunities, companies, sources


def test_both_sides_ask_and_answer(client, marketing) -> None:
    lead = make_lead()
    address = f"/leads/{lead.public_id}/notes/"
    client.post(address, {"text": "Why?", "is_question": "on"})
    question = Note.objects.get()
    assert client.post(f"{address}{question.pk}/", {"text": "So."}).status_code == 302
    question.refresh_from_db()
    assert question.resolved_at is not None
    assert client.post(address, {"text": " "}).status_code == 422


@pytest.fixture
def sql(client, now):
    user = make_user(role="account_executive")
    lead = make_lead(owner=user)
    make_handoff(lead, is_decided=True, outcome="accepted", decided_at=now)
    set_stage(lead, Stage.SQL)
    client.force_login(user)
    return lead


def test_an_sql_becomes_a_customer(client, sql) -> None:
    address = f"/leads/{sql.public_id}"
    assert client.post(f"{address}/won/", {"value": "5"}).status_code == 404
    assert client.post(f"{address}/opportunity/", {"value": ""}).status_code == 302
    assert client.post(f"{address}/won/", {"value": "much"}).status_code == 422
    assert client.post(f"{address}/won/", {"value": "1200"}).status_code == 302
    assert Opportunity.objects.get().value == 1200
    assert Lead.objects.get().stage == Stage.CUSTOMER


def test_a_lost_sql_says_why(client, sql) -> None:
    address = f"/leads/{sql.public_id}"
    client.post(f"{address}/opportunity/", {})
    assert client.post(f"{address}/lost/", {"reason": ""}).status_code == 422
    assert client.post(f"{address}/lost/", {"reason": "Price"}).status_code == 302
    assert Lead.objects.get().stage == Stage.RECYCLED


def test_marketing_does_not_decide_what_becomes_of_an_sql(client, sql) -> None:
    client.force_login(make_user(role="marketing"))
    assert client.post(f"/leads/{sql.public_id}/opportunity/", {}).status_code == 403
    assert not Opportunity.objects.exists()


def test_a_company_shows_its_leads(client, marketing) -> None:
    lead = make_lead(company="Acme", name="Anna")
    make_lead(company="Else", name="Bo")
    page = client.get(f"/companies/{lead.company.public_id}/")
    assert names(page) == ["Anna"]


def test_spend_is_summed_by_source_and_month(client, marketing, django_assert_num_queries) -> None:
    assert "No spend yet" in client.get("/sources/").content.decode()
    sources = sources_named(["Ads", "Fair"])
    days = [("ads", "2026-01-05", 10), ("ads", "2026-01-20", 5), ("ads", "2026-03-01", 7),
            ("fair", "2026-03-02", 1)]  # fmt: skip
    for number, (key, day, amount) in enumerate(days):
        Spend.objects.create(
            day=day, source=sources[key], amount=amount, currency="EUR", external_key=str(number)
        )
    context = client.get("/sources/").context
    assert [month.isoformat() for month in context["months"]] == ["2026-01-01", "2026-03-01"]
    assert [(row.name, row.months, row.total) for row in context["rows"]] == [
        ("Ads", [15, 7], 22), ("Fair", [None, 1], 1),
    ]  # fmt: skip
