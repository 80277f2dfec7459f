"""Signed content: the database refuses to change it, and what changed all the same is found."""

import json
import random
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from portal.agreements.models import Version
from portal.core import database_objects
from tests.conftest import FULL
from tests.factories import make_definition

pytestmark = pytest.mark.django_db
TRIES = 1000 if FULL else 100

# Every column that what was signed rests on, and the row of the version it is in.
SIGNED = (
    ("portal_version", "signed_text", "id"),
    ("portal_version", "sha256", "id"),
    ("portal_clause", "body", "version_id"),
    ("portal_clause", "rationale", "version_id"),
    ("portal_clause", "key", "version_id"),
    ("portal_signature", "sha256", "version_id"),
    ("portal_signature", "role", "version_id"),
    ("portal_signature", "side", "version_id"),
)


def run(sql: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def verified() -> dict:
    out = StringIO()
    try:
        call_command("verify_signatures", "--json", stdout=out)
    except SystemExit as stop:
        return json.loads(out.getvalue()) | {"exit": stop.code}
    return json.loads(out.getvalue()) | {"exit": 0}


def as_text(column: str) -> str:
    return f"CAST({column} AS text)"


def change_a_byte(version: Version, chance: random.Random) -> str:
    """Change one character somewhere in the signed content; return the column it was in."""
    table, column, of = chance.choice(SIGNED)
    select = f"SELECT id, {as_text(column)} FROM {table}"  # noqa: S608 - names of our own
    rows = run(f"{select} WHERE {of} = %s ORDER BY id", version.pk)
    row, text = chance.choice([one for one in rows if one[1]])
    place = chance.randrange(len(text))
    other = chance.choice([letter for letter in "abcXYZ019 _-" if letter != text[place]])
    changed = text[:place] + other + text[place + 1 :]
    cast = "CAST(%s AS jsonb)" if column == "body" and connection.vendor == "postgresql" else "%s"
    update = f"UPDATE {table} SET {column} = {cast}"  # noqa: S608 - names of our own
    run(f"{update} WHERE id = %s", changed, row)
    return f"{table}.{column}"


def test_what_holds_is_said_and_ends_well(now) -> None:
    assert verified() == {"versions": [], "holds": True, "exit": 0}
    version = make_definition(at=now)
    said = verified()
    assert (said["holds"], said["exit"]) == (True, 0)
    assert said["versions"][0]["sha256"] == version.sha256


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE portal_version SET signed_text = signed_text || ' '",
        "UPDATE portal_version SET effective_from = NULL",
        "DELETE FROM portal_version",
        "UPDATE portal_clause SET rationale = 'another'",
        "DELETE FROM portal_clause",
        "UPDATE portal_signature SET sha256 = 'another'",
        "UPDATE portal_signature SET voided_at = at",
        "DELETE FROM portal_signature",
    ],
)
def test_the_database_refuses_to_change_what_was_signed(now, sql) -> None:
    make_definition(at=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        run(sql)
    assert verified()["holds"]


def test_a_signed_version_takes_no_more_clauses(now) -> None:
    version = make_definition(at=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        version.clauses.create(key="more", kind="rule", position=99, body={}, changed_at=now)


def test_random_bytes_are_refused(now) -> None:
    version = make_definition(at=now)
    chance = random.Random(7)  # noqa: S311 - the same bytes in each run
    for _ in range(TRIES):
        with pytest.raises(DatabaseError), transaction.atomic():
            change_a_byte(version, chance)
    assert verified()["holds"]


def test_random_bytes_are_refused_also_after_those_tables_were_migrated(now) -> None:
    """SQLite remakes a table on ALTER and drops its triggers without a word."""
    version = make_definition(at=now)
    remake_signed_tables()
    names = {guard.name for guard in database_objects.GUARDS}
    assert names <= database_objects.standing_objects(connection)
    chance = random.Random(13)  # noqa: S311 - the same bytes in each run
    for _ in range(TRIES):
        with pytest.raises(DatabaseError), transaction.atomic():
            change_a_byte(version, chance)
    assert verified()["holds"]


def remake_signed_tables() -> None:
    """Alter a column of each signed table and back, between the signals of a migration."""
    database_objects.drop_before_migrations(using="default")
    if connection.vendor == "postgresql":
        connection.check_constraints()  # no table is altered while checks of its rows wait
        for table in ("portal_version", "portal_clause", "portal_signature"):
            run(f"ALTER TABLE {table} ADD COLUMN passing integer")
            run(f"ALTER TABLE {table} DROP COLUMN passing")
    else:
        for table in ("portal_version", "portal_clause", "portal_signature"):
            (made,) = run("SELECT sql FROM sqlite_master WHERE type='table' AND name=%s", table)[0]
            run("PRAGMA defer_foreign_keys = ON")
            run("PRAGMA legacy_alter_table = ON")
            run(made.replace(f'CREATE TABLE "{table}"', f'CREATE TABLE "new__{table}"', 1))
            run(f"INSERT INTO new__{table} SELECT * FROM {table}")  # noqa: S608 - our own names
            run(f"DROP TABLE {table}")
            run(f"ALTER TABLE new__{table} RENAME TO {table}")
            run("PRAGMA legacy_alter_table = OFF")
        assert not {"version_final", "clause_final"} & database_objects.standing_objects(connection)
    database_objects.make_after_migrations(using="default", sender=apps.get_app_config("sla"))


def test_bytes_changed_behind_the_triggers_are_found(now) -> None:
    version = make_definition(at=now)
    chance = random.Random(11)  # noqa: S311 - the same bytes in each run
    changed = 0
    for _ in range(TRIES):
        before = transaction.savepoint()
        try:
            with transaction.atomic():
                where = unguarded(lambda: change_a_byte(version, chance))
        except DatabaseError:
            continue  # refused all the same: a body must stay JSON
        said = verified()
        assert said["exit"] == 1, f"{where} was changed and not found"
        assert said["versions"][0]["wrong"]
        transaction.savepoint_rollback(before)
        changed += 1
    assert changed > TRIES / 2
    assert verified()["holds"]


def unguarded(act):
    """Do something as one who has taken the triggers away would."""
    database_objects.drop_all(connection)
    try:
        return act()
    finally:
        database_objects.make_all(connection)
