"""One lead scored from the command line: under which version, and as known when."""

import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from portal.agreements.services import start_draft
from scoring.engine.retold import retell
from tests.factories import make_activity, make_definition, make_lead, make_user
from tests.portal.management.test_scoring import run


@pytest.mark.django_db
def test_a_lead_is_scored_under_any_signed_version_at_any_instant():
    now = timezone.now()
    old = make_definition(at=now - timedelta(days=9))
    make_definition(at=now - timedelta(days=1), checklist=["budget"])
    lead = make_lead(at=now - timedelta(days=8), facts={"title": "Marketing Director"})
    visits = [
        make_activity(lead, object_kind="page", object_key="/pricing", tags=["pricing"],
                      at=now - age)
        for age in (timedelta(days=3), timedelta(hours=5))
    ]  # fmt: skip
    text, code = run("score", str(lead.pk), "--under", "1")
    assert code == 0
    assert f"45 points, B2 ({old})" in text
    assert "seniority: director" in text
    assert f"{visits[1].occurred_at:%Y-%m-%d %H:%M}  +15  /pricing" in text
    for when, total in ((now, 45), (now - timedelta(days=1), 30), (now - timedelta(days=8.5), 0)):
        printed, _ = run("score", str(lead.pk), "--under", "1", "--json", at=when.isoformat())
        answer = json.loads(printed)
        said = retell(lead, at=when, version=old)
        assert (answer["version"], answer["total"]) == (1, total) == (1, said.standing.total)
        assert answer["sha256"] == old.sha256
        behind = [each["id"] for line in answer["lines"] for each in line["activities"]]
        assert len(behind) == {45: 2, 30: 1, 0: 0}[total]
    assert json.loads(run("score", str(lead.pk), "--json")[0])["version"] == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--under", "2"], "no signed version 2 of “definition”"),
        (["--under", "1", "--agreement", "others"], "no signed version 1 of “others”"),
        (["--agreement", "definition"], "Name the version too"),
        (["--at", "2001-01-01T00:00:00Z"], "Name a version with --under"),
        (["--at", "2001-01-01T00:00:00"], "with its zone"),
        (["--at", "soon"], "no instant"),
    ],
)
def test_a_version_or_an_instant_that_is_not_there_is_said(given, words):
    now = timezone.now()
    version = make_definition(at=now - timedelta(days=1))
    lead = make_lead(at=now)
    start_draft(agreement=version.agreement, by=make_user(role="marketing"), at=now)
    with pytest.raises(CommandError, match=re.escape(words)) as refused:
        run("score", str(lead.pk), *given)
    assert refused.value.returncode == 2


def test_a_document_names_its_own_version_and_instants():
    with pytest.raises(CommandError, match="leave out --at and --under") as refused:
        run("score", "--stdin", "--at", "2026-03-02T12:00:00Z", "--under", "1")
    assert refused.value.returncode == 2
