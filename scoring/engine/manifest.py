"""What the column cache holds, and how far it has read: one small file, replaced as a whole.

The cache is a folder under VAR_DIR, one for each database. It may be deleted at any moment.
"""

import errno
import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from portal.core.errors import DomainError

FORMAT = 3  # of the files; another number builds everything anew
MARKS = frozenset({"activity", "snapshot", "event", "lead"})
ASKED = "asked"  # an empty file: somebody has asked for columns that are not up to date


class ColumnsUnwritable(DomainError):
    """The folder cannot be written: read-only, full, or something else is there."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "columns_unwritable"


@dataclass
class ShardFiles:
    """The names of one shard's files, and how many rows they hold."""

    base: str
    listed: str
    tail: str = ""
    rows: int = 0
    tail_rows: int = 0

    @property
    def names(self) -> set[str]:
        return {self.base, self.listed} | ({self.tail} if self.tail else set())


@dataclass
class Manifest:
    """``marks`` say up to which id each table has been read for good: what is above is read again.

    ``last`` are the newest rows seen, with the second in which they were recorded: a database in
    which they are different is another one. ``handled`` are events acted upon above their mark.
    ``total`` is how many shards there should be: fewer are there while they are built.
    """

    as_of: int
    format: int = FORMAT
    marks: dict[str, int] = field(default_factory=dict)
    last: dict[str, list[int]] = field(default_factory=dict)
    handled: list[int] = field(default_factory=list)
    shards: dict[int, ShardFiles] = field(default_factory=dict)
    total: int = 0

    @property
    def is_whole(self) -> bool:
        return len(self.shards) >= self.total


def folder() -> Path:
    """Return where the cache of this database lives."""
    given = connection.settings_dict
    told = [str(given[name]) for name in ("ENGINE", "NAME", "HOST", "PORT")]
    name = hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
    return Path(settings.VAR_DIR) / "columns" / name


def read_manifest() -> Manifest | None:
    """Return the manifest; None when there is none that can be read, or one of another format."""
    try:
        given = json.loads((folder() / "manifest.json").read_text())
        shards = given.pop("shards")
        if given.get("format") != FORMAT:
            return None
        files = {int(number): ShardFiles(**names) for number, names in shards.items()}
        found = Manifest(**given, shards=files)
        return found if _is_sound(found) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _is_sound(found: Manifest) -> bool:
    """Whether everything is there and of its type: a file that only looks like one is none."""
    numbers = [found.as_of, found.total, *found.marks.values(), *found.handled]
    names: list[object] = []
    for newest in found.last.values():
        numbers += newest
    for one in found.shards.values():
        numbers += [one.rows, one.tail_rows]
        names += [one.base, one.listed, one.tail]
    return (
        found.marks.keys() >= MARKS
        and all(len(newest) in {0, 2} for newest in found.last.values())
        and all(type(number) is int for number in numbers)
        and all(isinstance(name, str) for name in names)
    )


def write_manifest(manifest: Manifest) -> None:
    """Put the manifest in the place of the last one, and remove every file it does not name."""
    root = folder()
    waiting = root / "manifest.new"
    waiting.write_text(json.dumps(asdict(manifest)))  # a torn one is built again: no fsync
    waiting.replace(root / "manifest.json")
    kept = {"manifest.json", "lock"}.union(*(one.names for one in manifest.shards.values()))
    if not manifest.is_whole:
        kept.add(ASKED)
    for path in root.iterdir():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(True)  # noqa: FBT003


@contextmanager
def locked(*, wait: bool = True) -> Iterator[None]:
    """Be the only process on this machine that writes the cache. Readers need no lock.

    Without ``wait`` it raises BlockingIOError while another process writes; ColumnsUnwritable
    where nothing can be written.
    """
    root = folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        file = (root / "lock").open("w")
    except OSError as failure:
        raise _unwritable(failure) from failure
    with file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        try:
            yield
        except OSError as failure:
            if failure.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}:
                raise _unwritable(failure) from failure
            raise


def _unwritable(failure: OSError) -> ColumnsUnwritable:
    words = _("The columns of all leads cannot be written to %(folder)s: %(why)s.")
    told = {"folder": folder(), "why": failure.strerror or failure}
    return ColumnsUnwritable(words % told)
