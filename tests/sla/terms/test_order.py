"""Which promise of a kind comes first: chosen in the form, read in the sentence, kept in order."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.agreements.drafts import HIGHEST_POSITION, lock_draft, make_room
from portal.agreements.models import Version
from portal.agreements.queries import clause_texts
from portal.agreements.reading import read_version
from portal.agreements.services import save_clause
from portal.core.errors import DomainError
from sla.terms.checks import check_version
from sla.terms.text import CLOCKED, PromiseKind, terms_of
from tests.factories import make_terms, make_user

pytestmark = pytest.mark.django_db
FAST = {
    "name": "Demo requests",
    "kind": "first_touch",
    "amount_s": "15",
    "calendar": "office-hours",
    "warn_percent": "60",
    "untouched": "ended",
    "fast_track": "yes",
    "before": "first-touch",
    "stood_before": "-",
}


@pytest.fixture
def draft(client) -> Version:
    make_terms(at=timezone.now() - timedelta(days=1))
    client.force_login(make_user(role="sales_lead"))
    client.post(reverse("terms-version-start"))
    return Version.objects.get(number=2)


def new(client, kind):
    return client.get(reverse("terms-version-new", args=[2, kind])).content.decode()


def add_fast(client, **changes):
    return client.post(reverse("terms-version-new", args=[2, "first_touch"]), FAST | changes)


def touches(draft) -> list[str]:
    terms = terms_of(clause_texts(draft))
    return [one.key for one in terms.promises if one.kind == PromiseKind.FIRST_TOUCH]


@pytest.mark.parametrize("kind", list(PromiseKind))
def test_the_kind_is_chosen_first_and_its_form_asks_for_nothing_else(client, draft, kind) -> None:
    add = client.get(reverse("terms-version-add", args=[2])).content.decode()
    assert reverse("terms-version-new", args=[2, kind]) in add
    form = new(client, kind)
    assert f'name="kind" value="{kind.value}"' in form
    asked = {
        'name="amount_s"': kind in CLOCKED,
        'name="step0_do"': kind in CLOCKED,
        'name="before"': kind in CLOCKED,
        'name="untouched"': kind == PromiseKind.FIRST_TOUCH,
        'name="number"': kind not in CLOCKED,
        'name="fields_"': kind == PromiseKind.PACKET,
        'name="signals"': kind == PromiseKind.HIGH_INTENT,
        'name="touch_kinds"': kind in {PromiseKind.FIRST_TOUCH, PromiseKind.ATTEMPTS},
    }
    assert {name: name in form for name in asked} == asked


def test_a_demo_request_gets_fifteen_minutes_and_the_rest_four_hours(client, draft) -> None:
    assert '<option value="first-touch" selected>' in new(client, "first_touch")
    assert add_fast(client).status_code == 302
    assert touches(draft) == ["demo_requests", "first-touch"]
    assert not check_version(clause_texts(draft))
    page = client.get(reverse("terms-version", args=[2])).content.decode()
    assert "“Demo requests”</span> applies" in page


def test_another_order_is_a_change_that_signers_read(client, draft) -> None:
    add_fast(client)
    address = reverse("terms-version-clause", args=[2, "demo_requests"])
    given = FAST | {"revision": "1", "stood_before": "first-touch"}
    client.post(address, given)
    assert draft.clauses.get(key="demo_requests").revision == 1  # nothing was changed
    client.post(address, given | {"before": ""})
    assert touches(draft) == ["first-touch", "demo_requests"]
    reading = read_version(Version.objects.get(pk=draft.pk), Version.objects.get(number=1))
    assert [change.key for change in reading.changes] == ["demo_requests"]
    assert "unless “First touch” applies" in reading.changes[0].now
    assert "Put it further up" in reading.checks[0].sentence
    client.post(address, given | {"revision": "2", "before": "first-touch", "stood_before": ""})
    reading = read_version(Version.objects.get(pk=draft.pk), Version.objects.get(number=1))
    assert {change.key for change in reading.changes} == {"demo_requests", "first-touch"}
    assert not reading.checks


def test_who_leaves_the_place_alone_moves_nothing_that_another_moved(client, draft) -> None:
    add_fast(client)
    partners = {"name": "Partners", "fast_track": "", "sources": "partner"}
    add_fast(client, **partners, before="demo_requests")
    assert touches(draft) == ["partners", "demo_requests", "first-touch"]
    # "demo_requests" was opened before "partners" was moved behind it: its place is not touched.
    client.post(
        reverse("terms-version-clause", args=[2, "partners"]),
        FAST | partners | {"revision": "1", "stood_before": "demo_requests"},
    )
    assert touches(draft) == ["demo_requests", "partners", "first-touch"]
    opened = {"revision": "1", "before": "first-touch", "stood_before": "first-touch"}
    client.post(
        reverse("terms-version-clause", args=[2, "demo_requests"]),
        FAST | opened | {"amount_s": "20"},
    )
    assert touches(draft) == ["demo_requests", "partners", "first-touch"]
    assert draft.clauses.get(key="demo_requests").body["amount_s"] == 1200


def test_a_stale_form_keeps_the_place_that_was_chosen(client, draft) -> None:
    add_fast(client)
    address = reverse("terms-version-clause", args=[2, "demo_requests"])
    given = FAST | {"revision": "1", "stood_before": "first-touch"}
    client.post(address, given | {"amount_s": "20"})
    stale = client.post(address, given | {"before": "", "amount_s": "25"})
    assert stale.status_code == 409
    assert '<option value="" selected>' in stale.content.decode()


def test_a_place_before_what_is_gone_is_refused(draft) -> None:
    with pytest.raises(DomainError, match="has been taken out"):
        make_room(lock_draft(draft), "first-touch", "gone")


def test_there_is_room_behind_a_text_that_was_read_in_with_the_highest_position(draft) -> None:
    draft.clauses.filter(key="disposition").update(position=HIGHEST_POSITION)
    body = {"name": "Volume", "side": "marketing", "kind": "volume", "at_least": 60}
    by, at = make_user(role="marketing"), timezone.now()
    saved = save_clause(
        version=draft, key="volume", kind="promise", body=body, revision=None, by=by, at=at
    )
    keys = [one["key"] for one in clause_texts(draft)]
    assert keys[-2:] == ["disposition", "volume"]
    assert saved.position == len(keys) - 1
