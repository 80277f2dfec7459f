"""``manage.py report``: the counts that the pages show."""

import json
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from dataclasses import asdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from leads.database.reports import LEADS_BY, SPEND_BY, Report, Span, leads_report, spend_report
from leads.dispositions.reports import HANDOFFS_BY, cost_report, handoffs_report, speed_report
from portal.accounts.models import Organisation
from portal.core.errors import DomainError

SUBJECTS = {
    "handoffs": handoffs_report,
    "leads": leads_report,
    "speed_to_lead": speed_report,
    "spend": spend_report,
    "cost": cost_report,
}
EXAMPLES = f"""
examples:
  manage.py report handoffs --by disposition reason
  manage.py report handoffs --by month source --from 2024-01-01 --to 2024-03-31
  manage.py report speed_to_lead --by source --json
  manage.py report spend --by month campaign
  manage.py report cost --by source

count by:
  handoffs, speed_to_lead, cost   {", ".join(HANDOFFS_BY)}
  leads                     {", ".join(LEADS_BY)}
  spend                     {", ".join(SPEND_BY)}

A month and a day begin at midnight in the organisation's zone, or --zone. A row without a date
counts in the total, and is left out of months and spans: "date unknown" says how many there are.
"""


class Command(BaseCommand):
    help = "Print counts of handoffs, leads, first calls, spend or what an accepted lead cost."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **{**kwargs, "epilog": EXAMPLES})
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", choices=SUBJECTS)
        parser.add_argument("--by", nargs="+", default=[], metavar="FIELD", help="see below")
        parser.add_argument("--from", dest="since", type=day, help="first day, as 2026-01-31")
        parser.add_argument("--to", dest="until", type=day, help="last day, included")
        parser.add_argument("--zone", type=zone, help="time zone, as Europe/Berlin")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        in_zone = options["zone"] or ZoneInfo(Organisation.current().zone)
        span = Span(in_zone, options["since"], options["until"])
        try:
            report = SUBJECTS[options["subject"]](by=options["by"], span=span)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report), default=str))
        else:
            self.stdout.write(table(report))


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as failure:
        raise ArgumentTypeError(f"“{text}” is not a day. Write it as 2026-01-31.") from failure


def zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as failure:
        raise ArgumentTypeError(f"“{text}” is no time zone. Write Europe/Berlin.") from failure


def table(report: Report) -> str:
    """Return the report as lines of columns for a person."""
    names = [*report.by, *report.measures]
    lines = [names, *([_cell(row[name]) for name in names] for row in report.rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
    printed = [
        "  ".join(
            cell.ljust(width) if at < len(report.by) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    printed.append(f"total {report.total:,}")
    if report.date_unknown:
        printed.append(f"date unknown {report.date_unknown:,}")
    return "\n".join(printed)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else str(value)
