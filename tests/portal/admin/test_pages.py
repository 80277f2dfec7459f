"""The admin: every page answers, only admins enter, and nothing goes round the rules."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.capture.models import CaptureForm
from leads.dispositions.services import reject
from portal.accounts.models import ApiKey, Role, Team, User
from portal.events.models import Event
from tests.factories import (
    make_activity,
    make_handoff,
    make_lead,
    make_reason,
    make_user,
)
from tests.portal.admin.conftest import fill, page, record_one

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
KEPT = {  # what no admin may delete, add or change
    "portal.event",
    "portal.delivery",
    "portal.version",
    "portal.clause",
    "portal.signature",
    "scoring.evidence",
    "leads.lead",
    "leads.handoff",
    "leads.disposition",
    "leads.activity",
    "leads.standing",
    "leads.factsnapshot",
    "leads.import",
    "leads.stagechange",
}


def test_there_is_something_to_walk() -> None:
    labels = {model._meta.label_lower for model in MODELS}
    assert labels >= KEPT
    assert {"portal.user", "portal.team", "leads.reason", "portal.apikey"} <= labels
    assert {model._meta.app_label for model in MODELS} <= {"portal", "leads", "scoring", "sla"}


def test_every_page_answers(desk: Client) -> None:
    fill()
    for model in MODELS:
        assert desk.get(page(model, "changelist")).status_code == 200, model
        assert desk.get(page(model, "changelist"), {"q": "1"}).status_code == 200, model
        add = desk.get(page(model, "add")).status_code
        assert add == (
            200 if admin.site._registry[model].has_add_permission(request(desk)) else 403
        )
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            assert desk.get(page(model, "change", row.pk)).status_code == 200, model


def request(desk: Client):
    return desk.get(reverse("admin:index")).wsgi_request


@pytest.mark.parametrize("label", sorted(KEPT))
def test_what_is_kept_cannot_be_added_changed_or_deleted(desk: Client, label: str) -> None:
    fill()
    record_one(make_lead())
    model = next(one for one in MODELS if one._meta.label_lower == label)
    before = list(model._default_manager.order_by("pk").values())
    assert desk.post(page(model, "add"), {}).status_code == 403
    for row in before[:1]:
        key = row.get("id") or row.get("lead_id") or row.get("handoff_id")
        assert desk.post(page(model, "change", key), {"_save": "1"}).status_code == 403
        assert desk.post(page(model, "delete", key), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [1], "post": "yes"}
    desk.post(page(model, "changelist"), chosen)
    assert list(model._default_manager.order_by("pk").values()) == before


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_other_roles_do_not_enter(client: Client, role: str) -> None:
    client.force_login(make_user(role=role))
    answer = client.get(page(User, "changelist"), follow=True)
    assert answer.status_code == 404


def test_strangers_are_sent_to_the_one_sign_in_page(client: Client) -> None:
    answer = client.get(page(User, "changelist"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    posted = client.post(reverse("admin:login"), {"username": "a", "password": "b"})
    assert posted["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "label",
    [
        "leads.lead",
        "leads.handoff",
        "leads.activity",
        "portal.event",
        "leads.disposition",
        "leads.standing",
    ],
)
def test_a_list_costs_the_same_however_long_it_is(desk: Client, label: str) -> None:
    model = next(one for one in MODELS if one._meta.label_lower == label)

    def add(count: int) -> None:
        for _ in range(count):
            handoff = make_handoff(owner=make_user())
            make_activity(handoff.lead, object_kind="page", object_key=f"/{handoff.pk}")
            record_one(handoff.lead)
            boss = User.objects.filter(role=Role.ADMIN).get()
            reject(handoff=handoff, reason=make_reason(), by=boss, at=timezone.now())

    counts = []
    for more in (1, 39):
        add(more)
        desk.get(page(model, "changelist"))
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(page(model, "changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_no_admin_page_breaks_the_content_security_policy(desk: Client) -> None:
    fill()
    for model in (User, Team, ApiKey, Event, CaptureForm):
        for address in (page(model, "changelist"), reverse("admin:index")):
            answer = desk.get(address)
            assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
            markup = answer.content.decode()
            assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", markup)
            assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", markup)
