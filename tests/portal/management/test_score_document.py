"""How ``manage.py score --stdin`` reads texts, names, instants and objects."""

import io
import json

import pytest

from scoring.engine.given import BadScoreFile, read_document
from scoring.engine.scorefile import score_document
from tests.portal.management.test_scoring import EXAMPLE, changed, did


def asking(when, **more):
    """A document with one rule about activities, worth 15 for each object."""
    version = json.loads(json.dumps(EXAMPLE["version"]))
    version["clauses"][1]["body"] |= {"where": when, "counts": "once_per_object", "max_times": None}
    return did(**more) | {"version": version}


COMPOSED, APART = "Frühling", "Fru\u0308hling"


@pytest.mark.parametrize(("ruled", "done"), [(COMPOSED, APART), (APART, COMPOSED), (APART, APART)])
@pytest.mark.parametrize("field", ["campaign", "object", "object_kind", "object_tags"])
def test_accents_apart_meet_a_rule_as_they_do_once_they_are_stored(field, ruled, done):
    op = "has" if field == "object_tags" else "equals"
    told = {"properties": {"campaign": done}, "object": {"kind": done, "key": done, "tags": [done]}}
    document = asking({"field": field, "op": op, "value": ruled}, **told)
    (lead,) = score_document(document)["leads"]
    assert (lead["total"], lead["evaluators_agree"]) == (15, True)


def test_names_with_accents_apart_are_read_and_a_leads_id_is_given_back_as_it_is():
    is_so = {"field": COMPOSED, "op": "equals", "value": "x"}
    document = asking(is_so, kind=APART, properties={APART: "x"}, object={"id": 1})
    document["version"]["clauses"][1]["body"]["kinds"] = [COMPOSED]
    document["leads"][0]["id"] = APART
    (lead,) = score_document(read_document(io.StringIO(json.dumps(document))))["leads"]
    assert (lead["total"], lead["id"]) == (15, APART)
    document["leads"][0]["activities"][0]["properties"][COMPOSED] = "y"
    with pytest.raises(BadScoreFile, match="accents"):
        score_document(document)


def test_an_instant_may_be_written_in_small_letters():
    given = changed(as_of="2026-03-02t12:00:00z")
    assert score_document(given)["leads"][0]["as_of"] == "2026-03-02T12:00:00+00:00"


@pytest.mark.parametrize(
    ("objects", "count"),
    [
        ([{"kind": "a:b", "key": "c"}, {"kind": "a", "key": "b:c"}], 2),
        ([{"id": "page:a"}, {"kind": "page", "key": "a"}], 2),
        ([{"id": '["page", "a"]'}, {"kind": "page", "key": "a"}, {"id": 1}, {"id": "1"}], 4),
        ([{"kind": "None", "key": "a"}, {"kind": None, "key": "a"}, {"key": "a"}], 2),
        ([{"key": COMPOSED}, {"key": APART}, {"key": COMPOSED.upper()}], 2),
        ([{}, {"key": None, "kind": None}, {"tags": ["pricing"]}, {"id": None, "key": "a"}], 0),
        ([{"kind": "page"}, {"kind": "mail"}], 2),
    ],
)
def test_objects_are_told_apart_by_their_id_or_by_kind_and_key(objects, count):
    document = asking(None)
    (deed,) = document["leads"][0]["activities"]
    document["leads"][0]["activities"] = [deed | {"object": one} for one in objects]
    (lead,) = score_document(document)["leads"]
    assert (lead["engagement"], lead["evaluators_agree"]) == (min(count * 1500, 8000), True)
