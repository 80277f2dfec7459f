"""The database after a test that commits: as clean as the migrations left it, at little cost.

Django's flush empties every table, then does all that follows a migration, triggers included: more
work than most tests. On SQLite the pages of the clean database are put back; on PostgreSQL only
the tables are emptied that somebody wrote to. ``kept`` goes on from there: what many browser tests
begin with is made once, and its pages are put back before each.
"""

import copy
import importlib
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import TransactionTestCase

from tests import stages

# What migrations store, or what is made after them, and no test changes.
LASTS = {"django_migrations", "django_content_type", "auth_permission"}
YOUNG = 240.0  # seconds in which what came "an hour ago" still did, for any test


class Pages:
    """A whole SQLite database in memory, as it stands when this is made."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self.kept = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(self.kept)

    def put_back(self) -> None:
        connection.close()  # a query that was not read to its end would stand in the way
        connection.connect()
        self.kept.backup(connection.connection)


def clear_without_flush() -> None:
    """Let this process's tests that commit leave the database as it is now, which is clean."""
    clear = Pages().put_back if connection.vendor == "sqlite" else empty_what_was_written

    def tear_down(_case: TransactionTestCase) -> None:
        stages.end()  # such a test may have stood on one
        clear()

    TransactionTestCase._fixture_teardown = tear_down  # type: ignore[method-assign]


def empty_what_was_written() -> None:
    """Empty the tables of PostgreSQL that hold rows.

    A role that may switch triggers and references off deletes the few rows: TRUNCATE makes each
    table and each of its indexes anew.
    """
    with connection.cursor() as cursor:
        names = [one for one in connection.introspection.table_names(cursor) if one not in LASTS]
        any_row = "SELECT '{0}' WHERE EXISTS (SELECT 1 FROM \"{0}\")"
        cursor.execute(" UNION ALL ".join(any_row.format(name) for name in names))
        written = [f'"{name}"' for (name,) in cursor.fetchall()]
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        if cursor.fetchone() == (True,):
            rows = "; ".join(f"DELETE FROM {name}" for name in written)  # noqa: S608 - our own
            cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {rows}; COMMIT")
        elif written:
            cursor.execute(f"TRUNCATE {', '.join(written)} CASCADE")
    migration = importlib.import_module("leads.migrations.0003_reasons")
    migration.fill(apps, connection.schema_editor())


def kept(make: Callable[[], Any]) -> Any:
    """Return a fixture of what ``make`` made and committed, for tests that commit as well.

    Each test gets a copy of its own, part by part if it is a tuple; ``again`` of a part makes it
    where there is one, as on a stage (tests/stages.py). On PostgreSQL it is made for each test.
    """
    made: Any = None
    pages: Pages | None = None
    since = 0.0

    def standing(transactional_db: None) -> Any:
        nonlocal made, pages, since
        if pages is not None and time.monotonic() - since < YOUNG:
            pages.put_back()
        else:
            made, since = make(), time.monotonic()
            pages = Pages() if connection.vendor == "sqlite" else None
        return tuple(map(_copy, made)) if isinstance(made, tuple) else _copy(made)

    return pytest.fixture(standing)


def _copy(one: Any) -> Any:
    return one.again() if hasattr(one, "again") else copy.deepcopy(one)
