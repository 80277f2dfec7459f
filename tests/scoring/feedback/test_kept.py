"""Columns kept for ten minutes: told with their age, read anew when asked, never in the way."""

from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse

from leads.dispositions.models import Disposition
from scoring.feedback import kept
from scoring.feedback.decided import COLUMNS
from tests.factories import make_user

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(kept, "MANY", 2)
    settings.VAR_DIR = tmp_path


def columns(at, **given):
    return kept.decided_columns(Disposition.objects.standing(), at=at, **given)


def test_what_is_kept_is_what_was_read_with_its_age(decided, now):
    for reason in ("no_budget", "", "duplicate"):
        decided(["case_study"], reason=reason)
    first, read_at = columns(now)
    assert read_at == now
    decided(["case_study"])
    again, read_at = columns(now + 9 * MINUTE)
    assert read_at == now
    for name in COLUMNS:
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert (again.reasons, again.apart_codes) == (first.reasons, first.apart_codes)
    assert again.accepted.sum() == 1
    assert len(columns(now + 9 * MINUTE, anew=True)[0]) == 4


def test_after_ten_minutes_or_for_another_filter_it_is_read_again(decided, now):
    for _ in range(3):
        decided(["case_study"])
    columns(now)
    decided(["case_study"])
    assert len(columns(now + 10 * MINUTE)[0]) == 4
    rows = Disposition.objects.standing().filter(outcome="rejected")
    assert len(kept.decided_columns(rows, at=now)[0]) == 0
    assert len(columns(now - MINUTE)[0]) == 4  # a clock that went back


def test_few_are_not_kept_and_a_broken_file_is_no_obstacle(decided, now, tmp_path, monkeypatch):
    decided(["case_study"])
    columns(now)
    assert not (tmp_path / "learning").exists()
    decided(["case_study"])
    columns(now)
    (file,) = (tmp_path / "learning").glob("*.npz")
    stamp = now.timestamp()
    file.write_bytes(b"half a file")
    kept.os.utime(file, (stamp, stamp))
    assert len(columns(now)[0]) == 2
    monkeypatch.setattr(kept, "MOST_FILES", 1)
    rows = Disposition.objects.standing().filter(outcome="accepted")
    kept.decided_columns(rows, at=now + MINUTE)
    assert len(list((tmp_path / "learning").iterdir())) == 1


def test_the_page_tells_the_age_and_reads_anew(client, decided, marketing):
    client.force_login(marketing)
    url = reverse("scoring")
    given = {"since": "2000-01-01"}
    for _ in range(3):
        decided(["case_study"])
    assert b"Read anew" not in client.get(url, given).content
    page = client.get(url, given).content.decode()
    assert "As decided until" in page
    assert "anew=1" in page
    decided(["case_study"])
    assert client.get(url, given).context["n"] == 3
    fresh = client.get(url, given | {"anew": "1"})
    assert fresh.context["n"] == 4
    assert "anew" not in fresh.context["query"]
    client.force_login(make_user(role="sdr"))
    assert client.get(url, given).status_code == 404
