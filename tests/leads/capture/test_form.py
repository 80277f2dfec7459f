"""The hosted form through the browser's eyes: what comes of it, what is refused, what is kept."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.activities.models import Activity
from leads.capture.models import CaptureForm, Consent, Submission
from leads.database.models import Company, Lead
from leads.handoffs.models import Handoff, Release
from portal.accounts.models import Role, User
from portal.celery import app
from portal.core.models import RateCount
from scoring.definitions.services import seed_default
from tests.factories import make_source, make_team, make_user

SIGNED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOT = {
    "name": "Vera Pohl",
    "email": "vera.pohl@nordlicht.example",
    "company": "Nordlicht",
    "title": "VP Revenue Operations",
    "company_size": "300",
    "industry": "B2B SaaS",
    "use_case": "Agree on what qualified means",
    "timeline": "within_30_days",
    "budget": "above_20000",
    "consent": "on",
    "token": "11111111-1111-4111-8111-111111111111",
    "utm_source": "LinkedIn",
    "utm_campaign": "Spring",
}
COLD = HOT | {
    "name": "Tim Rau",
    "email": "tim@kleinagentur.example",
    "company": "Kleinagentur",
    "title": "Marketing coordinator",
    "company_size": "10",
    "industry": "agency",
    "timeline": "just_exploring",
    "budget": "",
    "token": "22222222-2222-4222-8222-222222222222",
}


@pytest.fixture
def form(db: None) -> CaptureForm:
    return CaptureForm.objects.create(
        slug="guide",
        name="The alignment guide",
        activity="content_download",
        source=make_source("Website"),
        consent_text="You may write to me about the guide.",
        consent_version=3,
        thanks="The guide is on its way.",
    )


@pytest.fixture
def rep(form: CaptureForm) -> User:
    """Sign the default definition; return the one SDR who takes handoffs."""
    signers = make_user(role=Role.MARKETING_LEAD), make_user(role=Role.SALES_LEAD)
    seed_default(by_marketing=signers[0], by_sales=signers[1], at=SIGNED)
    return make_user(role=Role.SDR, team=make_team(is_default=True))


def send(answers: dict[str, Any], client: Client | None = None, **more: Any) -> Any:
    return (client or Client()).post("/f/guide/", answers, **more)


@pytest.mark.django_db(transaction=True)
def test_one_of_the_pair_is_on_a_desk_before_the_thank_you_page_and_the_other_on_none(rep) -> None:
    assert send(HOT)["Location"] == "/f/guide/thanks/"
    assert send(COLD)["Location"] == "/f/guide/thanks/"
    (handoff,) = Handoff.objects.all()
    assert (handoff.lead.email, handoff.owner) == (HOT["email"], rep)
    assert (handoff.cause, handoff.lead.stage) == ("fast_track", "with_sales")
    assert handoff.evidence.document["icp"] is True
    cold = Lead.objects.get(email=COLD["email"])
    assert (cold.stage, cold.standing.gates) == ("known", 0)
    assert cold.standing.scored_at is not None
    assert not Release.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_said_is_kept_with_its_source_and_consent(rep) -> None:
    send(HOT)
    lead = Lead.objects.get()
    assert (lead.source.name, lead.campaign.name) == ("LinkedIn", "Spring")
    assert (lead.company.name, lead.landing_page) == ("Nordlicht", "/f/guide/")
    consent = Consent.objects.get()
    assert (consent.text, consent.version) == ("You may write to me about the guide.", 3)
    submission = Submission.objects.get()
    assert (submission.state, submission.lead) == ("taken", lead)
    assert submission.answers["use_case"] == HOT["use_case"]
    activity = Activity.objects.get()
    assert (activity.registered.name, activity.source) == ("content_download", "form:guide")


@pytest.mark.django_db(transaction=True)
def test_a_second_press_changes_nothing(rep) -> None:
    send(HOT)
    send(HOT)
    assert Activity.objects.count() == Consent.objects.count() == 1
    assert Lead.objects.count() == Handoff.objects.count() == 1
    other_page = HOT | {"token": "33333333-3333-4333-8333-333333333333"}
    send(other_page)
    assert Activity.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_person_in_twenty_spellings_at_once_is_one_lead(rep, settings) -> None:
    settings.FORM_POSTS_PER_MINUTE = 100
    local, domain = "vera.pohl", "nordlicht.example"
    spellings = [
        f"{' ' * (n % 2)}{''.join(c.upper() if n >> i & 1 else c for i, c in enumerate(local))}"
        f"@{domain.upper() if n % 3 else domain.title()}"
        for n in range(20)
    ]

    def press(n: int) -> int:
        try:
            token = f"11111111-1111-4111-8111-1111111111{n:02d}"
            return send(HOT | {"email": spellings[n], "token": token}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(press, range(20))) == [302] * 20
    assert Lead.objects.count() == Handoff.objects.count() == 1
    assert Activity.objects.count() == Submission.objects.count() == 20


@pytest.fixture
def no_worker() -> Iterator[None]:
    """Leave what nobody waits for to a worker, as it is outside tests."""
    app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


@pytest.mark.django_db(transaction=True)
def test_a_capture_that_hands_off_costs_a_known_number_of_statements(rep, no_worker) -> None:
    send(COLD)
    with CaptureQueriesContext(connection) as queries:
        send(HOT)
    frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    spent = [one["sql"] for one in queries if not one["sql"].startswith(frame)]
    assert len(spent) <= 65, "\n".join(spent)  # a ceiling: it may only fall


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"company_size": "10" * 200}, "company_size"),
        ({"company_size": "-1"}, "company_size"),
        ({"industry": "astrology"}, "industry"),
        ({"use_case": "x" * 301}, "use_case"),
        ({"consent": ""}, "consent"),
    ],
)
def test_what_cannot_be_used_is_named_and_everything_stays_written(form, change, field) -> None:
    answer = send(HOT | change)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    for name in {"company", "title"} - {field}:
        assert HOT[name] in answer.content.decode()
    assert HOT["token"] in answer.content.decode()
    assert not Lead.objects.exists()
    assert not Submission.objects.exists()


@pytest.mark.django_db
def test_what_nobody_sees_is_never_complained_about(form) -> None:
    carried = {"token": "nonsense", "utm_source": "x" * 500, "utm_term": "a\x00b"}
    assert send(HOT | carried).status_code == 302
    lead = Lead.objects.get()
    assert (len(lead.source.name), lead.term) == (120, "ab")


@pytest.mark.django_db
def test_a_robot_is_thanked_and_kept_apart(form) -> None:
    answer = send(HOT | {"website": "http://spam.example", "name": "a\x00b", "more": "x"})
    assert answer["Location"] == "/f/guide/thanks/"
    assert not Lead.objects.exists()
    kept = Submission.objects.get()
    assert (kept.state, kept.lead, kept.answers["name"]) == ("quarantined", None, "ab")
    assert "more" not in kept.answers


@pytest.mark.django_db
def test_one_address_sends_so_often_a_minute_and_loses_nothing(form, settings) -> None:
    settings.FORM_POSTS_PER_MINUTE = 2
    assert [send(COLD).status_code for _ in range(2)] == [302, 302]
    busy = send(HOT)
    assert busy.status_code == 429
    assert 0 < int(busy["Retry-After"]) <= 60
    assert HOT["title"] in busy.content.decode()
    assert send(HOT, REMOTE_ADDR="198.51.100.7").status_code == 302


@pytest.mark.django_db
def test_what_a_caller_says_of_its_address_counts_only_behind_a_proxy(form, settings) -> None:
    claims = {"HTTP_X_FORWARDED_FOR": "203.0.113.1, 198.51.100.9"}
    send(COLD, **claims)
    assert RateCount.objects.filter(key="form:127.0.0.1").exists()
    settings.BEHIND_PROXY = True
    send(COLD, **claims)
    assert RateCount.objects.filter(key="form:198.51.100.9").exists()
    assert not RateCount.objects.filter(key="form:203.0.113.1").exists()


@pytest.mark.django_db
def test_people_of_a_mail_provider_are_not_colleagues(form) -> None:
    send(HOT | {"email": "a@gmail.com", "company": "One"})
    send(COLD | {"email": "b@gmail.com", "company": "Two"})
    assert sorted(Company.objects.values_list("name", "domain")) == [("One", ""), ("Two", "")]


@pytest.mark.django_db
def test_a_closed_form_and_one_that_never_was_are_not_there(form) -> None:
    CaptureForm.objects.update(is_open=False)
    assert Client().get("/f/guide/").status_code == 404
    assert send(HOT).status_code == 404
    assert Client().get("/f/never/").status_code == 404


@pytest.mark.django_db
def test_a_stranger_needs_the_page_s_own_token(form) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert send(HOT, strict).status_code == 403
    page = strict.get("/f/guide/?utm_source=Ads")
    assert page.context["form"].initial["utm_source"] == "Ads"
    token = strict.cookies["csrftoken"].value
    assert send(HOT | {"csrfmiddlewaretoken": token}, strict).status_code == 302


anything = st.one_of(st.text(max_size=30), st.sampled_from(["\x00", "9" * 400, "a@b.c", "\u202e"]))


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.dictionaries(st.sampled_from(sorted(HOT)), anything, max_size=4))
def test_whatever_is_sent_is_taken_or_refused(form, said) -> None:
    RateCount.objects.all().delete()
    clean = {name: text.encode("utf-8", "replace").decode() for name, text in said.items()}
    assert send(HOT | clean).status_code in {302, 422}
    asked = Client().get("/f/guide/", {f"utm_{n}": text for n, text in clean.items()})
    assert asked.status_code == 200
