"""What the column cache holds, and how far it has read: one small file, replaced as a whole.

The cache is a folder under VAR_DIR, one for each database. It may be deleted at any moment.
"""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

FORMAT = 2  # of the files; another number builds everything anew
ASKED = "asked"  # an empty file: somebody has asked for columns that are not up to date


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
        return Manifest(**given, shards=files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


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

    Without ``wait`` it raises BlockingIOError while another process writes.
    """
    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
