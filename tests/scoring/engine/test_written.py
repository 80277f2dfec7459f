"""20 definitions on 500 leads written once: the three evaluators agree on what is stored."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from leads.database.models import Lead
from scoring.engine.assembly import Texts, read_batch
from scoring.engine.freshness import valid_until_all
from scoring.engine.intake import Wanted, read_activities
from scoring.engine.kernel import evaluate_all
from scoring.engine.reading import read_histories
from scoring.rules.evaluate import evaluate, facts_at
from scoring.rules.freshness import valid_until
from scoring.rules.instants import LATEST, instant, seconds
from scoring.rules.parse import parse
from tests.factories import make_activity, make_lead
from tests.scoring.engine.test_kernel import row
from tests.scoring.engine.written import in_registry_words, plain_facts, write_leads
from tests.scoring.rules import oracle
from tests.scoring.rules import strategies as some
from tests.scoring.rules.test_agreement import FULL, outcome

pytestmark = pytest.mark.django_db
LEADS, DEFINITIONS = 500, 20
EVERY = 1 if FULL else 10  # so many leads are shown to the slow oracle


@pytest.fixture
def histories(db):
    return write_leads(LEADS)


@settings(
    max_examples=DEFINITIONS, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
@given(document=some.documents(), as_of=some.moments)
def test_the_three_agree_on_what_is_written(histories, document, as_of):
    document = in_registry_words(document)
    definition, at = parse(document), seconds(as_of)
    ids = np.array(sorted(histories))
    batch = read_batch(definition, ids, Wanted(first=ids[0], last=ids[-1]), Texts(), at=at)
    scores, until = evaluate_all(definition, batch, at), valid_until_all(definition, batch, at)
    read = read_histories(ids.tolist(), definition)
    for place, pk in enumerate(ids.tolist()):
        facts = facts_at(read[pk].snapshots, as_of)
        said = outcome(evaluate(definition, facts, read[pk].activities, as_of))
        assert row(scores, place) == said
        holds = valid_until(definition, read[pk].snapshots, read[pk].activities, as_of)
        assert until[place] > LATEST if holds is None else instant(int(until[place])) == holds
        if place % EVERY == 0:
            rows, activities = histories[pk]
            assert said == oracle.score(document, plain_facts(rows, as_of), activities, as_of)


def test_leads_named_one_by_one_are_read_like_a_range(histories):
    definition = parse(in_registry_words(BUSY))
    ids = np.array(sorted(histories))
    some_ids = ids[::7]
    at = seconds(some.NOW)
    whole, part = (
        evaluate_all(definition, read_batch(definition, leads, wanted, Texts(), at=at), at)
        for leads, wanted in (
            (ids, Wanted(first=ids[0], last=ids[-1])),
            (some_ids, Wanted(ids=some_ids.tolist())),
        )
    )
    assert whole.fired[::7].tolist() == part.fired.tolist()
    assert len(set(part.fired.tolist())) > 2


def test_nobody_and_nothing_are_read_too():
    definition = parse(in_registry_words(BUSY))
    for wanted in (Wanted(ids=[]), Wanted(first=1, last=9)):
        batch = read_batch(definition, np.zeros(0, np.int64), wanted, Texts(), at=0)
        assert evaluate_all(definition, batch, seconds(some.NOW)).total.tolist() == []
    lead = Lead.objects.create(external_source="set", external_id="x", recorded_at=some.NOW)
    batch = read_batch(definition, np.array([lead.pk]), Wanted(ids=[lead.pk]), Texts(), at=0)
    assert evaluate_all(definition, batch, seconds(some.NOW)).fired.tolist() == [0]


def test_a_window_that_begins_before_the_year_1000_is_read_too():
    lead = make_lead()
    late, early = (datetime(year, 1, 1, tzinfo=UTC) for year in (30, 20))
    made = [make_activity(lead, kind="page_view", occurred_at=at) for at in (late, early)]
    kinds = {made[0].kind: seconds(early)}
    assert read_activities(Wanted(ids=[lead.pk]), kinds=kinds).id.tolist() == [made[0].pk]


BUSY = some.document(
    [
        some.clause(
            "group", "g",
            {"name": "g", "dimension": "engagement", "combine": "sum", "floor": None, "cap": None},
        ),
        *(
            some.clause(
                "rule", f"r{n}",
                {"name": f"r{n}", "group": "g", "points": "1", "type": "behaviour",
                 "kinds": [kind], "where": where, "counts": "each"},
            )
            for n, (kind, where) in enumerate([
                ("visit", {"field": "object_tags", "op": "has", "value": "pricing"}),
                ("mail", {"field": "place", "op": "contains", "value": "v"}),
                ("form", {"field": "object_kind", "op": "equals", "value": "page"}),
            ])
        ),
        *(some.clause("gate", key, {"when": {"total_at_least": 2}})
          for key in ("mql", "sales_ready")),
    ]
)  # fmt: skip
