"""``manage.py erase_person``: erase a person, as an admin does on the lead's page."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leads.database.models import Lead
from portal.accounts.models import Role, User
from portal.core.errors import DomainError
from scoring.engine.erasing import Why, erase_person

EXAMPLES = """
examples:
  manage.py erase_person 4711 --why asked --by ada@example.com
  manage.py erase_person lena@example.org --why asked --by ada@example.com --json

What goes and what stays: docs/reference/erasing.md. There is no way back.
exit codes: 0 erased; 2 refused
"""


class Command(BaseCommand):
    help = "Erase a person: their lead, and every word about them."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **{**kwargs, "epilog": EXAMPLES})
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("lead", help="the lead's number or e-mail address")
        parser.add_argument("--why", required=True, choices=Why.values)
        parser.add_argument("--by", required=True, help="the admin's e-mail address")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email__iexact=options["by"], role=Role.ADMIN).first()
        if by is None:
            raise CommandError("--by names no admin.", returncode=2)
        named = str(options["lead"])
        leads = Lead.objects.filter(pk=int(named)) if named.isdecimal() else (
            Lead.objects.filter(email_key=named.strip().casefold(), duplicate_of=None)
        )  # fmt: skip
        lead = leads.first()
        if lead is None:
            raise CommandError("There is no such lead.", returncode=2)
        try:
            done = erase_person(lead=lead, why=options["why"], by=by, at=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"leads": list(done.lead_ids), "rows": done.rows}))
            return
        listed = ", ".join(f"{count} {label}" for label, count in done.rows.items())
        self.stdout.write(f"Erased: {listed or 'nothing besides the lead'}.")
