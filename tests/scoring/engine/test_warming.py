"""Pages that count everybody answer at once: columns there, behind, or not there at all."""

import shutil
from contextlib import suppress
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role
from portal.celery import app
from portal.events.bells import held
from scoring.engine import shards, warming
from scoring.engine.cache import refresh
from scoring.engine.columns_views import reads_columns
from scoring.engine.manifest import ASKED, folder, locked, read_manifest
from scoring.engine.population import survey
from scoring.engine.tasks import keep_columns
from scoring.engine.verify import differences
from scoring.engine.warming import ColumnsCold
from tests.factories import make_activity, make_definition, make_lead, make_user
from tests.portal.api.conftest import key_for
from tests.scoring.engine.test_columns import definition
from tests.scoring.workshop.posting import at as address
from tests.scoring.workshop.posting import fields_of, signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def large(monkeypatch, tmp_path, settings):
    """Three shards of eight leads, all of them too much for a page, and no worker that listens."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(shards, "LEADS", 8)
    monkeypatch.setattr(warming, "FEW", 0)
    app.conf.task_always_eager = False
    try:
        with held():
            now = timezone.now() - timedelta(hours=1)
            leads = [make_lead(at=now, facts={"title": "VP"}) for _ in range(24)]
            for lead in leads:
                make_activity(lead, kind="page_view", at=now, object_kind="page", object_key="/p")
            yield leads
    finally:
        app.conf.task_always_eager = True


def test_a_cold_page_says_at_once_how_far_the_columns_are():
    draft = make_definition(at=timezone.now(), signed=False)
    client, url = signed_in(Role.MARKETING), address("definition-preview", draft)
    with locked():  # a worker is at it
        page = client.get(url)
        part = client.get(url, headers=HTMX).content.decode()
        line = client.get(reverse("columns"), headers=HTMX)
    assert page.status_code == 202
    assert "Columns of all leads are being built, 0 %" in page.content.decode()
    assert f'hx-get="{url}"' in part
    assert 'id="columns-line"' in line.content.decode()
    assert read_manifest() is None
    refresh(most=1)
    total, done = read_manifest().total, len(read_manifest().shards)
    assert (done, total) == (1, len(range(total)))
    assert total >= 3
    assert f"being built, {100 // total} %" in client.get(url).content.decode()
    assert client.get(address("definition-catalogue", draft)).status_code == 202
    caller = key_for(make_user(role=Role.ADMIN))
    with locked():
        told = caller.get(f"definitions/{draft.number}/preview/")
    assert (told.status_code, told.json()["type"]) == (503, "about:blank#columns_cold")
    form = address("definition-clause", draft, key="pricing_page")
    typed = fields_of(client.get(form), form) | {"opened_key": "pricing_page"}
    assert client.post(url, typed).status_code == 409
    assert client.post(url, typed, headers=HTMX).status_code == 202
    keep_columns()
    assert read_manifest().is_whole
    assert client.get(url).status_code == 200
    assert client.get(reverse("columns"), headers=HTMX)["HX-Refresh"] == "true"
    assert client.get(reverse("columns")).status_code == 302


def test_a_build_that_was_killed_goes_on_and_is_as_true_as_any(large):
    refresh(most=1)
    (first,) = read_manifest().shards.values()
    make_activity(large[0], kind="form_submitted", at=timezone.now(), object_kind="form",
                  object_key="/f")  # fmt: skip
    manifest = refresh()
    assert first.base in {files.base for files in manifest.shards.values()}
    assert manifest.is_whole
    assert differences() == []


def test_a_page_answers_for_an_earlier_instant_while_much_is_read(large):
    keep_columns()
    before = read_manifest().as_of
    late = timezone.now() + timedelta(minutes=1)
    make_lead(at=late)
    found = survey(definition(), at=late)
    assert (found.leads, int(found.as_of.timestamp())) == (24, before)
    assert (folder() / ASKED).exists()  # a worker is asked for the rest, once
    with locked():
        keep_columns()  # another process is at it: this one is not waited for
        assert survey(definition(), at=late).leads == 24
    keep_columns()
    assert not (folder() / ASKED).exists()
    assert survey(definition(), at=late).leads == 25


def test_without_a_worker_each_look_builds_a_shard(monkeypatch):
    with pytest.raises(ColumnsCold):
        survey(definition())
    assert read_manifest() is None  # asked for: a worker has some seconds to begin
    monkeypatch.setattr(warming, "PATIENCE", 0)
    looks = 0
    while read_manifest() is None or not read_manifest().is_whole:
        looks += 1
        with suppress(ColumnsCold):
            survey(definition())
        assert len(read_manifest().shards) == looks
    assert looks == read_manifest().total
    assert survey(definition()).leads == 24


def test_a_lost_shard_is_built_by_a_worker_too():
    manifest = refresh()
    shutil.rmtree(folder() / next(iter(manifest.shards.values())).base)
    with pytest.raises(ColumnsCold) as cold:
        survey(definition(), at=timezone.now() + timedelta(hours=1))
    assert (cold.value.done, cold.value.total) == (manifest.total - 1, manifest.total)
    keep_columns()
    assert survey(definition()).leads == 24
    assert differences() == []


def test_what_little_there_is_is_read_by_the_page(monkeypatch):
    monkeypatch.setattr(warming, "FEW", 10**9)  # told by the newest numbers, which others raised
    assert survey(definition()).leads == 24
    assert reads_columns(lambda _request: "as it was")(None) == "as it was"
