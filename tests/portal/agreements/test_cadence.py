"""Reviews come due by themselves, keep what the numbers said, and lead to drafts."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role
from portal.agreements.cadence import decide, hold, overdue_kinds, remind, schedule, write_minutes
from portal.agreements.cadence_models import Review, Rhythm
from portal.agreements.services import start_draft
from portal.core.errors import Conflict, DomainError, NotAllowed
from portal.events.delivery import deliver_pending
from portal.events.models import Event
from tests.factories import make_definition, make_user
from tests.scoring.workshop.posting import fields_of, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def version(now):
    return make_definition(at=now)


def test_one_of_each_rhythm_is_due_and_holding_one_makes_the_next(version, now) -> None:
    assert [schedule(at=now - DAY), schedule(at=now), schedule(at=now)] == [0, 2, 0]
    due = {one.rhythm: one.due_at - now for one in Review.objects.all()}
    assert due == {Rhythm.CHECK_IN: 14 * DAY, Rhythm.QUARTERLY: 91 * DAY}
    by, check_in = make_user(role=Role.SALES_LEAD), Review.objects.get(rhythm=Rhythm.CHECK_IN)
    with pytest.raises(DomainError, match="minutes or a decision"):
        hold(review=check_in, agenda=[], by=by, at=now)
    write_minutes(review=check_in, minutes="We looked.", revision=1, by=by, at=now)
    with pytest.raises(Conflict, match="has written minutes"):
        write_minutes(review=check_in, minutes="I looked.", revision=1, by=by, at=now)
    hold(review=check_in, agenda=[], by=by, at=now + 20 * DAY)
    with pytest.raises(Conflict, match="held already"):
        hold(review=check_in, agenda=[], by=by, at=now + 20 * DAY)
    following = Review.objects.get(rhythm=Rhythm.CHECK_IN, held_at=None)
    assert following.due_at == now + 34 * DAY
    with pytest.raises(NotAllowed):
        write_minutes(review=following, minutes="x", revision=1, by=make_user(), at=now)


def test_reminders_are_told_once_before_and_once_after(version, now) -> None:
    schedule(at=now)
    lukas = make_user(role=Role.SALES_LEAD)
    assert remind(at=now + 10 * DAY) == 0
    assert [remind(at=now + 12 * DAY), remind(at=now + 12 * DAY)] == [1, 0]
    assert overdue_kinds(at=now + 14 * DAY) == {}
    assert [remind(at=now + 15 * DAY), remind(at=now + 15 * DAY)] == [1, 0]
    assert set(overdue_kinds(at=now + 15 * DAY)) == {"definition"}
    kinds = Event.objects.filter(kind__startswith="review.").order_by("pk")
    assert [event.kind for event in kinds] == ["review.due", "review.overdue"]
    deliver_pending(at=timezone.now() + DAY)
    texts = list(lukas.notifications.order_by("pk").values_list("text", flat=True))
    assert len(texts) == 2
    assert "is overdue" in texts[1]


def test_on_the_page_minutes_and_decisions_are_kept_and_lead_to_a_sentence(version, now) -> None:
    schedule(at=now)
    review = Review.objects.get(rhythm=Rhythm.CHECK_IN)
    by = make_user(role=Role.MARKETING_LEAD)
    start_draft(agreement=version.agreement, based_on=version, by=by, at=now)
    client, address = signed_in(Role.SALES_LEAD), reverse("review", args=[review.pk])
    page = client.get(address)
    text = page.content.decode()
    for words in ("Overdue", "Nothing was decided since.", "Version 2 is a draft"):
        assert words in text
    assert client.post(address, {"act": "hold"}).status_code == 422
    saved = {"act": "minutes", "minutes": "All fine", "revision": "1"}
    assert client.post(address, saved).status_code == 302
    stale = client.post(address, saved | {"minutes": "Not fine"})
    assert stale.status_code == 409
    assert "All fine" in stale.content.decode()
    assert "Not fine" in stale.content.decode()
    assert fields_of(stale)["revision"] == "2"
    decision = {"act": "decide", "text": "Prices count more", "carried_out": "2:pricing_page"}
    assert client.post(address, decision).status_code == 302
    wrong = client.post(address, decision | {"carried_out": "2:no_such_rule"})
    assert wrong.status_code == 422
    assert client.post(address, {"act": "hold"}).status_code == 302
    shown = client.get(address).content.decode()
    link = f"{reverse('definition', args=[2])}#clause-pricing_page"
    assert link in shown
    assert "as the numbers stood" in shown
    assert "All fine" in client.get(reverse("reviews")).content.decode()
    assert signed_in(Role.SDR).get(address).status_code == 404


def test_an_overdue_review_is_seen_wherever_the_definition_is_used(version, now) -> None:
    schedule(at=now)
    for role, page in ((Role.SDR, "preferences"), (Role.MARKETING, "definitions")):
        assert "overdue" in signed_in(role).get(reverse(page)).content.decode()
    shown = signed_in(Role.SDR).get(reverse("definition", args=[1])).content.decode()
    assert "Review overdue" in shown


def test_a_decision_names_a_draft_of_its_own_agreement(version, now) -> None:
    schedule(at=now)
    review, by = Review.objects.all()[0], make_user(role=Role.LEADERSHIP)
    for text in ("", " \x00", "x" * 2001):
        with pytest.raises(DomainError):
            decide(review=review, text=text, by=by, at=now)
    with pytest.raises(DomainError, match="no such sentence"):
        decide(review=review, text="Yes", by=by, at=now, key="pricing_page")
