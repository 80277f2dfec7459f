"""The dry run: what would be refused, and why; nothing is written but the finding itself."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from leads.imports import activity_rows, handoff_rows, leads_rows, spend_rows
from leads.imports.batch import BATCH, ImportRow, RowKind, Setting
from leads.imports.mapping import BadMapping, Mapping, read_mapping
from leads.imports.models import Import
from leads.imports.reader import RowReader
from leads.imports.reading import UnreadableFile
from leads.imports.rejects import OURS
from portal.accounts.models import User
from portal.core.errors import Conflict, DomainError
from portal.core.instants import whole_second

KINDS: dict[str, RowKind] = {
    "leads": leads_rows,
    "activities": activity_rows,
    "spend": spend_rows,
    "handoffs": handoff_rows,
}
SHOWN = 50  # rows with a problem that are listed
PAGE_ROWS = 20_000  # rows that a page checks; the import itself checks all
EDITABLE = (Import.State.UPLOADED, Import.State.CHECKED, Import.State.FAILED)


@dataclass
class Finding:
    """What a dry run found. ``problems`` holds (row, sentences) of the first refused rows."""

    rows: int = 0
    good: int = 0
    refused: int = 0
    is_whole: bool = True
    problems: list[tuple[int, list[str]]] = field(default_factory=list)
    sentences: dict[str, int] = field(default_factory=dict)  # the commonest, with their counts
    unread: list[str] = field(default_factory=list)


def usable_mapping(kind: str, document: object) -> Mapping:
    """Return the checked mapping. Raises BadMapping, also when it is for another kind."""
    mapping = read_mapping(document)
    if mapping.kind != kind:
        raise BadMapping(
            [
                _("The mapping is for %(its)s, this import is for %(ours)s.")
                % {"its": mapping.kind, "ours": kind}
            ]
        )
    return mapping


def reader_of(run: Import, mapping: Mapping, *, next_row: int = 1) -> RowReader:
    """Open the upload. Raises DomainError when it is gone or cannot be read any more."""
    try:
        return RowReader(Path(run.file.path), mapping, name=run.sha256[:12], next_row=next_row)
    except (OSError, UnreadableFile) as failure:
        raise DomainError(_("The uploaded file cannot be read any more. Upload it again.")) from (
            failure
        )


def refused_of(rows: list[ImportRow], kind: str, setting: Setting) -> dict[int, list[str]]:
    """Return the sentences of the rows that cannot be stored, by row number. Reads only."""
    refused = {row.number: row.problems for row in rows if row.problems}
    good = [row for row in rows if not row.problems]
    if good:
        found = KINDS[kind].refuse(good, setting)
        refused |= {number: [sentence] for number, sentence in found.items()}
    return refused


def set_mapping(*, run: Import, mapping: object, by: User | None) -> Mapping:
    """Keep a mapping with the import. Raises BadMapping, and Conflict once it was started."""
    checked = usable_mapping(run.kind, mapping)
    reader_of(run, checked)
    changed = Import.objects.filter(pk=run.pk, state__in=EDITABLE, next_row=1).update(
        mapping=checked.document, state=Import.State.UPLOADED, checked={}
    )
    if not changed:
        raise Conflict(_("This import has been started. Upload the file again to map it anew."))
    run.refresh_from_db()
    return checked


def check_import(
    *, run: Import, mapping: object, at: datetime, limit: int | None = None
) -> Finding:
    """Try every row (or the first ``limit``) without storing any, and keep what was found.

    Raises BadMapping, with all its problems, and DomainError for a file that is gone.
    """
    checked = set_mapping(run=run, mapping=mapping, by=run.started_by)
    finding = _try_rows(run, checked, whole_second(at), limit)
    Import.objects.filter(pk=run.pk, state=Import.State.UPLOADED).update(
        state=Import.State.CHECKED,
        checked=asdict(finding),
        rows_in_file=finding.rows if finding.is_whole else None,
    )
    run.refresh_from_db()
    return finding


def _try_rows(run: Import, mapping: Mapping, at: datetime, limit: int | None) -> Finding:
    setting = Setting(mapping.source_system, run.started_by, at)
    read = {*mapping.columns, *OURS}
    counts: Counter[str] = Counter()
    with reader_of(run, mapping) as reader:
        finding = Finding(unread=[name for name in reader.table.header if name not in read])
        while rows := reader.take(BATCH):
            refused = refused_of(rows, run.kind, setting)
            finding.rows += len(rows)
            finding.refused += len(refused)
            room = SHOWN - len(finding.problems)
            finding.problems += [(number, refused[number]) for number in sorted(refused)[:room]]
            if len(counts) < 1_000:
                counts.update(sentence for sentences in refused.values() for sentence in sentences)
            if limit is not None and finding.rows >= limit:
                finding.is_whole = not reader.take(1)
                break
    finding.good = finding.rows - finding.refused
    finding.sentences = dict(counts.most_common(10))
    return finding
