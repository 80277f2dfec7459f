"""Every definition to begin from can be proposed as it is, and passes the lint."""

import pytest

from scoring.definitions.registration import VOCABULARY
from scoring.definitions.starters import starters
from scoring.rules.schema import validate_version
from scoring.workshop.checks import second_looks


@pytest.mark.parametrize("starter", starters(), ids=lambda one: one.slug)
def test_a_starter_can_be_proposed_and_passes_the_lint(starter) -> None:
    clauses = starter.clauses()
    assert not validate_version(clauses, VOCABULARY)
    assert not [str(one.sentence) for one in second_looks(clauses)]
    assert starter.clauses() is not clauses
