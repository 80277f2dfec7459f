"""The reporting views: documented to the column, the same everywhere, nobody's name, read-only."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from leads.database.registry import KINDS
from leads.handoffs.models import Handoff
from portal.core import reporting
from portal.core.database_objects import let_readers_in
from portal.core.reporting import VIEWS
from scoring.engine.erasing import Why, erase_person
from sla.clocks.models import Clock
from tests.architecture.tree import ROOT
from tests.portal.scene import Scene
from tests.stages import staged

pytestmark = pytest.mark.django_db
DOCUMENT = ROOT / "docs/reference/reporting-views.md"
NAME, WORDS = "Veronika Unmistakable", "unmistakable words"


def company() -> Scene:
    """Two leads handed over, one rejected in words."""
    scene = Scene()
    scene.handoff(scene.sofia, name=NAME)
    scene.handoff(scene.anna)
    return scene


scene = staged(company)


def rows_of(name: str) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name}")  # noqa: S608 - our own names
        heads = [column[0] for column in cursor.description]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]


def documented() -> dict[str, list[str]]:
    parts = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)[1:]
    return {
        part.split("\n")[0]: re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) for part in parts
    }


def test_the_document_lists_exactly_the_columns_that_exist() -> None:
    found = {}
    for view in VIEWS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {view.name} WHERE 1 = 0")  # noqa: S608 - our own names
            found[view.name] = [column[0] for column in cursor.description]
    assert found == documented()


def test_every_kind_of_activity_has_its_name() -> None:
    assert {kind.code: kind.name for kind in KINDS} == reporting.KINDS


def test_they_say_what_the_tables_say(scene) -> None:
    handoffs = {row["handoff_id"]: row for row in rows_of("report_handoffs")}
    for handoff in Handoff.objects.all():
        row = handoffs[handoff.pk]
        assert row["handoff_uuid"] == str(handoff.public_id)
        assert (row["lead_id"], row["total"], row["is_decided"]) == (
            handoff.lead_id, handoff.total, 0,
        )  # fmt: skip
        assert (row["definition"], row["definition_version"], row["evidence"]) == (
            "definition", 1, "frozen",
        )  # fmt: skip
    assert len(rows_of("report_leads")) == 2
    assert len(rows_of("report_clocks")) == Clock.objects.count() == 4
    clauses = rows_of("report_definitions")
    assert {row["agreement_kind"] for row in clauses} == {"definition", "terms"}
    assert all(row["effective_until"] is None for row in clauses)
    daily = rows_of("report_activities_daily")
    assert {row["kind"] for row in daily} <= set(reporting.KINDS.values())
    assert sum(row["activities"] for row in daily) > 0


def test_first_touch_is_counted_in_seconds(scene) -> None:
    handoff = Handoff.objects.order_by("pk")[0]
    assert handoff.made_at is not None
    later = handoff.made_at + timedelta(days=40, seconds=7)
    Handoff.objects.filter(pk=handoff.pk).update(first_touch_at=later)
    (row,) = [one for one in rows_of("report_handoffs") if one["handoff_id"] == handoff.pk]
    assert row["seconds_to_first_touch"] == 40 * 86_400 + 7


def test_nobody_is_named_and_who_is_erased_stays_a_number(scene) -> None:
    Handoff.objects.update(words=WORDS)
    for again in (False, True):
        said = str([row for view in VIEWS for row in rows_of(view.name)])
        assert NAME.split()[1] not in said
        assert WORDS not in said
        assert "@" not in said
        assert scene.sofia.name not in said
        if not again:
            lead = Handoff.objects.get(lead__name=NAME).lead
            erase_person(lead=lead, why=Why.ASKED, by=scene.people["admin"], at=scene.at)
    assert len(rows_of("report_leads")) == 2


def test_the_role_for_reports_reads_them_and_nothing_else(scene) -> None:
    if connection.vendor != "postgresql":
        let_readers_in(connection)  # has nothing to do
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {reporting.READERS} NOLOGIN")
        let_readers_in(connection)
        cursor.execute(f"SET LOCAL ROLE {reporting.READERS}")
        for view in VIEWS:
            cursor.execute(f"SELECT count(*) FROM {view.name}")  # noqa: S608 - our names
        for statement in ("SELECT * FROM leads_lead", "DELETE FROM leads_lead"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
        cursor.execute("RESET ROLE")
        transaction.set_rollback(True)


def test_parquet_files_hold_what_the_views_say(scene, tmp_path: Path, capsys) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    call_command("export_parquet", to=tmp_path)
    for view in VIEWS:
        table = parquet.read_table(tmp_path / f"{view.name}.parquet")
        assert table.column_names == [name for name, _sql in view.columns]
        assert table.num_rows == len(rows_of(view.name))
    handoffs = parquet.read_table(tmp_path / "report_handoffs.parquet")
    made = {one.pk: one.made_at for one in Handoff.objects.all()}
    ids, instants = handoffs["handoff_id"].to_pylist(), handoffs["made_at"].to_pylist()
    assert dict(zip(ids, instants, strict=True)) == made
    assert str(handoffs.schema.field("decided_at").type) == "timestamp[us, tz=UTC]"
    assert not list(tmp_path.glob("*.part"))
