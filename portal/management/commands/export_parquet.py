"""Writes the reporting views as Parquet files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.core.parquet import write_view
from portal.core.reporting import VIEWS


class Command(BaseCommand):
    help = (
        "Write the reporting views as Parquet files, for notebooks. Needs pip install pyarrow. "
        "Example: manage.py export_parquet --to var/parquet --view report_leads"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, type=Path, help="folder; made where it is not")
        parser.add_argument(
            "--view", action="append", choices=[one.name for one in VIEWS],
            help="only this one; may be given again",
        )  # fmt: skip

    def handle(self, *args: Any, **given: Any) -> None:
        folder: Path = given["to"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for view in VIEWS:
                if not given["view"] or view.name in given["view"]:
                    file = folder / f"{view.name}.parquet"
                    rows = write_view(view, file)
                    self.stdout.write(f"{file}: {rows:,} rows")
        except ImportError:
            raise CommandError("Parquet files need pyarrow: pip install pyarrow") from None
        except OSError as failure:
            raise CommandError(f"{folder} cannot be written: {failure.strerror}") from None
