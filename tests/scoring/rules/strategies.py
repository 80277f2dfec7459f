"""Random definitions, facts and activities, crowded around boundary instants and values."""

from datetime import timedelta
from functools import lru_cache

from hypothesis import strategies as st

from scoring.rules.activities import Activity
from tests.scoring.rules.builders import NOW, clause, document

TEXTS = [
    "VP", " vp ", "SVP Sales", "vp-sales", "Straße", "STRASSE", "intern", "in", "0.5", "5",
    "ΟΔΟΣ vp", "οδος", "\ufb01n", "FIN_vp", "İvp", "vp²",
]  # fmt: skip
DAYS = ["2026-02-28", "2026-03-01", "2024-02-29", " 2026-03-01 "]  # what a rule names
SAID = [*DAYS, "2026-02-29", "2026-3-1", "20260301", "1 March", "\uff12026-03-01", "2026-03-02", 7]
NUMBERS = [0, 1, 5, 50, 5000, -3, "0.5", "12.25", "5.0"]
KINDS = ["visit", "mail", "form"]
TAGS = ["pricing", "Blog ", "case study"]
FACTS = {"title": "text", "industry": "text", "size": "number", "known": "flag", "since": "date"}
PROPERTIES = {"place": "text", "seconds": "number"}
POINTS = ["0", "1", "10", "-10", "0.01", "-0.01", "0.5", "-0.5", "33.33", "-7.25", "100"]

points = st.sampled_from(POINTS)
maybe_points = st.none() | points


def shape(kind, field):
    """Comparisons that fit one field."""
    options = {
        "text": [
            (
                ["equals", "not_equals", "contains", "contains_word", "starts_with"],
                st.sampled_from(TEXTS),
            ),
            (["in", "not_in"], st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)),
        ],
        "number": [
            (["equals", "not_equals", "gt", "gte", "lt", "lte"], st.sampled_from(NUMBERS)),
            (["in", "not_in"], st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3)),
            (
                ["between"],
                st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=2).map(
                    lambda two: sorted(two, key=float)
                ),
            ),
        ],
        "date": [
            (
                ["equals", "not_equals", "gt", "gte", "lt", "lte"],
                st.sampled_from(DAYS),
            ),
            (["in", "not_in"], st.lists(st.sampled_from(DAYS), min_size=1, max_size=3)),
            (
                ["between"],
                st.lists(st.sampled_from(DAYS), min_size=2, max_size=2).map(
                    lambda two: sorted(two, key=str.strip)
                ),
            ),
        ],
        "flag": [(["equals", "not_equals"], st.booleans())],
        "tags": [(["has"], st.sampled_from(TAGS))],
    }[kind]
    if kind != "tags":
        options = [*options, (["is_known"], st.sampled_from([True]))]
    return st.one_of(
        st.fixed_dictionaries(
            {"field": st.just(field), "op": st.sampled_from(ops), "value": values}
        )
        for ops, values in options
    )


def trees(leaves):
    def branch(inner):
        return st.one_of(
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda part: {"not": part}, inner),
        )

    return st.recursive(leaves, branch, max_leaves=4)


fact_comparisons = st.one_of(shape(kind, field) for field, kind in FACTS.items())
on_facts = trees(fact_comparisons)
on_activities = trees(
    st.one_of(
        *(shape(kind, field) for field, kind in PROPERTIES.items()),
        shape("text", "object"),
        shape("tags", "object_tags"),
    )
)
kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True)
small = st.none() | st.integers(1, 3)
decay = st.fixed_dictionaries(
    {
        "every_days": st.integers(1, 4),
        "percent": st.sampled_from(["0.01", "10", "33.33", "50", "99.99", "100"]),
    }
)
timing = st.one_of(
    st.just({}),
    st.builds(lambda days: {"within_days": days}, st.integers(1, 5)),
    st.builds(lambda given: {"decay": given}, decay),
)
tests = st.one_of(
    st.fixed_dictionaries({"type": st.just("attribute"), "when": on_facts}),
    st.fixed_dictionaries({"type": st.just("silence"), "kinds": kinds, "days": st.integers(1, 5)}),
    st.builds(
        lambda body, when: body | when,
        st.fixed_dictionaries(
            {
                "type": st.just("behaviour"),
                "kinds": kinds,
                "where": st.none() | on_activities,
                "counts": st.sampled_from(["once", "each", "once_per_object"]),
                "max_times": small,
                "min_count": small,
            }
        ),
        timing,
    ),
)


# Strategies are made once: checking a new one costs more than drawing from it.
@st.composite
def _limits(draw):
    floor, cap = draw(maybe_points), draw(maybe_points)
    if floor is not None and cap is not None and float(cap) < float(floor):
        floor, cap = cap, floor
    return {"floor": floor, "cap": cap}


limits = _limits()


@lru_cache
def gate_trees(rules):
    count = st.integers(1, 3)
    return trees(
        st.one_of(
            st.builds(lambda n: {"total_at_least": n}, st.sampled_from(["0", "0.5", 1, 10, "-1"])),
            st.builds(lambda n: {"fit_at_least": n}, points),
            st.builds(lambda n: {"engagement_at_least": n}, points),
            st.builds(lambda key: {"rule_fired": key}, st.sampled_from(rules)),
            st.builds(
                lambda k, s: {"signals_at_least": {"count": k, "signal": s}},
                count,
                st.sampled_from(["none", "interest", "high_intent"]),
            ),
            st.builds(
                lambda k, d: {"rules_at_least": {"count": k, "dimension": d}},
                count,
                st.sampled_from(["fit", "engagement"]),
            ),
            st.just({"icp": True}),
            st.builds(lambda one: {"fact": one}, fact_comparisons),
        )
    )


@st.composite
def documents(draw):
    groups = [f"g{n}" for n in range(draw(st.integers(1, 3)))]
    rules = [f"r{n}" for n in range(draw(st.integers(1, 6)))]
    clauses = []
    for key in groups:
        body = {
            "name": key,
            "dimension": draw(st.sampled_from(["fit", "engagement"])),
            "combine": draw(st.sampled_from(["sum", "highest"])),
        }
        clauses.append(clause("group", key, body | draw(limits)))
    for key in rules:
        body = {
            "name": key,
            "group": draw(st.sampled_from(groups)),
            "points": draw(points),
            "signal": draw(st.sampled_from(["none", "interest", "high_intent"])),
            "disqualifies": draw(st.integers(0, 9)) == 0,
        }
        clauses.append(clause("rule", key, body | draw(tests)))
    clauses.append(clause("icp", "icp", {"when": draw(on_facts)}))
    clauses += [
        clause("gate", key, {"when": draw(gate_trees(tuple(rules)))})
        for key in ("mql", "sales_ready", "fast_track")
    ]
    if draw(st.booleans()):
        clauses.append(clause("total", "total", draw(limits)))
    if draw(st.booleans()):
        cuts = {"fit": {"A": "10", "B": "0.5"}, "engagement": {"1": "10", "2": "-0.01"}}
        clauses.append(clause("grade", "grade", cuts))
    order = draw(st.permutations(range(len(clauses))))
    for place, one in zip(order, clauses, strict=True):
        one["position"] = place
    return document(draw(st.permutations(clauses)))


facts = st.fixed_dictionaries(
    {},
    optional={
        "title": st.none() | st.sampled_from(TEXTS),
        "industry": st.sampled_from(TEXTS),
        "size": st.sampled_from([0, 1, 5, 49, 50, 51, 5000, 5001, 0.5, 12.25, "5", True]),
        "known": st.booleans() | st.sampled_from([0, 1, "true", ""]),
        "since": st.none() | st.sampled_from(SAID),
    },
)

# Whole days and the seconds around them: where windows, steps and silences begin and end.
instants = st.builds(
    lambda days, edge, fraction: (
        NOW - timedelta(days=days, seconds=edge) + timedelta(microseconds=fraction)
    ),
    st.integers(-1, 7),
    st.sampled_from([-1, 0, 0, 0, 0, 1, 40_000]),
    st.sampled_from([0, 0, 1, 999_999]),
)

# When to ask: mostly a whole number of days after most activities.
moments = st.sampled_from([NOW, NOW, NOW, NOW - timedelta(seconds=1), NOW + timedelta(days=2)])


@st.composite
def activity_lists(draw):
    made = []
    for number in range(draw(st.integers(0, 8))):
        at = draw(instants)
        late = draw(st.sampled_from([0, 0, 0, 1, 86_400, -60]))
        made.append(
            Activity(
                id=number,
                kind=draw(st.sampled_from([*KINDS, "other"])),
                occurred_at=at,
                received_at=at + timedelta(seconds=late),
                object_id=draw(st.none() | st.integers(1, 3)),
                object_text=draw(st.none() | st.sampled_from(TEXTS)),
                tags=draw(st.frozensets(st.sampled_from(TAGS))),
                properties=draw(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "place": st.sampled_from(TEXTS),
                            "seconds": st.sampled_from([0, 5, 0.5]),
                        },
                    )
                ),
                is_bot=draw(st.integers(0, 5)) == 0,
            )
        )
    return draw(st.permutations(made))
