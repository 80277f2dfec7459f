"""``manage.py rescore``: score all leads anew under the definition in force, with progress."""

import json
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.core.errors import DomainError
from scoring.definitions.services import definitions_in_force
from scoring.engine.assembly import Texts
from scoring.engine.models import Rescore
from scoring.engine.rescore import (
    LEADS_IN_RANGE,
    Progress,
    begin_rescore,
    cancel_rescore,
    carry_on,
    finish_rescore,
    progress_of,
    running_rescore,
)

STOPPED, REFUSED, INTERRUPTED = 1, 2, 130
PAUSE = 0.5  # seconds between two looks at ranges that others hold
EXAMPLES = """
examples:
  manage.py rescore
  manage.py rescore --json
  manage.py rescore --status
  manage.py rescore --cancel

A rescore that runs is joined: start this on as many machines as there are. Killed, it is taken up
where it stopped, by the next one or by the workers.

exit codes: 0 done; 1 it was cancelled or overtaken, or --status found none; 2 refused;
130 Ctrl-C: it is not cancelled, and the next one or the workers go on with it at once
"""


class Command(BaseCommand):
    help = "Score all leads anew under the definition in force; joins a rescore that runs."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **{**kwargs, "epilog": EXAMPLES})
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--status", action="store_true", help="only say how far it is")
        parser.add_argument("--cancel", action="store_true", help="stop the one that runs")
        parser.add_argument(
            "--leads-in-range", type=int, default=LEADS_IN_RANGE, help="what a worker takes at once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            progress, code = self._do(options)
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        except KeyboardInterrupt:
            self.stderr.write("\nStopped here. The workers go on; --cancel stops it for good.")
            raise SystemExit(INTERRUPTED) from None
        if options["json"]:
            self.stdout.write(json.dumps(as_document(progress)))
        else:
            self.stdout.write(sentence(progress))
        if code:
            raise SystemExit(code)

    def _do(self, options: dict[str, Any]) -> tuple[Progress | None, int]:
        if options["cancel"]:
            return progress_of(cancel_rescore(by=None, at=timezone.now())), 0
        running = running_rescore()
        if options["status"]:
            return running, STOPPED if running is None else 0
        return self._work(running, options["leads_in_range"])

    def _work(self, running: Progress | None, leads_in_range: int) -> tuple[Progress, int]:
        at = timezone.now()
        found = definitions_in_force(at)
        if found is None:
            raise DomainError("No definition is in force yet. Both sides sign one first.")
        if leads_in_range < 1:
            raise DomainError("A range holds at least one lead.")
        version = found.newest.version
        if running is not None and running.rescore.version_id == version.pk:
            rescore = running.rescore
        else:
            rescore = begin_rescore(version=version, by=None, at=at, leads_in_range=leads_in_range)
        texts = Texts()
        while rescore.state == Rescore.State.RUNNING:
            looked_at = carry_on(at=timezone.now(), texts=texts)
            if looked_at is None and not finish_rescore(at=timezone.now()):
                time.sleep(PAUSE)  # others have the last ranges, or have died with them
            rescore.refresh_from_db()
            self._tell(progress_of(rescore))
        self.stderr.write("")
        return progress_of(rescore), 0 if rescore.state == Rescore.State.DONE else STOPPED

    def _tell(self, progress: Progress) -> None:
        self.stderr.write(f"\r{sentence(progress)}", ending="")
        self.stderr.flush()


def as_document(progress: Progress | None) -> dict[str, Any]:
    """Return how far it is, as JSON."""
    if progress is None:
        return {"state": "none"}
    return {
        "state": progress.rescore.state,
        "version": progress.rescore.version_id,
        "as_of": progress.rescore.started_at.isoformat(),
        "ranges": progress.ranges,
        "done": progress.done,
        "looked_at": progress.looked_at,
        "written": progress.written,
    }


def sentence(progress: Progress | None) -> str:
    """Return how far it is, for a person."""
    if progress is None:
        return "No rescore is running."
    return (
        f"{progress.rescore.get_state_display()}: {progress.done:,} of {progress.ranges:,} ranges,"
        f" {progress.looked_at:,} leads looked at, {progress.written:,} written"
    )
