"""``manage.py score``: score one lead, or leads given as JSON under a version given as JSON."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from leads.database.models import Lead
from portal.agreements.models import Version
from portal.core.text import email_key
from scoring.definitions.services import KIND
from scoring.engine.given import BadScoreFile, read_document
from scoring.engine.retold import Retold, RetoldLine, retell
from scoring.engine.score_api import ScoreSerializer
from scoring.engine.scorefile import score_document
from scoring.rules.amounts import show
from scoring.rules.problems import InvalidDefinition

DIFFER, UNUSABLE = 1, 2
MINUTES = "%Y-%m-%d %H:%M"
SHOWN = 5  # activities behind a line, in words; JSON has all of them
EXAMPLES = """
examples:
  manage.py score lena@example.com
  manage.py score 4711 --at 2026-03-02T12:00:00Z --json
  manage.py score 4711 --under 3 --at 2026-03-02T12:00:00Z
  manage.py score --stdin --json < leads.json

The document and the answer are described in docs/reference/score-command.md.

exit codes: 0 scored; 1 the two evaluators differ; 2 there is no such lead, no such signed
version, no definition in force, or the document cannot be read
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
        parser.add_argument(
            "--under", type=int, metavar="NUMBER",
            help="the signed version to score under; what was in force at the instant if left out",
        )  # fmt: skip
        parser.add_argument("--agreement", help="whose version; “definition” if left out")
        parser.add_argument("--stdin", action="store_true", help="read a document from stdin")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["stdin"] == bool(options["lead"]):
            raise CommandError("Name one lead, or give --stdin.", returncode=UNUSABLE)
        named = [f"--{name}" for name in ("at", "under", "agreement") if options[name] is not None]
        if options["stdin"] and named:
            told = "The document names its version and its instants: leave out %s."
            raise CommandError(told % " and ".join(named), returncode=UNUSABLE)
        if options["stdin"]:
            self._score_document(as_json=options["json"])
            return
        lead, at = lead_named(options["lead"]), instant_of(options["at"])
        version = version_named(options["under"], options["agreement"])
        found = retell(lead, at=at, version=version)
        if found is None:
            told = "No definition was in force then. Name a version with --under."
            raise CommandError(told, returncode=UNUSABLE)
        if options["json"]:
            self.stdout.write(json.dumps(as_document(found), ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n".join(as_lines(found)))

    def _score_document(self, *, as_json: bool) -> None:
        try:
            answer = score_document(read_document(sys.stdin), on_progress=self._tell)
        except InvalidDefinition as bad:
            told = [f"version: {one.path}: {one.sentence}" for one in bad.problems]
            raise CommandError("\n".join(told), returncode=UNUSABLE) from bad
        except BadScoreFile as bad:
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


def version_named(number: int | None, agreement: str | None) -> Version | None:
    """Return the signed version asked for; None asks for none. Raises CommandError."""
    if number is None:
        if agreement is not None:
            raise CommandError("Name the version too, with --under.", returncode=UNUSABLE)
        return None
    slug = agreement or "definition"
    signed = Version.objects.of_kind(KIND).signed().select_related("agreement")
    version = signed.filter(agreement__slug=slug, number=number).first()
    if version is None:
        told = f"There is no signed version {number} of “{slug}”."
        raise CommandError(told, returncode=UNUSABLE)
    return version


def as_document(found: Retold) -> dict[str, Any]:
    """Return a score as the API tells it, with the hash of the version and the rules that fired."""
    return {
        **ScoreSerializer(found).data,
        "sha256": found.version.sha256,
        "fired": [factor.rule.key for factor in found.standing.factors],
    }


def as_lines(found: Retold) -> list[str]:
    """Return a score for the terminal: lines that add up, and what gates miss."""
    grade = found.standing.grade or "no grade"
    at = found.as_of.astimezone(UTC)
    lines = [f"{found.standing.total} points, {grade} ({found.version}) on {at:{MINUTES}} UTC"]
    if found.applies:
        lines.append(found.applies)
    for one in found.lines:
        lines += _line(one)
    for gate in found.gates:
        said = "open" if gate.is_open else "; ".join(filter(None, (*gate.missing, gate.ways_words)))
        lines.append(f"{gate.name}: {said}")
    return lines


def _line(one: RetoldLine) -> Iterator[str]:
    mark = "=" if one.is_sum else " "
    yield f"{mark} {show(one.line.points, plus=True):>9}  {one.line.text}"
    for name, value in one.facts:
        yield f"{'':14}{name}: {value}"
    for each in one.activities[:SHOWN]:
        what = each.activity.object or each.activity.registered.name
        worn = f", {each.steps} steps of decay" if each.steps else ""
        when = f"{each.activity.occurred_at.astimezone(UTC):{MINUTES}}"
        yield f"{'':14}{when}  {show(each.points, plus=True)}  {what}{worn}"
    if len(one.activities) > SHOWN:
        yield f"{'':14}and {len(one.activities) - SHOWN:,} more"
