"""Makes an API key and prints it once."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from portal.accounts.keys import create_api_key
from portal.accounts.models import ApiKey, User
from portal.core.text import email_key
from portal.events.services import record


class Command(BaseCommand):
    help = (
        "Make an API key and print it; it is not shown again. Example: "
        "manage.py create_api_key vera@example.com --name CRM --scope leads:read --days 365"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("owner", help="e-mail of the person whom the key acts for")
        parser.add_argument("--name", required=True, help="what the key is for")
        scopes = [scope for scope, _label in ApiKey.SCOPES]
        parser.add_argument("--scope", action="append", required=True, choices=scopes)
        parser.add_argument("--days", type=int, help="days until it expires; never if not said")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **given: Any) -> None:
        owner = User.objects.filter(email=email_key(given["owner"]), is_active=True).first()
        if owner is None:
            raise CommandError(f"Nobody active here has the address {given['owner']}.")
        at = timezone.now()
        expires_at = at + timedelta(days=given["days"]) if given["days"] else None
        try:
            with transaction.atomic():
                row, key = create_api_key(
                    name=given["name"],
                    owner=owner,
                    scopes=given["scope"],
                    expires_at=expires_at,
                    at=at,
                )
                payload = {"act": "added", "of": "portal.apikey", "scopes": row.scopes}
                record("admin.changed", subject=row, actor=None, payload=payload, at=at)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        if given["json"]:
            self.stdout.write(json.dumps({"id": row.pk, "prefix": row.prefix, "key": key}))
            return
        self.stdout.write(f"{key}\nKeep it now: only its hash is stored.")
