"""``manage.py verify_signatures``: prove that every signed text is what was signed."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.agreements.models import Version
from portal.agreements.proof import verify


class Command(BaseCommand):
    help = "Check every proposed and signed version. Exits with 1 when one does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        versions = Version.objects.exclude(proposed_at=None, effective_from=None)
        found = [
            (version, verify(version))
            for version in versions.select_related("agreement").order_by("pk").iterator()
        ]
        self.stdout.write(_as_json(found) if options["json"] else _as_text(found))
        if any(wrong for _, wrong in found):
            raise SystemExit(1)


def _as_json(found: list[tuple[Version, list[str]]]) -> str:
    rows = [
        {
            "agreement": version.agreement.slug,
            "version": version.number,
            "state": version.state,
            "sha256": version.sha256,
            "wrong": wrong,
        }
        for version, wrong in found
    ]
    return json.dumps({"versions": rows, "holds": not any(row["wrong"] for row in rows)}, indent=2)


def _as_text(found: list[tuple[Version, list[str]]]) -> str:
    lines = [
        f"{version}, {version.state}: {' '.join(wrong) or 'holds, sha-256 ' + version.sha256}"
        for version, wrong in found
    ]
    return "\n".join(lines) or "Nothing is proposed or signed yet."
