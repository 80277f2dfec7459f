"""``manage.py score``: score one lead, or leads given as JSON under a version given as JSON."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from leads.database.models import Lead
from portal.core.text import email_key
from scoring.engine.explanation import Explanation, explain_lead
from scoring.engine.scorefile import BadScoreFile, score_document
from scoring.rules.amounts import show
from scoring.rules.problems import InvalidDefinition

DIFFER, UNUSABLE = 1, 2
EXAMPLES = """
examples:
  manage.py score lena@example.com
  manage.py score 4711 --at 2026-03-02T12:00:00Z --json
  manage.py score --stdin --json < leads.json

The document and the answer are described in docs/reference/score-command.md.

exit codes: 0 scored; 1 the two evaluators differ; 2 there is no such lead, no definition in
force, or the document cannot be read
"""


class Command(BaseCommand):
    help = "Score a lead with its explanation, or leads and a version given as JSON."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **{**kwargs, "epilog": EXAMPLES})
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("lead", nargs="?", help="its number, public id or e-mail address")
        parser.add_argument("--at", help="the instant to score at, with its zone; now if left out")
        parser.add_argument("--stdin", action="store_true", help="read a document from stdin")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["stdin"] == bool(options["lead"]):
            raise CommandError("Name one lead, or give --stdin.", returncode=UNUSABLE)
        if options["stdin"]:
            self._score_document(as_json=options["json"])
        else:
            self._score_lead(options["lead"], instant_of(options["at"]), as_json=options["json"])

    def _score_document(self, *, as_json: bool) -> None:
        try:
            answer = score_document(json.load(sys.stdin), on_progress=self._tell)
        except InvalidDefinition as bad:
            told = [f"version: {one.path}: {one.sentence}" for one in bad.problems]
            raise CommandError("\n".join(told), returncode=UNUSABLE) from bad
        except (BadScoreFile, ValueError, RecursionError) as bad:
            raise CommandError(str(bad), returncode=UNUSABLE) from bad
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
        else:
            for lead in answer["leads"]:
                gates = ", ".join(lead["gates"]) or "no gate"
                self.stdout.write(f"{lead['id']}: {lead['total']} {lead['grade']}, {gates}")
        if not answer["evaluators_agree"]:
            self.stderr.write("The two evaluators differ. This must not be: please report it.")
            raise SystemExit(DIFFER)

    def _tell(self, done: int, every: int) -> None:
        self.stderr.write(f"{done:,} of {every:,} leads")

    def _score_lead(self, name: str, at: datetime, *, as_json: bool) -> None:
        found = explain_lead(lead_named(name), at)
        if found is None:
            raise CommandError("No definition is in force then.", returncode=UNUSABLE)
        if as_json:
            self.stdout.write(json.dumps(as_document(found), ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n".join(as_lines(found)))


def lead_named(name: str) -> Lead:
    """Return the lead of a number, a public id or an address. Raises CommandError for none."""
    wanted = Q(email_key=email_key(name), duplicate_of=None) if "@" in name else Q(pk=None)
    if name.isdecimal() and len(name) < 19:
        wanted = Q(pk=int(name))
    elif "@" not in name:
        with suppress(ValueError):
            wanted = Q(public_id=UUID(name))
    lead = Lead.objects.filter(wanted).first()
    if lead is None:
        raise CommandError(f"There is no lead “{name}”.", returncode=UNUSABLE)
    return lead


def instant_of(given: str | None) -> datetime:
    """Return an instant given as text, or now. Raises CommandError without a zone."""
    if given is None:
        return timezone.now()
    try:
        at = datetime.fromisoformat(given)
    except ValueError as bad:
        raise CommandError(f"“{given}” is no instant.", returncode=UNUSABLE) from bad
    if at.tzinfo is None:
        raise CommandError("Give the instant with its zone.", returncode=UNUSABLE)
    return at


def as_document(found: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON; points in hundredths."""
    return {
        "version": found.version.number,
        "sha256": found.version.sha256,
        "as_of": found.as_of.isoformat(),
        "total": found.total,
        "grade": found.grade,
        "fired": [rule.key for rule in found.fired],
        "groups": [
            {
                "title": group.title,
                "lines": [
                    {"points": line.points, "text": line.rule, "evidence": line.evidence,
                     "rule": line.key}
                    for line in group.lines
                ],
            }
            for group in found.groups
        ],
        "closed": [{"gate": gate.name, "missing": gate.missing} for gate in found.closed],
    }  # fmt: skip


def as_lines(found: Explanation) -> list[str]:
    """Return an explanation for the terminal: lines that add up."""
    lines = [f"{found.total} points, {found.grade or 'no grade'} ({found.version})"]
    for group in found.groups:
        lines.append(group.title)
        lines += [
            f"  {show(line.points, plus=True):>9}  {line.rule}"
            + (f" ({line.evidence})" if line.evidence else "")
            for line in group.lines
        ]
    lines += [f"{gate.name}: {' '.join(gate.missing)}" for gate in found.closed]
    return lines
