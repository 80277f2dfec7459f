from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from leads.routing.choose import Member, deal

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def users(members, count) -> list[int]:
    return [choice.user_id for choice in deal(members, count)]


def test_the_least_loaded_comes_first() -> None:
    members = [Member(1, 5, 9), Member(2, 3, 9), Member(3, 4, 9)]
    assert users(members, 1) == [2]
    assert deal(members, 1)[0].by == "load"


def test_equal_loads_go_by_who_waited_longest_then_by_id() -> None:
    ago = THEN - timedelta(hours=1)
    members = [Member(1, 2, 9, THEN), Member(2, 2, 9, ago), Member(3, 2, 9, ago)]
    assert users(members, 3) == [2, 3, 1]
    assert [choice.by for choice in deal(members, 3)] == ["order", "turn", "load"]


def test_never_routed_comes_before_all() -> None:
    assert users([Member(1, 0, 9, THEN), Member(2, 0, 9, None)], 1) == [2]


def test_the_away_the_full_and_those_who_take_none_get_nothing() -> None:
    members = [
        Member(1, 0, 9, is_away=True),
        Member(2, 9, 9),
        Member(3, 0, 9, takes=False),
        Member(4, 0, 0),
    ]
    assert deal(members, 3) == []
    choice = deal([*members, Member(5, 8, 9)], 3)
    assert [(one.user_id, one.by) for one in choice] == [(5, "only")]


def test_the_weight_says_what_a_load_is_worth() -> None:
    members = [Member(1, 9, 25), Member(2, 4, 25, weight=50)]
    (choice,) = deal(members, 1)
    assert (choice.user_id, choice.by, choice.weight) == (2, "load", 50)
    assert choice.others == ((1, 9, 100),)
    assert deal([Member(1, 8, 25), Member(2, 4, 25, weight=50)], 1)[0].by == "order"
    assert users([Member(1, 7, 25), Member(2, 4, 25, weight=50)], 1) == [1]


def test_half_a_weight_gets_half_as_many() -> None:
    members = [Member(1, 0, 99), Member(2, 0, 99), Member(3, 0, 99, weight=50)]
    got = users(members, 50)
    assert [got.count(pk) for pk in (1, 2, 3)] == [20, 20, 10]


WEIGHTS = st.integers(1, 1000)
MEMBERS = st.lists(
    st.builds(
        Member,
        user_id=st.integers(1, 10_000),
        load=st.integers(0, 12),
        cap=st.integers(0, 12),
        last_routed=st.none() | st.datetimes(timezones=st.just(UTC)),
        takes=st.booleans(),
        is_away=st.booleans(),
        weight=WEIGHTS,
    ),
    unique_by=lambda member: member.user_id,
    max_size=8,
)


@given(MEMBERS, st.integers(0, 60))
def test_no_cap_is_passed_and_each_goes_to_the_least_for_its_weight(members, count) -> None:
    choices = deal(members, count)
    room = sum(max(one.cap - one.load, 0) for one in members if one.takes and not one.is_away)
    assert len(choices) == min(count, room)
    loads = {one.user_id: one.load for one in members}
    caps = {one.user_id: one.cap for one in members}
    weights = {one.user_id: one.weight for one in members}
    free = {one.user_id for one in members if one.has_room}
    for choice in choices:
        assert choice.load == loads[choice.user_id] < caps[choice.user_id]
        mine = Fraction(choice.load, weights[choice.user_id])
        open_to = [Fraction(loads[pk], weights[pk]) for pk in free if loads[pk] < caps[pk]]
        assert mine == min(open_to)
        loads[choice.user_id] += 1


@given(st.lists(WEIGHTS, min_size=1, max_size=8), st.integers(0, 200))
def test_shares_follow_the_weights_to_within_one(weights, count) -> None:
    """One common level exists: each has their weight times it, and at most one handoff more."""
    members = [Member(pk, 0, 1000, weight=weight) for pk, weight in enumerate(weights, 1)]
    got = users(members, count)
    shares = {pk: got.count(pk) for pk in range(1, len(weights) + 1)}
    level = min(Fraction(shares[pk], weight) for pk, weight in enumerate(weights, 1))
    for pk, weight in enumerate(weights, 1):
        assert level * weight <= shares[pk] <= level * weight + 1


@given(MEMBERS, st.integers(0, 20), st.integers(0, 20))
def test_dealing_is_the_same_from_any_order_of_members(members, count, turn) -> None:
    turned = members[turn % len(members) :] + members[: turn % len(members)] if members else []
    assert deal(members, count) == deal(turned, count)
