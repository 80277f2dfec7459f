"""One migrated, empty database for all runs: each process copies it instead of migrating anew.

A copy takes a fraction of a second, the migrations ten. The template's name carries a digest of
what shapes it (migrations, triggers, settings, locked libraries), so that it is made anew when
any of them changes. Tests still run on a database that the real migrations made.
"""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
# `make test` throws its own folder away; the template stays for the next run.
FOLDER = Path(os.environ.get("TEST_TEMPLATE_DIR") or tempfile.gettempdir())
PREFIX = "portal_template_"
KEPT = 3600.0  # seconds
SHAPING = ("*/migrations/*.py", "portal/core/database_objects.py", "portal/core/daymarks.py",
           "portal/core/mirrors.py", "portal/core/reporting.py", "portal/core/stale.py",
           "portal/core/stamps.py", "portal/settings.py", "tests/settings.py",
           "requirements.txt")  # fmt: skip


def digest() -> str:
    """Return what names the template of today's migrations."""
    files = sorted(path for pattern in SHAPING for path in ROOT.glob(pattern))
    found = hashlib.sha256()
    for path in files:
        found.update(path.relative_to(ROOT).as_posix().encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time makes or copies a template."""
    with (FOLDER / f"{PREFIX}{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_test_database() -> None:
    """Point the connection at a fresh copy of the template, which is made where it is missing."""
    own, template = connection.settings_dict["TEST"]["NAME"], PREFIX + digest()
    way = _copy_file if connection.vendor == "sqlite" else _copy_database
    connection.close()
    with alone():
        way(template, own)
    _use(own)


def make_template() -> None:
    """Make the template where it is missing, so that no suite waits for it."""
    make_test_database()
    remove_test_database()


def copy_to(path: Path) -> None:
    """Put a migrated SQLite database there, for the programs that a test starts."""
    with alone():
        shutil.copyfile(_kept(PREFIX + digest()), path)


def remove_test_database() -> None:
    """Drop the copy."""
    own = connection.settings_dict["NAME"]
    connection.close()
    if connection.vendor == "sqlite":
        for rest in ("", "-wal", "-shm"):
            Path(own + rest).unlink(missing_ok=True)
    else:
        _on_server(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')


def _use(name: str) -> None:
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name


def _migrate(name: str) -> None:
    _use(name)
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()


def _kept(template: str) -> Path:
    return FOLDER / f"{template}_{os.getuid()}.sqlite3"


def _copy_file(template: str, own: str) -> None:
    kept = _kept(template)
    if not kept.exists():
        for old in FOLDER.glob(f"{PREFIX}*_{os.getuid()}.sqlite3"):
            if time.time() - old.stat().st_mtime > KEPT:  # else another run is at work on it
                old.unlink(missing_ok=True)
        _migrate(own)
        part = kept.with_suffix(".part")
        shutil.copyfile(own, part)
        part.replace(kept)
    shutil.copyfile(kept, own)


def _copy_database(template: str, own: str) -> None:
    names = [row[0] for row in _on_server("SELECT datname FROM pg_database")]
    if template not in names:
        for old in names:
            if old.startswith(PREFIX):
                with suppress(Exception):  # another run may be copying it
                    _on_server(f'DROP DATABASE "{old}"')
        _on_server(f'CREATE DATABASE "{template}_part"')
        _migrate(f"{template}_part")
        _on_server(f'ALTER DATABASE "{template}_part" RENAME TO "{template}"')
    for old in names:
        if old == own or _is_abandoned(old):
            _on_server(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
    _on_server(f'CREATE DATABASE "{own}" TEMPLATE "{template}"')


def _is_abandoned(name: str) -> bool:
    """Tell whether a database is the copy, or the half-made template, of a run that was killed."""
    if name.startswith(PREFIX) and name.endswith("_part"):
        return True
    found = re.fullmatch(r"test_portal_(\d+)(_gw\d+)?", name)
    return bool(found) and not Path(f"/proc/{found[1]}").exists()


def _on_server(statement: str) -> list[tuple[str, ...]]:
    """Run one statement beside the tests' own database."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


if __name__ == "__main__":  # a step of `make test`
    django.setup()
    try:
        make_template()
    finally:
        shutil.rmtree(settings.VAR_DIR, ignore_errors=True)
