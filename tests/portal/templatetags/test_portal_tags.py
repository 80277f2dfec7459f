"""How numbers, durations, moments and people are written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import timezone

from portal.templatetags import portal_tags as tags

NOW = datetime(2026, 11, 24, 9, 4, tzinfo=UTC)  # a Tuesday


def write(source: str, **values: object) -> str:
    return Template("{% load portal_tags %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("hundredths", "written"),
    [
        (1500, "+15"),
        (-1000, "−10"),
        (1250, "+12.5"),
        (1234, "+12.34"),
        (-5, "−0.05"),
        (0, "0"),
        (None, "–"),
    ],
)
def test_points_carry_their_sign_and_a_real_minus(hundredths: int | None, written: str) -> None:
    assert tags.points(hundredths) == written


@pytest.mark.parametrize(
    ("hundredths", "written"), [(3000, "30"), (-50, "−0.5"), (1_234_500, "12,345"), (None, "–")]
)
def test_a_figure_has_no_plus(hundredths: int | None, written: str) -> None:
    assert tags.figure(hundredths) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [(3, "+3"), (-11, "−11"), (0, "0"), (Decimal("-9.8"), "−9.8"), (None, "–")],
)
def test_a_difference_carries_its_sign(number: int | None, written: str) -> None:
    assert tags.signed(number) == written


def test_what_is_not_known_is_never_written_as_zero() -> None:
    assert (
        tags.counted(None) == tags.percent(None) == tags.duration(None) == tags.moment(None) == "–"
    )
    assert tags.counted(12480) == "12,480"
    assert tags.whole_points(-4) == "−4"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (891, "891"),
        (12000, "12,000"),
        ("1,000-5,000", "1,000 to 5,000"),
        ("200-999", "200 to 999"),
        ("B2B-SaaS", "B2B-SaaS"),
        ("2026-10-03", "2026-10-03"),
        (True, "True"),
    ],
)
def test_a_fact_is_written_as_people_read_it(value: object, written: str) -> None:
    assert tags.ranged(value) == written


def test_a_share_is_written_in_percent() -> None:
    assert tags.percent(0.42) == "42\u00a0%"
    assert tags.percent(Decimal("0.706"), 1) == "70.6\u00a0%"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3360, "56 min"),
        (3600, "1 h"),
        (9600, "2 h 40"),
        (3900, "1 h 05"),
        (172_800, "2 d"),
        (183_600, "2 d 3 h"),
        (-2280, "38 min"),
    ],
)
def test_working_time_is_written_in_its_two_largest_units(seconds: int, written: str) -> None:
    assert tags.duration(seconds) == written.replace(" ", "\u00a0")
    assert tags.duration(timedelta(seconds=seconds)) == written.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("when", "written"),
    [
        (datetime(2026, 11, 24, 8, 58, tzinfo=UTC), "today 09:58"),
        (datetime(2026, 11, 23, 8, 7, tzinfo=UTC), "yesterday 09:07"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "today 00:30"),
        (datetime(2026, 11, 21, 17, 12, tzinfo=UTC), "Sat 18:12"),
        (datetime(2026, 11, 17, 17, 12, tzinfo=UTC), "Tue 17 Nov"),
        (datetime(2027, 3, 3, 12, 0, tzinfo=UTC), "3 Mar 2027"),
        (date(2026, 11, 25), "tomorrow"),
        (date(2026, 11, 10), "Tue 10 Nov"),
    ],
)
def test_a_moment_is_written_as_the_reader_would_say_it(
    when: datetime | date, written: str
) -> None:
    with timezone.override("Europe/Berlin"):
        html = tags.moment(when, NOW)
    assert f">{written.replace(' ', chr(0xA0))}</time>" in html


@pytest.mark.parametrize(
    ("when", "written"),
    [
        (datetime(2026, 11, 24, 8, 58, tzinfo=UTC), "today 09:58"),
        (datetime(2026, 11, 17, 17, 12, tzinfo=UTC), "Tue 17 Nov 18:12"),
        (datetime(2024, 3, 3, 12, 0, tzinfo=UTC), "3 Mar 2024 13:00"),
    ],
)
def test_what_is_true_for_an_instant_names_its_time_however_long_ago(when, written) -> None:
    with timezone.override("Europe/Berlin"):
        html = tags.exact(when, NOW)
    assert f">{written.replace(' ', chr(0xA0))}</time>" in html


def test_a_moment_keeps_the_full_instant() -> None:
    with timezone.override("Europe/Berlin"):
        html = tags.moment(datetime(2026, 11, 21, 17, 12, tzinfo=UTC), NOW)
    assert 'datetime="2026-11-21T18:12:00+01:00"' in html
    assert 'title="Saturday 21 November 2026, 18:12 CET"' in html


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Sofia Keller", "SK"),
        ("Ana María de la Cruz", "AC"),
        ("élodie", "É"),
        ("", "?"),
        (None, "?"),
        ("(none)", "?"),
    ],
)
def test_a_person_is_two_letters(name: str | None, letters: str) -> None:
    assert tags.initials(name) == letters


def test_an_icon_without_a_label_is_hidden_from_readers() -> None:
    assert 'aria-hidden="true"' in write('{% icon "inbox" %}')
    labelled = write('{% icon "inbox" "good" label %}', label='a "b"')
    assert 'aria-label="a &quot;b&quot;"' in labelled
    assert "aria-hidden" not in labelled
