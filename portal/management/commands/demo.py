from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leads.database.models import Lead
from leads.handoffs.models import Handoff
from portal.accounts.models import User
from portal.demo.people import PASSWORD
from portal.demo.services import LEADS, make_demo


class Command(BaseCommand):
    """Make the demo company in an empty database."""

    help = "Make a believable demo company: 14 people, 2,500 leads, 90 days of handoffs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when data is there")
        parser.add_argument("--leads", type=int, default=LEADS, help="how many leads (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists() or Lead.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("There is data here already. Start with an empty database.")
        begun = monotonic()
        make_demo(until=timezone.now(), leads=options["leads"], say=self.stdout.write)
        self.stdout.write(
            f"The demo company is ready: {Lead.objects.count()} leads, "
            f"{Handoff.objects.count()} handoffs, {monotonic() - begun:.0f} s. "
            f"Everybody's password is “{PASSWORD}”."
        )
