"""The reference of the format says what the rules read."""

import json
import re

import pytest

from scoring.definitions.registration import VOCABULARY
from scoring.rules.condition_forms import EVERY_OP
from scoring.rules.gate_forms import LEAVES
from scoring.rules.parse import parse
from scoring.rules.schema import KINDS, validate_version
from tests.architecture import tree

TEXT = (tree.ROOT / "docs/reference/definition-format.md").read_text(encoding="utf-8")


def test_the_example_may_be_proposed_and_runs() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    document = json.loads(example)
    assert validate_version(document["clauses"], VOCABULARY) == []
    definition = parse(document)
    assert [rule.key for rule in definition.rules] == ["pricing_page"]
    assert definition.sales_ready is not None


@pytest.mark.parametrize("word", sorted({*KINDS, *EVERY_OP, *LEAVES}))
def test_every_kind_operator_and_question_is_described(word: str) -> None:
    assert re.search(rf"[`\"]{word}[`\"]", TEXT)


def test_each_question_of_a_gate_is_shown_as_it_is_read() -> None:
    asked = re.findall(r"`(\{\"(?:" + "|".join(LEAVES) + r")\": [^`]+\})`", TEXT)
    questions = [json.loads(one) for one in asked]
    assert {next(iter(one)) for one in questions} == set(LEAVES)
    clause = {
        "kind": "gate",
        "key": "fast_track",
        "position": 9,
        "body": {"when": {"all": questions}},
    }
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    icp = {"field": "company_size", "op": "gte", "value": 50}
    icp_clause = {"kind": "icp", "key": "icp", "position": 8, "body": {"when": icp}}
    clauses = [*json.loads(example)["clauses"], icp_clause, clause]
    assert validate_version(clauses, VOCABULARY) == []
