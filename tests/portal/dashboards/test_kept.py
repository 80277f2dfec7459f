"""A large company's funnel: counted before it is asked for, shown with its age, never for long."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.database.funnel import by_period, cohorts, rates
from leads.database.models import Stage
from portal.accounts.models import Organisation, Role
from portal.dashboards import kept
from portal.dashboards.kept import funnel_of, keep_funnel
from portal.dashboards.models import KeptFunnel
from portal.dashboards.tasks import keep_funnel as beat
from tests.factories import make_lead, make_source, make_user, set_stage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 31, 21, 50, tzinfo=UTC)  # ten to midnight in Berlin, the last of March
MINUTE = timedelta(minutes=1)


@pytest.fixture
def few_are_many(monkeypatch):
    monkeypatch.setattr(kept, "LARGE", 0)


def known(at: datetime, *, months: int = 3, source: int | None = None, anew: bool = False) -> int:
    """Return how many leads the funnel counts."""
    organisation = Organisation.current()
    found = funnel_of(months, source, organisation, at=at, anew=anew)
    return sum(one.reached["known"] for one in cohorts(found.tally))


def test_a_small_company_is_counted_at_each_visit() -> None:
    make_lead(at=NOW - MINUTE)
    assert known(NOW) == 1
    make_lead(at=NOW - MINUTE)
    assert known(NOW) == 2
    assert not keep_funnel(at=NOW)
    assert not KeptFunnel.objects.exists()


def test_a_large_one_is_kept_for_ten_minutes(few_are_many) -> None:
    make_lead(at=NOW - MINUTE)
    assert known(NOW) == 1
    make_lead(at=NOW - MINUTE)
    assert known(NOW + 9 * MINUTE) == 1
    assert known(NOW - MINUTE) == 2  # a clock that went back
    make_lead(at=NOW - MINUTE)
    assert known(NOW + 10 * MINUTE) == 3
    make_lead(at=NOW - MINUTE)
    assert known(NOW + 11 * MINUTE, anew=True) == 4
    assert KeptFunnel.objects.count() == 1


def test_each_choice_is_a_part_of_what_is_kept(few_are_many, django_assert_max_num_queries) -> None:
    fairs, search = make_source("Fairs"), make_source("Search")
    for months, source in ((0, fairs), (2, fairs), (4, search), (20, search)):
        at = NOW - timedelta(days=30 * months, hours=1)
        lead = make_lead(at=at, source=source)
        set_stage(lead, Stage.MQL, at=at)
    assert keep_funnel(at=NOW)
    with django_assert_max_num_queries(3 * 8):  # the organisation, the highest change, the row
        said = {(months, source): known(NOW, months=months, source=source)
                for months in kept.CHOICES for source in (None, search.pk)}  # fmt: skip
    assert list(said.values()) == [2, 0, 3, 1, 3, 1, 4, 2]
    found = funnel_of(24, search.pk, Organisation.current(), at=NOW)
    assert [one.of for one in rates(found.tally, Stage.MQL)] == [1, 1]
    assert [counts["mql"] for counts in by_period(found.tally).values()] == [1, 1]


def test_the_beat_counts_once_in_a_while_and_only_what_is_large(few_are_many, monkeypatch) -> None:
    assert not keep_funnel(at=NOW)  # nobody was ever here
    make_lead(at=NOW - MINUTE)
    assert keep_funnel(at=NOW)
    assert not keep_funnel(at=NOW + MINUTE)
    assert keep_funnel(at=NOW + 5 * MINUTE)
    beat()
    beat()
    assert KeptFunnel.objects.get().counted_at > NOW + 5 * MINUTE


@pytest.mark.parametrize("change", [{"zone": "Europe/London"}, {"currency": "USD"}])
def test_months_of_another_zone_and_another_currency_are_counted_anew(few_are_many, change) -> None:
    make_lead(at=NOW - MINUTE)
    assert known(NOW) == 1
    make_lead(at=NOW - MINUTE)
    Organisation.objects.create(**change)
    assert known(NOW + MINUTE) == 2
    assert KeptFunnel.objects.count() == 1


def test_rows_of_another_form_are_not_read(few_are_many) -> None:
    make_lead(at=NOW - MINUTE)
    known(NOW)
    KeptFunnel.objects.update(form=kept.FORM + 1, rows={"gone": []})
    assert known(NOW) == 1


def test_after_midnight_the_months_are_still_those_that_were_counted(few_are_many) -> None:
    make_lead(at=NOW - MINUTE)
    keep_funnel(at=NOW + 5 * MINUTE)
    found = funnel_of(3, None, Organisation.current(), at=NOW + 12 * MINUTE)
    assert found.kept_since == NOW + 5 * MINUTE
    assert (found.window.begins.month, found.window.ends.month) == (1, 4)


def test_the_page_and_the_file_say_the_age(client, few_are_many) -> None:
    client.force_login(make_user(role=Role.LEADERSHIP))
    make_lead(at=timezone.now())
    url = reverse("dashboard")
    assert b"Leads and stages as counted at" in client.get(url, {"by": "period"}).content
    make_lead(at=timezone.now())
    page = client.get(url, {"by": "period"})
    assert [counts["known"] for _month, counts, _seen in page.context["periods"]] == [1]
    assert b'href="?by=period&amp;anew=1">Count anew' in page.content
    page = client.get(url, {"by": "period", "anew": "1"})
    assert sum(counts["known"] for _month, counts, _seen in page.context["periods"]) == 2
    assert page.context["query"] == "by=period"
    file = client.get(reverse("dashboard-file", args=["csv"]))
    assert b"Leads and stages as counted" in b"".join(file.streaming_content)
