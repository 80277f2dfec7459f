"""Several people in one draft: news within a poll, forms that stay, comments that reach people."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role
from portal.agreements.coediting import merge
from portal.agreements.models import Clause
from portal.agreements.services import save_clause
from portal.agreements.talk import comment, mentioned_in
from portal.core.errors import DomainError
from portal.events.delivery import deliver_pending
from tests.factories import make_definition, make_user
from tests.scoring.workshop.posting import at, fields_of, signed_in

pytestmark = pytest.mark.django_db
POLL = re.compile(r'hx-get="([^"]+follow/[^"]*)"')


@pytest.fixture
def draft(now):
    return make_definition(at=now, signed=False)


def poll_of(page: str) -> str:
    """Return what the page asks for every few seconds."""
    here = re.search(r'name="here" value="([^"]*)"', page)[1]
    return f"{POLL.search(page)[1]}&here={here}"


def poll_with(client, address: str):
    return client.get(address, headers={"HX-Request": "true"})


def deliver() -> None:
    """Do what the events owe; pages acted at the real time."""
    while deliver_pending(at=timezone.now() + timedelta(minutes=1)):
        pass


def points(draft, by, now, value: str) -> None:
    row = draft.clauses.get(key="pricing_page")
    save_clause(
        version=draft,
        key=row.key,
        kind=row.kind,
        body=row.body | {"points": value},
        rationale=row.rationale,
        revision=row.revision,
        by=by,
        at=now,
    )


def test_the_others_changes_come_with_the_next_poll_and_an_open_form_stays(draft, now) -> None:
    reader, lukas = signed_in(Role.MARKETING), make_user(role=Role.SALES_LEAD, name="Lukas Kern")
    poll = poll_of(reader.get(at("definition", draft)).content.decode())
    assert poll_with(reader, poll).status_code == 204
    points(draft, lukas, now, "20")
    told = poll_with(reader, poll)
    page = told.content.decode()
    assert "+20" in page
    assert "Lukas" in page
    assert told.headers["HX-Trigger"] == "agreement-changed"
    assert poll_with(reader, poll_of(page)).status_code == 204
    while_open = poll_with(reader, poll + "&open=pricing_page").content.decode()
    assert '<div class="rule" id="clause-pricing_page" hx-preserve="true"></div>' in while_open
    assert 'id="moved-pricing_page"' in while_open
    assert "Changed by Lukas" in while_open
    draft.clauses.get(key="pricing_page").delete()
    gone = poll_with(reader, poll + "&open=pricing_page").content.decode()
    assert 'id="clause-pricing_page" hx-preserve' in gone


def test_who_is_there_is_shown_and_a_proposal_turns_the_page(draft, now) -> None:
    reader, other = signed_in(Role.MARKETING, name="Jonas Berg"), signed_in(Role.SALES_LEAD)
    poll = poll_of(reader.get(at("definition", draft)).content.decode())
    other.get(at("definition", draft))
    assert "Jonas Berg" in poll_with(reader, poll).content.decode()
    assert other.post(reverse("definition-propose", args=[draft.number])).status_code == 302
    assert poll_with(reader, poll).headers["HX-Refresh"] == "true"
    kept = poll_with(reader, poll + "&open=pricing_page").content.decode()
    assert "a step further while you write" in kept


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_question_is_asked_answered_and_resolved(draft, headers) -> None:
    lukas = make_user(role=Role.SALES_LEAD, name="Lukas Kern", email="lukas@example.test")
    client = signed_in(Role.MARKETING, name="Jonas Berg")
    talk = at("definition-talk", draft)
    said = {"key": "pricing_page", "text": "Why 15, @Lukas?", "is_question": "on"}
    assert client.post(talk, said, headers=headers).status_code == (200 if headers else 302)
    deliver()
    told = lukas.notifications.get()
    assert told.text == "Jonas Berg asks you: Why 15, @Lukas?"
    assert "1 open remark" in client.get(at("definition", draft)).content.decode()
    first = draft.comments.get()
    thread = f"{talk}{first.pk}/"
    answerer = signed_in(Role.SALES_LEAD)
    assert answerer.post(thread, {"act": "answer", "text": " "}).status_code == 422
    answerer.post(thread, {"act": "answer", "text": "It used to be ten."}, headers=headers)
    answerer.post(thread, {"act": "resolve"}, headers=headers)
    first.refresh_from_db()
    assert first.resolved_at is not None
    page = client.get(talk).content.decode()
    assert "It used to be ten." in page
    assert "Resolved by" in page
    assert "open remark" not in client.get(at("definition", draft)).content.decode()
    draft.clauses.get(key="pricing_page").delete()
    assert "On a sentence that was taken out" in client.get(talk).content.decode()


def test_open_comments_stand_where_one_proposes_and_signs(draft, now) -> None:
    client = signed_in(Role.MARKETING_LEAD)
    comment(version=draft, text="Not yet clear", by=make_user(), at=now)
    assert "Not yet clear" in client.get(at("definition-propose", draft)).content.decode()
    client.post(at("definition-propose", draft))
    assert "Not yet clear" in client.get(at("definition-sign", draft)).content.decode()


def test_declining_sends_it_back_with_words(draft, now) -> None:
    proposer, sales = signed_in(Role.MARKETING_LEAD), signed_in(Role.SALES_LEAD, name="Lukas Kern")
    proposer.post(at("definition-propose", draft))
    decline = at("definition-decline", draft)
    assert sales.post(decline, {"words": " "}).status_code == 422
    assert sales.post(decline, {"words": "Twenty is too much."}).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "draft"
    page = proposer.get(at("definition", draft)).content.decode()
    assert "Lukas declined it" in page
    assert "Twenty is too much." in proposer.get(at("definition-talk", draft)).content.decode()
    deliver()
    bells = proposer.get(reverse("notifications")).content.decode()
    assert "Lukas Kern declined" in bells


def test_names_after_an_at_are_found_the_longest_first() -> None:
    berg, adler = make_user(name="Jonas Berg"), make_user(name="Jonas Adler", email="ja@x.test")
    mia = make_user(name="Mia Lang")
    assert mentioned_in("@Jonas Berg, see @mia.") == [berg, mia]
    assert mentioned_in("@Jonas or a@mia.test or @miaow") == []
    assert mentioned_in("@ja and @JONAS ADLER") == [adler]


@pytest.mark.parametrize("text", ["", " \x00 ", "x" * 4001])
def test_nothing_or_too_much_is_not_said(draft, now, text) -> None:
    with pytest.raises(DomainError):
        comment(version=draft, text=text, by=make_user(), at=now)


def test_merging_takes_each_field_from_whoever_changed_it() -> None:
    base = {"a": 1, "b": 2, "c": 3, "d": 4}, "why"
    theirs = Clause(body={"a": 9, "b": 2, "c": 8, "d": 5}, rationale="because")
    merged = merge(base, ({"a": 1, "b": 7, "c": 6, "d": 5}, "why"), theirs)
    assert merged.body == {"a": 9, "b": 7, "c": 6, "d": 5}
    assert (merged.both, merged.theirs) == (("c",), ("a", "rationale"))
    assert merged.rationale == "because"
    blind = merge(None, ({"a": 1}, "mine"), theirs)
    assert (blind.body, blind.rationale) == ({"a": 1}, "mine")
    assert "a" in blind.both


def test_reading_a_form_twice_changes_nothing(draft) -> None:
    client = signed_in(Role.MARKETING)
    address = at("definition-clause", draft, key="mql")
    body = draft.clauses.get(key="mql").body
    client.post(address, fields_of(client.get(address)))
    assert draft.clauses.get(key="mql").body == body
