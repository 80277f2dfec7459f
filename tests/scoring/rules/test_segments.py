"""Which definition applies: segments are tried in order, and all evaluators choose the same."""

from hypothesis import given
from hypothesis import strategies as st

from scoring.engine.columns import batch_of
from scoring.engine.freshness import valid_until_all
from scoring.engine.kernel import evaluate_all
from scoring.rules.evaluate import evaluate, facts_at
from scoring.rules.freshness import valid_until
from scoring.rules.instants import LATEST, instant, seconds
from scoring.rules.parse import parse
from scoring.rules.segments import Among, Segmented, narrowed
from tests.scoring.engine.test_kernel import HISTORIES, leads_of, row
from tests.scoring.rules import oracle
from tests.scoring.rules import strategies as some
from tests.scoring.rules.builders import NOW, behaviour, definition, gate, group, visit
from tests.scoring.rules.test_agreement import examples, outcome

BIG = {"field": "company_size", "op": "gte", "value": 1000}
DACH = {"field": "country", "op": "in", "value": ["DE", "AT", "CH"]}


def whom(when):
    return {"key": "segment", "kind": "segment", "position": 0, "body": {"when": when}}


def with_segment(document, when):
    return {**document, "clauses": [whom(when), *document["clauses"]]}


def chosen(documents, facts):
    """The oracle's own way to the document that applies."""
    for document in documents[:-1]:
        when = next(one for one in document["clauses"] if one["kind"] == "segment")
        if oracle.condition(when["body"]["when"], facts):
            return document
    return documents[-1]


@examples(12, 1500)
@given(
    st.lists(st.tuples(some.documents(), some.on_facts), min_size=1, max_size=3),
    some.documents(),
    HISTORIES,
    some.moments,
)
def test_three_evaluators_agree_on_who_is_scored_by_what(parts, last, histories, as_of):
    documents = [*(with_segment(*part) for part in parts), last]
    several, leads = Segmented(tuple(map(parse, documents))), leads_of(histories)
    batch, at = batch_of(leads), seconds(as_of)
    scores, until = evaluate_all(several, batch, at), valid_until_all(several, batch, at)
    for place, (snapshots, activities) in enumerate(leads):
        facts = facts_at(snapshots, as_of)
        own = several.definitions[several.place(facts)]
        assert scores.applied[place] == several.place(facts)
        said = outcome(evaluate(own, facts, activities, as_of))
        expected = oracle.score(chosen(documents, facts), facts, activities, as_of)
        assert row(scores, place) == said == expected
        holds = valid_until(own, snapshots, activities, as_of)
        assert until[place] > LATEST if holds is None else instant(int(until[place])) == holds


def small(when=None):
    clauses = [group(), behaviour("seen", points="50"), gate("mql", {"total_at_least": 40})]
    document = {"agreement": "definition", "name": "", "version": 1, "clauses": clauses}
    return parse(document if when is None else with_segment(document, when))


def test_a_missing_fact_falls_to_the_next_and_the_first_that_holds_takes_all():
    several = Segmented((small(BIG), small(DACH), small()))
    assert several.place({}) == 2
    assert several.place({"country": "de"}) == 1
    assert several.place({"company_size": 5000, "country": "de"}) == 0
    assert several.place({"company_size": None, "country": None}) == 2


def test_a_segment_that_asks_for_an_absence_takes_those_of_whom_nothing_is_known():
    several = Segmented((small({"not": BIG}), small()))
    assert several.place({}) == 0
    assert several.place({"company_size": 5000}) == 1


def test_a_narrowed_definition_opens_gates_for_its_own_leads_only():
    around = Among((small(BIG),), ())
    for facts, is_open in (({}, True), ({"company_size": 5000}, False)):
        one = narrowed(small(), around.whom(small()))
        assert evaluate(one, facts, [visit(NOW)], NOW).mql is is_open
    assert definition(group(), behaviour(points="5")).definitions[0].segment is None
