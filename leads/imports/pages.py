"""What the import pages show, and what was posted on them."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.urls import reverse
from django.utils.translation import gettext as _

from leads.imports import sheet
from leads.imports.check import DECIMAL_MARKS, THOUSANDS_MARKS
from leads.imports.models import Import, RejectedRow, SavedMapping
from leads.imports.reading import Table, UnreadableFile, open_table
from leads.imports.rejects import rejects_csv
from portal.core.errors import DomainError

SAMPLE = 2_000  # rows whose words the mapping page looks at
SHOWN = 20  # rejected rows on the page; the file has all


def table_of(run: Import) -> Table:
    """Open the upload. Raises DomainError when it is gone."""
    try:
        return open_table(Path(run.file.path))
    except (OSError, UnreadableFile) as failure:
        raise DomainError(_("The uploaded file cannot be read any more. Upload it again.")) from (
            failure
        )


def mapping_page(
    run: Import,
    document: Any,
    saved: SavedMapping | None = None,
    *,
    problems: list[str] | None = None,
    json_text: str | None = None,
) -> dict[str, Any]:
    """Return the context of the mapping page for this document, which may have gaps."""
    table = table_of(run)
    if not isinstance(document, dict) or document.get("kind") != run.kind:
        document = run.mapping
    rows = [row.cells for row in islice(table.rows(), SAMPLE) if row.cells is not None]
    formats = document.get("date_formats")
    nulls = document.get("null_tokens")
    return {
        "run": run,
        "steps": steps(run, now=1),
        "document": document,
        "problems": problems or [],
        "columns": sheet.column_lines(document, table.header, rows[:200]),
        "choices": sheet.choices_of(run.kind),
        "word_maps": sheet.word_maps(document, table.header, rows),
        "constants": sheet.constants_text(document),
        "date_formats": "\n".join(formats if isinstance(formats, list) else ["ISO"]),
        "null_tokens": "\n".join(filter(None, nulls if isinstance(nulls, list) else [])),
        "decimals": DECIMAL_MARKS,
        "thousands": [(mark, mark if mark.strip() else _("space")) for mark in THOUSANDS_MARKS[1:]],
        "saved": SavedMapping.objects.filter(kind=run.kind)[:50],
        "loaded": saved,
        "json_text": json_text or json.dumps(document, indent=2, ensure_ascii=False),
        "shown_json": json_text is not None,
    }


def posted_mapping(run: Import, posted: Mapping[str, str]) -> tuple[Any, list[str]]:
    """Return the posted document and its problems: the JSON text, or the page's own fields."""
    if posted.get("act") == "json":
        try:
            return json.loads(posted.get("json", "")), []
        except ValueError as failure:
            return run.mapping, [_("The text is not JSON: %(why)s.") % {"why": failure}]
    document, _saved = loaded(run, posted.get("loaded", ""))
    return sheet.posted_document(document, table_of(run).header, posted)


def loaded(run: Import, key: str) -> tuple[Any, SavedMapping | None]:
    """Return the document to start from: the saved mapping of this key, or the import's own."""
    saved = SavedMapping.objects.filter(kind=run.kind, pk=key).first() if key.isdigit() else None
    return (saved.document, saved) if saved else (run.mapping, None)


def import_page(run: Import) -> dict[str, Any]:
    """Return the context of one import's page."""
    rejected = run.rejected_rows.all()[:SHOWN] if run.rejected else []
    return {
        "run": run,
        "steps": steps(run, now=2 if run.state == Import.State.CHECKED else 3),
        "found": run.checked,
        "rejected_rows": rejected,
        "progress": progress(run),
    }


def progress(run: Import) -> dict[str, Any]:
    """Return the context of components/_progress.html."""
    is_running = run.state == Import.State.RUNNING
    return {
        "id": "progress",
        "done": run.next_row - 1,
        "total": run.rows_in_file,
        "finished": not is_running,
        "url": reverse("import-progress", args=[run.public_id]),
        "words": _("%(rejected)d rejected so far") % {"rejected": run.rejected}
        if run.rejected
        else str(Import.State(run.state).label),
    }


def steps(run: Import, *, now: int) -> list[dict[str, Any]]:
    """Return the four steps for components/_stepper.html."""
    names = (_("Upload"), _("Columns"), _("Check"), _("Import"))
    is_over = run.state == Import.State.DONE
    return [
        {
            "label": name,
            "state": "done" if place < now or is_over else "now" if place == now else "",
        }
        for place, name in enumerate(names)
    ]


def rejected_file(run: Import) -> Iterator[str]:
    """Yield the file of rejected rows, however many there are."""
    rows = RejectedRow.objects.filter(run=run).order_by("number").iterator()
    header = table_of(run).header
    return rejects_csv(header, cast("Any", rows), has_nth=run.kind == "spend")
