from datetime import UTC, datetime, timedelta

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


MEMBERS = st.lists(
    st.builds(
        Member,
        user_id=st.integers(1, 10_000),
        load=st.integers(0, 12),
        cap=st.integers(0, 12),
        last_routed=st.none() | st.datetimes(timezones=st.just(UTC)),
        takes=st.booleans(),
        is_away=st.booleans(),
    ),
    unique_by=lambda member: member.user_id,
    max_size=8,
)


@given(MEMBERS, st.integers(0, 60))
def test_no_cap_is_passed_and_loads_end_up_level(members, count) -> None:
    choices = deal(members, count)
    room = sum(max(one.cap - one.load, 0) for one in members if one.takes and not one.is_away)
    assert len(choices) == min(count, room)
    loads = {one.user_id: one.load for one in members}
    caps = {one.user_id: one.cap for one in members}
    free = {one.user_id for one in members if one.has_room}
    for choice in choices:
        assert choice.load == loads[choice.user_id] < caps[choice.user_id]
        open_to = [loads[pk] for pk in free if loads[pk] < caps[pk]]
        assert choice.load == min(open_to)
        loads[choice.user_id] += 1


@given(MEMBERS, st.integers(0, 20), st.integers(0, 20))
def test_dealing_is_the_same_from_any_order_of_members(members, count, turn) -> None:
    turned = members[turn % len(members) :] + members[: turn % len(members)] if members else []
    assert deal(members, count) == deal(turned, count)
