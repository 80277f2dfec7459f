"""Columns of decided handoffs kept on disk for ten minutes, and shown with their age.

Above 20,000 handoffs one reading costs a database hundreds of milliseconds, and a person who
looks around asks for the same ones page after page. What is kept holds ids and counts, no words
about anybody; each file may be deleted at any moment, and is read anew then.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from leads.dispositions.models import Disposition
from scoring.feedback.decided import COLUMNS, Decided, read_decided

FRESH = timedelta(minutes=10)
MANY = 20_000  # handoffs from which on keeping them pays
MOST_FILES = 50
FORM = 1  # of the file: another number when the columns change


def decided_columns(
    rows: QuerySet[Disposition], *, at: datetime, anew: bool = False
) -> tuple[Decided, datetime]:
    """Return the columns of these dispositions and when they were read, at most ten minutes ago.

    ``anew``: read now, whatever is kept. Two who ask at once both read; the later file stays.
    """
    place = _place(rows)
    if not anew and (kept := _kept(place, at=at)) is not None:
        return kept
    found = read_decided(rows)
    if len(found) >= MANY:
        _keep(place, found, at=at)
    return found, at


def _place(rows: QuerySet[Disposition]) -> Path:
    """Return the file of just this question to just this database."""
    sql, parameters = rows.order_by().values("pk").query.sql_with_params()
    database = connection.settings_dict
    asked = (FORM, database.get("HOST"), str(database["NAME"]), sql, parameters)
    name = hashlib.sha256(repr(asked).encode()).hexdigest()[:32]
    return Path(settings.VAR_DIR) / "learning" / f"{name}.npz"


def _kept(place: Path, *, at: datetime) -> tuple[Decided, datetime] | None:
    try:
        read_at = datetime.fromtimestamp(place.stat().st_mtime, UTC)
        if not timedelta(0) <= at - read_at < FRESH:
            return None
        with np.load(place, allow_pickle=False) as file:
            columns = {name: file[name] for name in COLUMNS}
            reasons = tuple(str(one) for one in file["reasons"])
            apart = frozenset(str(one) for one in file["apart"])
    except (OSError, ValueError, KeyError, EOFError):
        return None  # not there, or a file that nobody can read: it is made anew
    return Decided(**columns, reasons=reasons, apart_codes=apart), read_at


def _keep(place: Path, found: Decided, *, at: datetime) -> None:
    """Write the file whole or not at all; a full disk costs only the keeping."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                columns = {column: getattr(found, column) for column in COLUMNS}
                codes = np.array(sorted(found.apart_codes), dtype=str)
                np.savez(file, reasons=np.array(found.reasons, dtype=str), apart=codes, **columns)
            stamp = at.timestamp()
            os.utime(name, (stamp, stamp))
            Path(name).replace(place)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        _tidy(place.parent)


def _tidy(folder: Path) -> None:
    """Delete the oldest files above the most that are kept."""
    files = sorted(folder.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for one in files[MOST_FILES:]:
        one.unlink(missing_ok=True)
