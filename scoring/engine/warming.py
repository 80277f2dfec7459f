"""Columns for pages, which do not wait: whoever builds or reads on much does it in a worker.

``keep_columns`` (tasks) keeps them warm: on beat, and rung when much has changed. A page takes
what is there, true for the instant that it names. Where nothing is there yet it says how far the
work is, and looks again.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from time import time

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.core.errors import DomainError
from scoring.engine.cache import TooMuch, manifest_of_this_database, refresh
from scoring.engine.manifest import (
    ASKED,
    ColumnsUnwritable,
    Manifest,
    folder,
    locked,
    write_manifest,
)

logger = logging.getLogger(__name__)
FEW = 50_000  # rows that are read while somebody waits: some tenths of a second
PATIENCE = 15.0  # seconds in which a worker should have begun


class ColumnsCold(DomainError):
    """The columns are not there yet: ``done`` shards of ``total`` are built, 0 of 0 at first."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "columns_cold"

    def __init__(self, manifest: Manifest | None) -> None:
        self.done = len(manifest.shards) if manifest else 0
        self.total = manifest.total if manifest else 0
        self.percent = 100 * self.done // self.total if self.total else 0
        words = _("Columns of all leads are being built, %d %%. Try again in a moment.")
        super().__init__(words % self.percent)


def warm_columns(*, at: datetime | None = None, lost: Collection[int] = ()) -> Manifest:
    """Return what is in the columns, brought up to date where that is little work.

    More is a worker's; until it is done the columns answer for an earlier instant. Raises
    ColumnsCold while there is nothing to answer from. Waits for nobody.
    """
    try:
        return refresh(at=at, lost=lost, wait=False, few=FEW)
    except TooMuch as much:
        found = much.before
    except BlockingIOError:  # another process is at it, and keeps what it has done
        return _whole(manifest_of_this_database())
    except ColumnsUnwritable:
        if (found := manifest_of_this_database()) is None or not found.is_whole or lost:
            raise
        return found  # what is there still answers, for the instant that it names
    try:
        if lost:
            found = _without(lost)
        if found is not None and found.is_whole:
            ask_for_columns()
            return found
        return _whole(_asked(found))
    except BlockingIOError:  # a worker has begun meanwhile
        return _whole(manifest_of_this_database())


def _whole(found: Manifest | None) -> Manifest:
    if found is None or not found.is_whole:
        raise ColumnsCold(found)
    return found


def _without(lost: Collection[int]) -> Manifest | None:
    """Take shards out of the manifest of which a file is missing or damaged."""
    with locked(wait=False):
        found = manifest_of_this_database()
        if found is not None:
            found.total = max(found.total, len(found.shards))
            for number in lost:
                found.shards.pop(number, None)
            write_manifest(found)
        return found


def _asked(before: Manifest | None) -> Manifest | None:
    """Ask a worker for the columns; where none begins, build one shard here and now."""
    since = max((_touched(name) for name in (ASKED, "manifest.json")), default=0.0)
    if not (folder() / ASKED).exists():
        ask_for_columns()
        return manifest_of_this_database()
    if time() - since < PATIENCE:
        return before
    ask_for_columns()
    return refresh(at=timezone.now(), wait=False, most=1)


def _touched(name: str) -> float:
    try:
        return (folder() / name).stat().st_mtime
    except OSError:
        return 0.0


def ask_for_columns() -> None:
    """Ring for a worker, at most once in PATIENCE; beat comes by each minute anyway."""
    asked: Path = folder() / ASKED
    if time() - _touched(ASKED) < PATIENCE:
        return
    asked.parent.mkdir(parents=True, exist_ok=True)
    asked.touch()
    from scoring.engine.tasks import keep_columns  # noqa: PLC0415 - it imports this module

    try:
        keep_columns.delay()
    except Exception:  # beat comes by each minute anyway
        logger.warning("the broker did not answer; beat will build the columns", exc_info=True)


def keep_warm(*, at: datetime) -> bool:
    """Bring this machine's columns up to date; False while another process does it."""
    try:
        refresh(at=at, wait=False)
    except BlockingIOError:
        return False
    return True
