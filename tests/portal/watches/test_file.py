"""Alerts taken along as a table: what one sees, with why each was put off."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.watches.models import Alert
from portal.watches.services import snooze
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db


def lines_of(client, **asked):
    answer = client.get(reverse("alerts"), {"file": "csv", **asked})
    assert answer["Content-Type"].startswith("text/csv")
    return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()


def test_the_file_holds_the_alerts_that_the_reader_sees(client) -> None:
    at = timezone.now() - timedelta(hours=1)
    ours, theirs = make_team("Inbound"), make_team("Outbound")
    for team in (ours, theirs):
        figures = {"team": team.pk, "name": team.name, "n": 3, "waited": 5, "hours": 4,
                   "first_due": at.isoformat()}  # fmt: skip
        Alert.objects.create(watch="untouched", subject=f"team:{team.pk}", figures=figures,
                             team=team, opened_at=at, seen_at=at)  # fmt: skip
    leads = make_user(role="sales_lead", team=ours)
    client.force_login(leads)
    head, *rows = lines_of(client)
    assert head.startswith("Watch,What it saw")
    assert (len(rows), "Inbound" in rows[0], "Outbound" in rows[0]) == (1, True, False)
    alert = Alert.objects.get(team=ours)
    now = timezone.now()
    until = now + timedelta(days=7)
    snooze(alert=alert, until=until, words="The fair, until Friday", by=leads, at=now)
    assert lines_of(client) == [head]
    (row,) = lines_of(client, state="snoozed")[1:]
    assert "The fair, until Friday" in row
    client.force_login(make_user(role="marketing"))
    assert len(lines_of(client)) == 2, "marketing sees the other team's"
    client.force_login(make_user(role="sdr", team=ours))
    assert client.get(reverse("alerts"), {"file": "csv"}).status_code == 404
