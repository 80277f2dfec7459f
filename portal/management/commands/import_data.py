"""``manage.py import_data``: bring a CSV file in, right here, with progress."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leads.imports.checking import usable_mapping
from leads.imports.mapping import BadMapping
from leads.imports.models import Import, RejectedRow
from leads.imports.reader import RowReader
from leads.imports.rejects import rejects_csv
from leads.imports.services import (
    begin_import,
    check_import,
    run_import,
    set_mapping,
    start_import,
)
from leads.imports.targets import KINDS
from portal.accounts.models import User
from portal.core.errors import DomainError
from portal.core.text import email_key

ALL_IN, SOME_REJECTED, UNUSABLE = 0, 1, 2
EXAMPLES = """
examples:
  manage.py import_data leads contacts.csv --mapping contacts.json --dry-run
  manage.py import_data leads contacts.csv --mapping contacts.json
  manage.py import_data handoffs deals.csv --mapping deals.json --rejected mend.csv
  manage.py import_data spend spend.csv --mapping spend.json --json

Import leads before their activities. The same file twice changes nothing.
A mapping is explained in docs/reference/import-mapping.md.

exit codes: 0 every row is in; 1 some rows were rejected; 2 the file or mapping cannot be used
"""


class Command(BaseCommand):
    help = "Import leads, activities, spend or past handoffs from a CSV file."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **{**kwargs, "epilog": EXAMPLES})
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS, help="what one row of the file is")
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--mapping", type=Path, required=True, help="the mapping, as JSON")
        parser.add_argument("--dry-run", action="store_true", help="try every row, store none")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--rejected", type=Path, help="write the rejected rows to this file")
        parser.add_argument("--by", default="", help="e-mail of the user in whose name it is done")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self._run(options)
        except BadMapping as bad:
            raise CommandError("\n".join(bad.problems), returncode=UNUSABLE) from bad
        except (DomainError, OSError, ValueError) as refusal:
            raise CommandError(str(refusal), returncode=UNUSABLE) from refusal
        self.stdout.write(json.dumps(result, default=str) if options["json"] else said(result))
        if result["state"] == Import.State.FAILED:
            raise SystemExit(UNUSABLE)
        if result["rejected"]:
            raise SystemExit(SOME_REJECTED)

    def _run(self, options: dict[str, Any]) -> dict[str, Any]:
        by = user_named(options["by"])
        document = read_json(options["mapping"])
        usable_mapping(options["kind"], document)  # said before a large file is copied
        with options["file"].open("rb") as opened:
            file = File(opened, name=options["file"].name)
            run = start_import(file=file, kind=options["kind"], by=by, at=timezone.now())
        try:
            set_mapping(run=run, mapping=document, by=by)
            if options["dry_run"]:
                return self._try(run, document)
        except BaseException:
            forget(run)
            raise
        begin_import(run=run, by=by, at=timezone.now(), here=True)
        run_import(run_id=run.pk, clock=timezone.now, on_progress=self._tell)
        run.refresh_from_db()
        return self._result(run, options["rejected"])

    def _try(self, run: Import, document: object) -> dict[str, Any]:
        finding = check_import(run=run, mapping=document, at=timezone.now())
        forget(run)
        return {
            "state": "dry run",
            "rows": finding.rows,
            "good": finding.good,
            "rejected": finding.refused,
            "problems": [{"row": row, "reasons": why} for row, why in finding.problems],
            "columns_not_read": finding.unread,
        }

    def _tell(self, run: Import) -> None:
        self.stderr.write(f"\r{run.next_row - 1:>10,} of {run.rows_in_file or 0:,} rows", ending="")
        self.stderr.flush()

    def _result(self, run: Import, rejected: Path | None) -> dict[str, Any]:
        self.stderr.write("")
        rows = RejectedRow.objects.filter(run=run)
        if rejected is not None:
            write_rejected(run, rejected)
        return {
            "import": str(run.public_id),
            "state": run.state,
            "rows": run.next_row - 1,
            "created": run.created,
            "updated": run.updated,
            "unchanged": run.unchanged,
            "rejected": run.rejected,
            "problems": [{"row": one.number, "reasons": one.reasons} for one in rows[:20]],
            "error": run.error,
        }


def said(result: dict[str, Any]) -> str:
    """Return the result in lines for a person."""
    names = ("rows", "good", "created", "updated", "unchanged", "rejected")
    lines = [f"{name:>10} {result[name]:>10,}" for name in names if name in result]
    lines += [f"row {one['row']}: {' '.join(one['reasons'])}" for one in result["problems"]]
    if result.get("error"):
        lines.append(result["error"])
    return "\n".join(lines)


def user_named(address: str) -> User | None:
    """Return the user of this e-mail; None for none given. Raises CommandError for a stranger."""
    if not address:
        return None
    user = User.objects.filter(email=email_key(address)).first()
    if user is None:
        raise CommandError(f"Nobody here has the address {address}.", returncode=UNUSABLE)
    return user


def read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as failure:
        raise CommandError(
            f"{path} is not JSON: {failure}. See docs/reference/import-mapping.md.",
            returncode=UNUSABLE,
        ) from failure


def forget(run: Import) -> None:
    """Take back an upload of which nothing was stored; its event stays."""
    run.file.delete(save=False)
    run.delete()


def write_rejected(run: Import, path: Path) -> None:
    """Write the rejected rows, ready to mend and import again."""
    mapping = usable_mapping(run.kind, run.mapping)
    header = RowReader(Path(run.file.path), mapping, name=run.sha256[:12]).table.header
    rows = RejectedRow.objects.filter(run=run).iterator()
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(rejects_csv(header, rows, has_nth=run.kind == "spend"))
