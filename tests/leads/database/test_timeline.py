"""How a fact is settled: by whom, as of when, and how far a late word reaches."""

import pytest

from leads.database.registry import SetBy
from leads.database.timeline import FactRow, FactWrite, Written, write_fact

P, F, I, E, D = SetBy.PERSON, SetBy.FORM, SetBy.IMPORT, SetBy.ENRICHMENT, SetBy.DERIVED  # noqa: E741


def told(*writes):
    """Return the rows after ``writes`` of (since, fact, code, set_by), and each outcome."""
    rows: list[FactRow] = []
    outcomes = [
        write_fact(rows, FactWrite(since, fact, code, set_by))
        for since, fact, code, set_by in writes
    ]
    return rows, outcomes


def values(rows, fact="title"):
    return [(row.since, row.values.get(fact)) for row in rows]


@pytest.mark.parametrize("held", list(SetBy))
@pytest.mark.parametrize("said", list(SetBy))
def test_the_same_or_a_higher_authority_replaces(held, said) -> None:
    rows, outcomes = told((10, "title", 1, held), (20, "title", 2, said))
    wins = said <= held
    assert outcomes[1] == (Written.SET if wins else Written.LOST)
    assert rows[-1].values["title"] == (2 if wins else 1)
    assert len(rows) == (2 if wins else 1)


@pytest.mark.parametrize("held", list(SetBy))
@pytest.mark.parametrize("said", list(SetBy))
def test_only_the_same_or_a_higher_authority_clears(held, said) -> None:
    rows, outcomes = told((10, "title", 1, held), (20, "title", None, said))
    assert outcomes[1] == (Written.SET if said <= held else Written.LOST)
    assert rows[-1].values.get("title") == (None if said <= held else 1)


def test_what_was_cleared_may_be_said_by_anybody() -> None:
    rows, outcomes = told((10, "title", 1, P), (20, "title", None, P), (30, "title", 2, D))
    assert outcomes[2] == Written.SET
    assert values(rows) == [(10, 1), (20, None), (30, 2)]


def test_the_same_again_is_nothing_new_but_a_higher_word_is() -> None:
    rows, outcomes = told((10, "title", 1, F), (20, "title", 1, I), (30, "title", 1, F))
    assert outcomes[1:] == [Written.SAME, Written.SAME]
    assert len(rows) == 1
    rows, outcomes = told((10, "title", 1, F), (20, "title", 1, P), (30, "title", 2, F))
    assert outcomes[1:] == [Written.SET, Written.LOST]


def test_a_row_carries_the_other_facts_and_says_so() -> None:
    rows, _ = told((10, "title", 1, F), (20, "role", 5, P))
    assert rows[1].values == {"title": 1, "role": 5}
    assert rows[1].origins == {"title": [F, 10], "role": [P, 20]}
    assert (rows[1].sets("role"), rows[1].sets("title")) == (True, False)


BACKDATED = {
    "before everything, up to the next that set it": (
        [(20, "title", 2, F), (10, "title", 1, F)],
        [(10, 1), (20, 2)],
    ),
    "into a row that carries nothing": (
        [(20, "role", 9, F), (10, "title", 1, F)],
        [(10, 1), (20, 1)],
    ),
    "through rows that carry it, to the one that set it": (
        [(10, "title", 1, F), (20, "role", 9, F), (30, "role", 8, F), (40, "title", 4, F),
         (15, "title", 2, F)],
        [(10, 1), (15, 2), (20, 2), (30, 2), (40, 4)],
    ),
    "not past the instant at which it was cleared": (
        [(10, "title", 1, F), (20, "title", None, F), (30, "role", 9, F), (15, "title", 2, F)],
        [(10, 1), (15, 2), (20, None), (30, None)],
    ),
    "a late clearing reaches as far as a value": (
        [(10, "title", 1, F), (20, "role", 9, F), (30, "title", 3, F), (15, "title", None, F)],
        [(10, 1), (15, None), (20, None), (30, 3)],
    ),
    "a later row of less authority keeps what was settled when it was written": (
        [(20, "title", 2, E), (10, "title", 1, P)],
        [(10, 1), (20, 2)],
    ),
    "a lower authority loses to what was known at its own instant": (
        [(10, "title", 1, P), (20, "role", 9, P), (15, "title", 2, E)],
        [(10, 1), (20, 1)],
    ),
    "at the same instant the last written counts": (
        [(10, "title", 1, F), (20, "role", 9, F), (10, "title", 2, F)],
        [(10, 2), (20, 2)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BACKDATED)
def test_a_backdated_word_reaches_up_to_the_next_that_set_the_fact(case) -> None:
    writes, expected = BACKDATED[case]
    rows, _ = told(*writes)
    assert values(rows) == expected


def test_only_rows_that_became_different_are_new() -> None:
    rows, _ = told((10, "title", 1, F), (20, "title", 2, F), (30, "title", 3, F))
    for row in rows:
        row.is_new = False
    write_fact(rows, FactWrite(15, "title", 9, F))
    assert [(row.since, row.is_new) for row in rows] == [
        (10, False), (15, True), (20, False), (30, False),
    ]  # fmt: skip
