"""What is read the short way comes out as the fields of the API would say it, or not at all."""

import random
from datetime import UTC, datetime
from uuid import UUID

import pytest
from rest_framework.exceptions import ValidationError

from leads.activities.fields import ActivityFields
from leads.activities.usual import read_usual

LEAD = "68806bc1-078e-4984-a714-5a2f99a025a2"
USUAL = {"kind": "page_view", "occurred_at": "2026-03-02T09:00:00Z", "external_id": "a1",
         "lead": LEAD}  # fmt: skip
TEXTS = ["a", " a ", "", " ", "é", "x" * 64, "x" * 65, "x" * 254, "x" * 255, "x" * 301, "\x00",
         "\t", "\x1f", "a\nb", 7, None, True, ["a"], {"a": 1}, 1.5]  # fmt: skip
VALUES = {
    "kind": ["page_view", "demo_request", "dance", "", None, 3, ["page_view"], " page_view"],
    "occurred_at": [
        "2026-03-02T09:00:00Z", "2026-03-02T09:00:00+02:00", "2026-03-02T09:00:00.75-09:30",
        "2026-03-02 09:00", "2026-03-02", "20260302T090000", "2026-W10-1", "2026-W10-1T10:00",
        "1999-12-31T23:59:59Z", "2000-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "soon", "", None,
        "0001-01-01T00:00:00+10:00", 1772442000, True, " 2026-03-02T09:00:00Z",
        "2026-03-02T24:00:00Z", "2026-03-29T02:30:00+01:00",
    ],
    "external_id": TEXTS,
    "lead": [LEAD, LEAD.upper(), LEAD.replace("-", ""), f"{{{LEAD}}}", f"urn:uuid:{LEAD}", "77", 77,
             None, "", f" {LEAD}"],
    "lead_email": [*TEXTS, "Anna@Example.com"],
    "lead_external_id": TEXTS,
    "object": [
        {"kind": "page", "key": "/pricing"}, {"kind": "page", "key": " /p ", "title": " T "},
        {"kind": "page", "key": "k", "title": ""}, {"kind": "planet", "key": "k"},
        {"kind": "page"},
        {"kind": "page", "key": "k", "color": "red"}, {"kind": "page", "key": 7}, None, [], {},
        "page", {"kind": "page", "key": "x" * 301},
        {"kind": "page", "key": "k", "title": "y" * 201},
        {"kind": "page", "key": "k", "title": None}, {"kind": ["page"], "key": "k"},
    ],
    "properties": [{}, {"form": "demo"}, {"duration_s": 4}, {"duration_s": "4"}, {"x": [1]}, None,
                   [], {"": 1}, {"n": 10**13}, {"b": True}, {str(n): n for n in range(21)}],
    "is_bot": [True, False, "true", 1, 0, None, "no"],
    "color": ["red"],
}  # fmt: skip


def by_the_fields(given):
    try:
        return dict(ActivityFields().run_validation(given))
    except ValidationError:
        return None


def made_up(dice):
    given = dict(USUAL)
    for name in dice.sample(sorted(VALUES), dice.choice([0, 1, 1, 1, 2, 3])):
        given[name] = dice.choice(VALUES[name])
    if dice.random() < 0.5 and len(given) > 4:
        given.pop(dice.choice(sorted(USUAL)))
    return given


def test_what_is_read_the_short_way_is_what_the_fields_say() -> None:
    dice, now, short = random.Random(4), datetime.now(UTC), 0  # noqa: S311 - a test's dice
    fields = ActivityFields()
    for given in (made_up(dice) for _ in range(2000)):
        read = read_usual(given, now=now)
        if read is not None:
            short += 1
            assert read == dict(fields.run_validation(given)), given
    assert short > 200


@pytest.mark.parametrize("name", sorted(VALUES))
def test_every_odd_value_is_left_to_the_fields_or_read_as_they_do(name) -> None:
    now = datetime.now(UTC)
    for value in VALUES[name]:
        given = {**USUAL, name: value}
        if name.startswith("lead_"):
            del given["lead"]
        read = read_usual(given, now=now)
        assert read is None or read == by_the_fields(given), value


def test_the_usual_needs_no_second_look() -> None:
    now = datetime.now(UTC)
    about = {"kind": "page", "key": "/pricing", "title": " Prices "}
    read = read_usual({**USUAL, "object": about, "properties": {"form": "demo"}}, now=now)
    assert read == {
        "kind": "page_view",
        "occurred_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "external_id": "a1",
        "lead": UUID(LEAD),
        "object": {"kind": "page", "key": "/pricing", "title": "Prices"},
        "properties": {"form": "demo"},
        "is_bot": False,
    }
    for odd in (None, [], "page_view", 7, {**USUAL, "lead_email": "a@example.com"}):
        assert read_usual(odd, now=now) is None
