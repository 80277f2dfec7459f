"""Definitions of segments on their pages: begun, ordered by both sides, written out and read in."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.agreements.models import Agreement, Version
from portal.agreements.ordering_models import Ordering
from portal.events.delivery import deliver_pending
from portal.notifications.models import Notification
from scoring.definitions.services import definitions_in_force
from scoring.workshop.preview import preview
from tests.factories import make_lead, make_user
from tests.scoring.engine.test_segments import BIG, GERMAN, sign_segment
from tests.scoring.rules.builders import clause

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def two(version, signers, now, quiet):
    first = sign_segment("Enterprise", BIG, signers, at=now - 2 * DAY)
    return first, sign_segment("Germany", GERMAN, signers, at=now - DAY)


def test_marketing_begins_a_definition_for_a_segment(version, signers, client, quiet):
    client.force_login(signers[0])
    answer = client.post(reverse("definition-segments"), {"name": "Enterprise"})
    draft = Version.objects.get(agreement__name="Enterprise")
    assert draft.number == version.number + 1
    assert answer.url == reverse("definition-new", args=[draft.number, "segment"])
    assert client.get(answer.url).status_code == 200
    page = client.get(reverse("definition-segments")).content.decode()
    assert "Nobody has said yet whom it is for." in page
    assert "Everybody whom no segment takes." in page
    assert (
        "write its segment"
        in client.get(reverse("definition", args=[draft.number])).content.decode()
    )


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "Qualified lead", "\x00"])
def test_a_name_that_is_none_is_a_sentence_and_stays_typed(version, signers, client, quiet, name):
    client.force_login(signers[0])
    answer = client.post(reverse("definition-segments"), {"name": name})
    assert answer.status_code == 422
    assert Agreement.objects.filter(kind="definition").count() == 1


def test_the_list_shows_the_order_and_whom_each_is_for(version, two, client):
    client.force_login(make_user(role="sdr"))
    page = client.get(reverse("definitions")).content.decode()
    places = [page.index(name) for name in ("Enterprise, ", "Germany, ", "Qualified lead, ")]
    assert places == sorted(places)
    assert "the company size is at least 1,000" in page
    assert "Ask the other side" not in client.get(reverse("definition-segments")).content.decode()


def test_one_side_asks_and_the_other_agrees(version, two, signers, client):
    big, german = (one.agreement_id for one in two)
    client.force_login(signers[0])
    url, places = reverse("definition-order"), {f"place_{big}": "2", f"place_{german}": "1"}
    assert client.post(url, {**places, "words": ""}).status_code == 422
    same = client.post(url, {**places, f"place_{big}": "1", "words": "Law"})
    assert same.status_code == 422
    assert "a place of its own" in same.content.decode()
    assert client.post(url, {**places, "words": "Law first."}).status_code == 302
    asked = Ordering.objects.get()
    deliver_pending(at=timezone.now() + timedelta(minutes=1))
    told = Notification.objects.filter(text__contains="Law first.")
    assert [one.user for one in told] == [signers[1]]
    answer = {"act": "agree", "ordering": asked.pk}
    assert client.post(url, answer).status_code == 403  # one's own order
    client.force_login(signers[1])
    assert "Law first." in client.get(reverse("definition-segments")).content.decode()
    assert client.post(url, answer).status_code == 302
    names = Agreement.objects.filter(kind="definition").order_by("position")
    assert [one.name for one in names] == ["Qualified lead", "Germany", "Enterprise"]
    assert client.post(url, answer).status_code == 409


def test_only_leaders_order_segments(version, two, client):
    client.force_login(make_user(role="marketing"))
    assert client.post(reverse("definition-order"), {"words": "I"}).status_code == 403


def test_a_segment_is_written_out_and_read_in_where_it_belongs(version, two, signers, client):
    client.force_login(signers[0])
    big, _german = two
    text = client.get(reverse("definition-export", args=[big.number])).content.decode()
    client.post(reverse("definition-import"), {"text": text})
    newest = Version.objects.order_by("-pk")[0]
    assert newest.agreement == big.agreement
    other = text.replace('"Enterprise"', '"Health care"')
    client.post(reverse("definition-import"), {"text": other})
    assert Version.objects.order_by("-pk")[0].agreement.name == "Health care"
    answer = client.post(reverse("definition-import"), {"text": text.replace('"Enterprise"', '""')})
    assert answer.status_code == 422
    assert "Give the segment a name" in answer.content.decode()


def test_preview_and_try_are_about_the_segments_own_leads(version, two, signers, client, now):
    make_lead(facts={"company_size": 5000}, at=now - DAY)
    small = make_lead(facts={"company_size": 50}, at=now - DAY)
    found = definitions_in_force(now)
    big, _german = two
    own = found.members[0].definition
    counted = preview(own, own, among=found.among(big.agreement), at=now)
    assert (counted.leads, counted.looked_at) == (1, 1)
    rest = found.default.definition
    assert preview(rest, rest, among=found.among(version.agreement), at=now).leads == 1
    client.force_login(signers[0])
    url = reverse("definition-try", args=[big.number])
    page = client.get(url, {"lead": small.public_id}).content.decode()
    assert "“Qualified lead” would score it" in page
    assert client.get(reverse("definition-preview", args=[big.number])).status_code == 200


def test_the_clause_is_written_like_every_other(version, signers, client, quiet):
    assert clause("segment", "segment", {"when": BIG})["key"] == "segment"
    client.force_login(signers[0])
    client.post(reverse("definition-segments"), {"name": "Enterprise"})
    draft = Version.objects.get(agreement__name="Enterprise")
    answer = client.post(
        reverse("definition-new", args=[draft.number, "segment"]),
        {"format": "text", "when": "", "rationale": ""},
    )
    assert answer.status_code == 422
