"""The databases that benchmarks measure: made for one run, filled, and dropped after it.

SQLite always, PostgreSQL where a server answers (``TEST_DATABASE_URL`` names another than the
local one).
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
NAME = f"alignment_bench_{os.getpid()}"  # of this run alone: others may measure beside it
KINDS = ("SQLite", "PostgreSQL")


def postgres_missing() -> str:
    """Return why PostgreSQL cannot be measured, or nothing when it answers."""
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.Error as failure:
        first = str(failure).strip().splitlines()[0]
        return f"no PostgreSQL answers (TEST_DATABASE_URL names another server): {first}"
    return ""


@contextmanager
def throw_away(kind: str) -> Iterator[dict[str, str]]:
    """Make an empty database; yield the environment in which the product uses it."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        (Path(folder) / "static").mkdir()  # where the product looks for gathered files
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DEBUG": "0",
            "DEMO": "0",
            "HTTPS": "0",
            "LOG_LEVEL": "ERROR",
            "SECRET_KEY": "only-for-benchmarks",
            "VAR_DIR": folder,
        }
        if kind == "SQLite":
            yield environment
            return
        _on_server(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}")
        try:
            yield environment | {"DATABASE_URL": f"{SERVER.rpartition('/')[0]}/{NAME}"}
        finally:
            _on_server(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def _on_server(*statements: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


def run(environment: dict[str, str], module: str, *arguments: str) -> int:
    """Run a module in a process of its own; return its exit code."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603
