"""Taking in a file: its size, its digest, a first guess at its mapping."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from leads.imports.guess import guess_mapping
from leads.imports.models import Import
from leads.imports.reading import UnreadableFile, open_table
from portal.accounts.models import Organisation, User
from portal.core.errors import DomainError
from portal.core.instants import whole_second
from portal.core.text import clean_text
from portal.events.services import record

SAMPLE = 200  # rows that the guess looks at
USUAL_SYSTEM = "crm"  # one name for all files of one system, so that their ids meet


def start_import(*, file: File, kind: str, by: User | None, at: datetime) -> Import:
    """Keep an uploaded file and guess how its columns become fields of ``kind``.

    Nothing is imported yet. Raises DomainError, with the sentence, for a file that is too large
    or cannot be read as CSV.
    """
    if (file.size or 0) > settings.IMPORT_MAX_BYTES:
        raise DomainError(
            _("The file is larger than %(most)d MB. Split it and upload the parts.")
            % {"most": settings.IMPORT_MAX_BYTES // 1_000_000}
        )
    name = clean_text(Path(file.name or "").name)[:200] or "upload.csv"
    run = Import(kind=kind, file_name=name, sha256=digest_of(file), started_by=by)
    run.created_at = whole_second(at)
    run.file.save(f"{uuid4().hex}.csv", file, save=False)
    try:
        run.mapping = _guess(run, name)
        with transaction.atomic():
            run.save()
            record("import.uploaded", subject=run, actor=by, at=at, payload={"kind": kind})
    except BaseException as failure:
        run.file.delete(save=False)
        if isinstance(failure, UnreadableFile):
            raise DomainError(str(failure)) from failure
        raise
    return run


def digest_of(file: "File | IO[bytes]") -> str:
    """Return the SHA-256 of a file, and leave it at its beginning."""
    digest = sha256()
    for piece in _pieces(file):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _pieces(file: "File | IO[bytes]") -> Iterable[bytes]:
    file.seek(0)
    return iter(lambda: file.read(1_048_576), b"")


def _guess(run: Import, name: str) -> dict[str, Any]:
    table = open_table(run.file.path)
    rows = [row.cells for row in islice(table.rows(), SAMPLE) if row.cells is not None]
    guess = guess_mapping(
        run.kind,
        table.header,
        rows,
        name=Path(name).stem[:80],
        source_system=USUAL_SYSTEM,
        zone=Organisation.current().zone,
    )
    return guess.document
