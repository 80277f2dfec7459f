from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from leads.imports.dates import DateFormat
from leads.imports.values import BadValue, Formats, converter, normalise_email

BERLIN = ZoneInfo("Europe/Berlin")
GERMAN = Formats(
    zone=BERLIN,
    dates=(DateFormat("dd.mm.yyyy HH:MM"), DateFormat("dd.mm.yyyy"), DateFormat("ISO")),
    decimal=",",
    thousands=".",
)
ENGLISH = Formats(zone=BERLIN, dates=(DateFormat("mm/dd/yyyy hh:MM AM"),), thousands=",")
PLAIN = Formats(zone=ZoneInfo("America/Sao_Paulo"), dates=(DateFormat("yyyy-mm-dd"),))
SPACED = Formats(zone=BERLIN, decimal=",", thousands=" ")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value_type", "formats", "text", "value"),
    [
        ("id", GERMAN, "5805028000000922001", "5805028000000922001"),
        ("id", GERMAN, "007", "007"),
        ("text", GERMAN, "3,5", "3,5"),
        ("code", GERMAN, "bad_timing", "bad_timing"),
        ("instant", GERMAN, "31.01.2024 09:30", utc(2024, 1, 31, 8, 30)),
        ("instant", GERMAN, "1.7.2024 9:30", utc(2024, 7, 1, 7, 30)),
        ("instant", GERMAN, "31.01.2024", utc(2024, 1, 30, 23)),
        ("instant", GERMAN, "2024-01-31 09:30:59.999", utc(2024, 1, 31, 8, 30, 59)),
        ("instant", GERMAN, "2024-01-31T09:30:00-05:00", utc(2024, 1, 31, 14, 30)),
        ("instant", GERMAN, "2024-01-31T09:30:00Z", utc(2024, 1, 31, 9, 30)),
        # Twice on the clock: the first; not on the clock: the offset before the gap.
        ("instant", GERMAN, "27.10.2024 02:30", utc(2024, 10, 27, 0, 30)),
        ("instant", GERMAN, "31.03.2024 02:30", utc(2024, 3, 31, 1, 30)),
        ("instant", PLAIN, "2017-10-15", utc(2017, 10, 15, 3)),
        ("instant", ENGLISH, "01/31/2024 12:05 AM", utc(2024, 1, 30, 23, 5)),
        ("instant", ENGLISH, "01/31/2024 2:05 p.m.", utc(2024, 1, 31, 13, 5)),
        ("date", GERMAN, "31.01.2024", date(2024, 1, 31)),
        ("date", GERMAN, "31.01.2024 23:59", date(2024, 1, 31)),
        ("date", GERMAN, "2024-01-31T23:30:00Z", date(2024, 2, 1)),
        ("decimal", GERMAN, "€ 3.500,00", Decimal("3500.00")),
        ("decimal", GERMAN, "€ 11398,00", Decimal("11398.00")),
        ("decimal", GERMAN, "1000", Decimal(1000)),
        ("decimal", GERMAN, "-1.234.567,8 EUR", Decimal("-1234567.8")),
        ("decimal", ENGLISH, "3,500.00", Decimal("3500.00")),
        ("decimal", ENGLISH, "−$3,500.5", Decimal("-3500.5")),
        ("decimal", SPACED, "3\u202f500,25\u00a0€", Decimal("3500.25")),
        ("integer", GERMAN, "1.200", 1200),
        ("integer", ENGLISH, "100.0", 100),
        ("integer", GERMAN, "-7", -7),
        ("duration", GERMAN, "26", 26),
        ("duration", GERMAN, "00:26:43", 1603),
        ("duration", GERMAN, "1 day, 16:26:23", 145583),
        ("duration", GERMAN, "2 days, 0:17:26", 173846),
        ("flag", GERMAN, "Yes", True),
        ("flag", GERMAN, "nein", False),
        ("email", GERMAN, "Ana.Kern@MÜLLER.de", "ana.kern@xn--mller-kva.de"),
        ("email", GERMAN, "mailto:a+b@x-y.co.uk", "a+b@x-y.co.uk"),
    ],
)
def test_text_becomes_a_value(value_type, formats, text, value):
    found = converter(value_type, formats, column="Column")(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value_type", "formats", "text", "expected"),
    [
        ("id", GERMAN, "5.80503E+18", "a spreadsheet has rounded it"),
        ("text", GERMAN, "x" * 501, "at most 500 characters"),
        ("code", GERMAN, "Bad timing", "lower-case"),
        ("instant", GERMAN, "31.02.2024 09:30", "dd.mm.yyyy HH:MM"),
        ("instant", GERMAN, "31.01.2024 25:30", "dd.mm.yyyy HH:MM"),
        ("instant", GERMAN, "01/31/2024", "for example 31.01.2024 14:30"),
        ("instant", GERMAN, "31.01.0001", "a date"),
        ("instant", GERMAN, "9999-12-31", "a date"),
        ("instant", ENGLISH, "01/31/2024 13:05 PM", "a date"),
        ("instant", PLAIN, "2024-01-31 09:30", "a date as yyyy-mm-dd"),
        ("instant", GERMAN, "\u0663\u0661.01.2024", "a date"),
        ("decimal", GERMAN, "3,500.00", "3.500,00"),
        ("decimal", GERMAN, "3.5", "3.500,00"),
        ("decimal", ENGLISH, "3.500,00", "3,500.00"),
        ("decimal", PLAIN, "1,5", "3500.00"),
        ("decimal", GERMAN, "NaN", "a number"),
        ("decimal", GERMAN, "1e5", "a number"),
        ("decimal", GERMAN, "9" * 16, "below"),
        ("integer", GERMAN, "3,5", "a whole number"),
        ("integer", GERMAN, "9" * 5000, "18 digits"),
        ("duration", GERMAN, "12:30", "a duration"),
        ("duration", GERMAN, "-5", "a duration"),
        ("flag", GERMAN, "maybe", "one of 1, ja"),
        ("email", GERMAN, "ana", "an e-mail address"),
        ("email", GERMAN, "ana@kern", "an e-mail address"),
        ("email", GERMAN, "a b@kern.de", "an e-mail address"),
        ("email", GERMAN, "ana..b@kern.de", "an e-mail address"),
        ("email", GERMAN, "ana@kern.de; bo@kern.de", "an e-mail address"),
        ("email", GERMAN, f"ana@{'ü' * 300}.de", "an e-mail address"),
        ("email", GERMAN, "@kern.de", "an e-mail address"),
    ],
)
def test_what_is_no_value_is_refused_with_column_value_and_what_is_expected(
    value_type, formats, text, expected
):
    with pytest.raises(BadValue) as bad:
        converter(value_type, formats, column="Created Time")(text)
    sentence = str(bad.value)
    assert 'Column "Created Time": "' in sentence
    assert expected in sentence
    assert text[:59] in sentence
    assert len(sentence) < 250
    assert sentence.endswith(".")


def test_a_choice_is_one_of_its_words():
    choose = converter("choice", GERMAN, column="Kind", choices=("won", "lost"))
    assert choose("won") == "won"
    with pytest.raises(BadValue, match="one of won, lost"):
        choose("Won")


@pytest.mark.parametrize(
    "pattern", ["dd.mm", "dd.mm.yyyy hh:MM", "dd.mm.yyyy HH", "dd.qq.yyyy", "", "dd.dd.mm.yyyy"]
)
def test_a_pattern_that_names_no_whole_date_is_refused(pattern):
    with pytest.raises(ValueError, match="^" + pattern.replace(".", r"\.")):
        DateFormat(pattern)


@pytest.mark.parametrize(
    "pattern", ["ISO", "dd.mm.yy", "dd Mon yyyy", "mm/dd/yyyy hh:MM AM", "yyyy-mm-ddTHH:MM:SS"]
)
def test_the_example_of_a_format_is_read_by_it(pattern):
    date_format = DateFormat(pattern)
    wall = date_format.read(date_format.example)
    assert (wall.year, wall.month, wall.day) == (2024, 1, 31)
    assert (wall.hour == 14) == date_format.has_time


@pytest.mark.parametrize("text", ["ana@kern.de", " Ana@Kern.DE ", "mailto:ANA@KERN.DE"])
def test_addresses_that_reach_the_same_person_are_equal(text):
    assert normalise_email(text) == "ana@kern.de"
