"""The dashboard as a page and as a file."""

from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from leads.database.models import Stage
from portal.accounts.models import Role
from tests.factories import make_lead, make_source, make_user, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client):
    client.force_login(make_user(role=Role.LEADERSHIP))
    return client


def test_an_empty_company_is_told_what_to_do(leader) -> None:
    page = leader.get(reverse("dashboard")).content.decode()
    assert "No lead came in these months" in page


def test_a_lead_is_counted_in_its_cohort_and_in_the_file(leader) -> None:
    at, source = timezone.now(), make_source("Webinar")
    for stage in (None, Stage.MQL, Stage.SQL):
        lead = make_lead(at=at, source=source)
        if stage:
            set_stage(lead, stage, at=at)
    page = leader.get(reverse("dashboard"), {"months": "3"})
    ((cohort, seen),) = page.context["cohorts"]
    assert seen is None
    assert [n for _stage, n, _share in cohort.steps()] == [2, 1, 1, 0, 0]
    assert "incomplete" in page.content.decode()
    period = leader.get(reverse("dashboard"), {"by": "period"}).context["periods"]
    assert [(counts["known"], counts["sql"]) for _month, counts, _seen in period] == [(3, 1)]
    file = leader.get(reverse("dashboard-file", args=["xlsx"]))
    book = openpyxl.load_workbook(BytesIO(b"".join(file.streaming_content)))
    funnel = book["Funnel"]
    assert [cell.value for cell in funnel[2]][1:] == [None, 3, 2, 1, 1, 0, 0]


def test_odd_choices_are_refused_in_words_and_others_see_nothing(leader, client) -> None:
    assert leader.get(reverse("dashboard"), {"months": "7", "source": "x"}).status_code == 422
    assert leader.get(reverse("dashboard-file", args=["pdf"])).status_code == 404
    client.force_login(make_user(role=Role.SALES_LEAD))
    assert client.get(reverse("dashboard")).status_code == 404
