"""First openings agree with a walk through every instant; what comes later changes nothing."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.backtest import pairs
from scoring.backtest.openings import NEVER, Stays, search
from scoring.backtest.pairs import judge, pairs_of
from scoring.engine.columns import batch_of
from scoring.engine.kernel import evaluate_all
from scoring.rules.evaluate import Snapshot, evaluate, facts_at
from scoring.rules.instants import instant, seconds
from scoring.rules.parse import parse
from scoring.rules.reentry import has_new_intent
from tests.scoring.engine.test_kernel import HISTORIES, leads_of
from tests.scoring.rules import strategies as some
from tests.scoring.rules.builders import NOW, activity, behaviour, document, gate, group, rule
from tests.scoring.rules.test_agreement import examples

DAY = timedelta(days=1)
EVERY = 6 * 3600  # a grid on which everything below happens: to walk it is to walk every second
FIRST = seconds(NOW) - 6 * 86_400
SINCE, UNTIL = FIRST + 2 * 86_400, FIRST + 8 * 86_400
STEPS = range(SINCE, UNTIL + 1, EVERY)
NOBODY = pairs_of(np.zeros(0, np.int64), np.zeros(0, np.int64))


def on_grid(at):
    """Move an instant of the strategies onto the grid."""
    return instant(FIRST + (seconds(at) - FIRST) // EVERY * EVERY)


def gridded(leads):
    return [
        (
            [replace(one, known_from=on_grid(one.known_from)) for one in snapshots],
            [
                replace(
                    one, occurred_at=on_grid(one.occurred_at), received_at=on_grid(one.received_at)
                )
                for one in activities
            ],
        )
        for snapshots, activities in leads
    ]


def stays_of(rows):
    columns = list(zip(*rows, strict=True)) or [()] * 5
    types = (np.int64, np.int64, np.int64, bool, np.int64)
    return Stays(*(np.array(column, kind) for column, kind in zip(columns, types, strict=True)))


def walked(definition, lead):
    """What evaluate says of one lead at every instant of the period."""
    snapshots, activities = lead
    found = {}
    for step in STEPS:
        at = instant(step)
        found[step] = evaluate(definition, facts_at(snapshots, at), activities, at)
    return found


def to_sales(standing):
    return standing.sales_ready or standing.fast_track


@st.composite
def one_stay(draw, count):
    lead = draw(st.integers(0, count - 1))
    start = draw(st.sampled_from(STEPS))
    end = draw(st.sampled_from([step for step in STEPS if step >= start]))
    rejected = draw(st.sampled_from([NEVER, NEVER, start - EVERY, start - 2 * 86_400]))
    return lead, start, end, True if rejected != NEVER else draw(st.booleans()), rejected


@examples(15, 1500)
@given(some.documents(), HISTORIES, st.data())
def test_first_openings_are_those_of_a_walk_through_every_instant(document, histories, data):
    definition, leads = parse(document), gridded(leads_of(histories))
    rows = data.draw(st.lists(one_stay(len(leads)), max_size=4))
    stays, batch = stays_of(rows), batch_of(leads)
    begins = np.array([data.draw(st.sampled_from(STEPS)) for _ in leads])
    asked = pairs_of(np.arange(len(leads)), begins)
    found = search(definition, batch, begins, stays, asked, since=SINCE, until=UNTIL)
    stands = [walked(definition, lead) for lead in leads]
    for n, lead in enumerate(stands):
        for row, name in enumerate(("mql", "sales_ready", "fast_track")):
            steps = [at for at in STEPS if at >= begins[n] and getattr(lead[at], name)]
            assert found.gates[row, n] == min(steps, default=NEVER)
        first = lead[int(begins[n])]
        assert found.asked[n] == first.mql + 2 * first.sales_ready + 4 * first.fast_track
    for n, (lead, start, end, at_once, rejected) in enumerate(rows):
        open_ones = [at for at in STEPS if start <= at <= end and to_sales(stands[lead][at])]
        if rejected != NEVER:
            since = instant(rejected)
            open_ones = [
                at
                for at in open_ones
                if has_new_intent(definition, leads[lead][1], instant(at), since)
            ]
        was_open = start in open_ones and not at_once
        assert found.waited[n] == was_open
        if not was_open:
            assert found.opened[n] == min(open_ones, default=NEVER)
        elif found.opened[n] != NEVER:  # whatever happens next hands it over, if it is open then
            assert found.opened[n] in open_ones
            assert found.opened[n] > start


@examples(12, 800)
@given(some.documents(), HISTORIES, st.data())
def test_nothing_that_became_known_later_changes_an_opening(document, histories, data):
    definition, leads = parse(document), gridded(leads_of(histories))
    begins = np.full(len(leads), SINCE)
    stays = stays_of([(n, SINCE, UNTIL, True, NEVER) for n in range(len(leads))])

    def opened(histories):
        return search(
            definition, batch_of(histories), begins, stays, NOBODY, since=SINCE, until=UNTIL
        )

    before = opened(leads)
    later = []
    for n, (snapshots, activities) in enumerate(leads):
        last = max(SINCE, SINCE, *(at for at in before.gates[:, n] if at != NEVER))
        if (before.gates[:, n] == NEVER).any():
            last = UNTIL  # what never opened must stay so: only what comes after the period
        at = instant(int(last)) + timedelta(seconds=data.draw(st.sampled_from([1, 3600, 90_000])))
        facts = data.draw(some.facts)
        known_late = Snapshot(1000 + n, at, facts)
        old = data.draw(st.sampled_from([at, at - 3 * DAY]))  # happened before, was told of after
        late = [
            replace(one, id=2000 + one.id, occurred_at=old, received_at=at)
            for one in data.draw(some.activity_lists())
        ]
        later.append(([*snapshots, known_late], [*activities, *late]))
    after = opened(later)
    assert (after.gates == before.gates).all()
    assert (after.opened == before.opened).all()


@examples(10, 500)
@given(some.documents(), HISTORIES, st.data())
def test_each_pair_is_judged_as_the_lead_was_then(document, histories, data):
    definition, leads = parse(document), leads_of(histories)
    wanted = data.draw(
        st.lists(st.tuples(st.integers(0, len(leads) - 1), some.instants), min_size=1, max_size=9)
    )
    columns = zip(*((n, seconds(at)) for n, at in wanted), strict=True)
    some_pairs = pairs_of(*map(np.array, columns))
    batch = batch_of(leads)
    scores = judge(definition, batch, some_pairs)
    for row, (lead, at) in enumerate(zip(some_pairs.lead, some_pairs.at, strict=True)):
        alone = evaluate_all(definition, batch, int(at))
        for name in ("fit", "engagement", "total", "gates", "fired", "grade", "icp"):
            assert getattr(scores, name)[row] == getattr(alone, name)[lead]


# What time alone may open: each definition's gate opens at the named hour after one visit, or a
# hundred hours before it closes again; found without an arrival at that instant.
TIME_OPENS = {
    "a silence begins": (
        [rule("quiet", "silence", kinds=["visit"], days=3, points="10")],
        {"total_at_least": 10},
    ),
    "a silence that a gate asks for": (
        [rule("quiet", "silence", kinds=["visit"], days=3, points="0")],
        {"rule_fired": "quiet"},
    ),
    "a rule below zero leaves its window": (
        [behaviour("bad", points="-5", within_days=3)],
        {"engagement_at_least": 0},
    ),
    "a rule that must not have fired leaves its window": (
        [behaviour("seen", points="1", within_days=3)],
        {"not": {"rule_fired": "seen"}},
    ),
    "a rule that disqualifies leaves its window": (
        [behaviour("seen", points="1", within_days=3, disqualifies=True)],
        {"not": {"total_at_least": 100}},
    ),
    "a total that must not be too high falls": (
        [behaviour("seen", points="50", within_days=3)],
        {"not": {"total_at_least": 50}},
    ),
    "points below zero decay": (
        [behaviour("bad", points="-8", decay={"every_days": 3, "percent": "50"})],
        {"engagement_at_least": "-4"},
    ),
    "the larger of two below zero": (
        [
            group("best", combine="highest"),
            behaviour("bad", points="-5", group="best"),
            behaviour("worse", points="-9", group="best", kinds=["form"]),
            behaviour("none", points="0", group="best", kinds=["mail"], within_days=3),
        ],
        {"not": {"engagement_at_least": 0}},
    ),
}


@pytest.mark.parametrize("case", TIME_OPENS)
def test_time_alone_opens_a_gate(case):
    rules, tree = TIME_OPENS[case]
    parsed = parse(document([group("things"), *rules, gate("sales_ready", tree)]))
    came = instant(SINCE - 86_400)
    visits = [activity(kind, came) for kind in ("visit", "form", "mail")]
    batch, begins = batch_of([([], visits)]), np.array([SINCE])
    stays = stays_of([(0, SINCE, UNTIL, True, NEVER)])
    found = search(parsed, batch, begins, stays, NOBODY, since=SINCE, until=UNTIL)
    opens = SINCE + 2 * 86_400
    standings = walked(parsed, ([], visits))
    assert not standings[SINCE].sales_ready
    assert standings[opens].sales_ready
    assert found.gates[1, 0] == found.opened[0] == opens


@pytest.mark.parametrize(("late", "opens"), [(0, None), (1, EVERY)])
def test_a_rejected_lead_comes_back_by_what_it_did_after_the_rejection(late, opens):
    parsed = parse(
        document(
            [
                group("things"),
                behaviour("seen", points="50", signal="high_intent", within_days=30),
                gate("sales_ready", {"total_at_least": 50}),
            ]
        )
    )
    rejected = SINCE
    again = activity("visit", instant(SINCE + late), received_at=instant(SINCE + EVERY))
    histories = [([], [activity("visit", instant(SINCE - 5)), again])]
    stays = stays_of([(0, SINCE + 1, UNTIL, True, rejected)])
    found = search(parsed, batch_of(histories), np.array([SINCE]), stays, NOBODY,
                   since=SINCE, until=UNTIL)  # fmt: skip
    assert found.opened[0] == (NEVER if opens is None else SINCE + opens)


def test_a_gate_that_was_open_waits_for_the_next_thing_to_happen():
    """As on the release list: an activity that no rule counts hands over, too."""
    parsed = parse(
        document(
            [
                group("things"),
                behaviour("seen", points="50"),
                gate("sales_ready", {"total_at_least": 50}),
            ]
        )
    )
    before = activity("visit", instant(SINCE - 86_400))
    histories = [([], [before]), ([], [before, activity("other", instant(SINCE + 60))])]
    stays = stays_of([(n, SINCE, UNTIL, False, NEVER) for n in (0, 1)])
    found = search(parsed, batch_of(histories), np.full(2, SINCE), stays, NOBODY,
                   since=SINCE, until=UNTIL)  # fmt: skip
    assert found.waited.all()
    assert found.opened.tolist() == [NEVER, SINCE + 60]


def test_what_one_busy_lead_did_is_judged_in_pieces(monkeypatch):
    parsed = parse(
        document(
            [
                group("things"),
                behaviour("seen", points="1", within_days=2),
                gate("mql", {"total_at_least": 7}),
            ]
        )
    )
    visits = [activity("visit", instant(SINCE + n * 3600)) for n in range(40)]
    batch, arguments = batch_of([([], visits)] * 3), (np.full(3, SINCE), stays_of([]), NOBODY)
    whole = search(parsed, batch, *arguments, since=SINCE, until=UNTIL)
    monkeypatch.setattr(pairs, "AT_ONCE", 50)
    assert (search(parsed, batch, *arguments, since=SINCE, until=UNTIL).gates == whole.gates).all()
    assert whole.gates[0].tolist() == [SINCE + 6 * 3600] * 3
