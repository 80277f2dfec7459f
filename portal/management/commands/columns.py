"""``manage.py columns``: the column cache that preview, back-test and lift read."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scoring.engine.cache import refresh
from scoring.engine.manifest import ColumnsUnwritable, folder, read_manifest
from scoring.engine.verify import differences

NOT_THERE = DIFFERENT = 1
UNWRITABLE, STOPPED = 2, 130
EXAMPLES = """
examples:
  manage.py columns status
  manage.py columns rebuild
  manage.py columns verify --json

The cache is a folder under VAR_DIR. It may be deleted at any moment: what asks next builds it.

exit codes: 0 it is there, built or true; 1 status: there is none, or not all of it yet;
verify: it differs, and rebuild mends it; 2 the folder cannot be written; 130 Ctrl-C: what was
there before still answers
"""


class Command(BaseCommand):
    help = "Show, rebuild or verify the columns of all leads that are kept on disk."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **{**kwargs, "epilog": EXAMPLES})
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["status", "rebuild", "verify"])
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer, code = getattr(self, f"_{options['what']}")()
        except ColumnsUnwritable as refusal:
            raise CommandError(str(refusal), returncode=UNWRITABLE) from refusal
        except KeyboardInterrupt:
            self.stderr.write(
                "\nStopped. What was there before still answers; the next one goes on."
            )
            raise SystemExit(STOPPED) from None
        if options["json"]:
            self.stdout.write(json.dumps(answer, indent=1))
        else:
            self.stdout.write("\n".join(said(answer)))
        if code:
            raise SystemExit(code)

    def _status(self) -> tuple[dict[str, Any], int]:
        manifest, root = read_manifest(), folder()
        if manifest is None:
            return {"state": "none", "folder": str(root)}, NOT_THERE
        shards = manifest.shards.values()
        names = {name for one in shards for name in one.names}
        percent = 100 if manifest.is_whole else 100 * len(manifest.shards) // manifest.total
        return {
            "state": "ready" if manifest.is_whole else "building",
            "percent": percent,
            "folder": str(root),
            "as_of": datetime.fromtimestamp(manifest.as_of, UTC).isoformat(),
            "shards": len(manifest.shards),
            "rows": sum(one.rows + one.tail_rows for one in shards),
            "rows_in_tails": sum(one.tail_rows for one in shards),
            "bytes": sum(size_of(root / name) for name in names),
        }, 0 if manifest.is_whole else NOT_THERE

    def _rebuild(self) -> tuple[dict[str, Any], int]:
        began = perf_counter()
        refresh(everything=True, on_progress=self._tell)
        answer, _ = self._status()
        return {**answer, "seconds": round(perf_counter() - began, 1)}, 0

    def _verify(self) -> tuple[dict[str, Any], int]:
        found = differences(on_progress=self._tell)
        answer = {
            "state": "different" if found else "true",
            "different": [{"shard": one.shard, "what": one.what} for one in found],
        }
        return answer, DIFFERENT if found else 0

    def _tell(self, done: int, every: int) -> None:
        self.stderr.write(f"\r{done:>6,} of {every:,} shards", ending="\n" if done == every else "")
        self.stderr.flush()


def size_of(path: Path) -> int:
    """Return the bytes of a file or a folder of files; 0 for what another process took away."""
    try:
        return sum(map(size_of, path.iterdir())) if path.is_dir() else path.stat().st_size
    except FileNotFoundError:
        return 0


def said(answer: dict[str, Any]) -> list[str]:
    """Return the answer in lines for a person."""
    lines = []
    for name, value in answer.items():
        if isinstance(value, list):
            lines += [f"shard {one['shard']}: {one['what']}" for one in value]
            lines += ["manage.py columns rebuild mends them."] if value else []
        else:
            shown = f"{value:,}" if isinstance(value, int) else value
            lines.append(f"{name.replace('_', ' '):>14}  {shown}")
    return lines
