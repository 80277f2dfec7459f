"""Size, migrations, commands: what holds for every file of a kind."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import load_command_class
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from tests import run
from tests.architecture import tree

LONGEST = 300  # lines
# file: why it is one idea that would only lose by being cut
LONGER_BY_REVIEW: dict[str, str] = {}


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def commands() -> list[tuple[str, str]]:
    """Return (app, name) of each of our own management commands."""
    return [
        (path.relative_to(tree.ROOT).parts[0], path.stem)
        for path in tree.product_files()
        if path.parent.name == "commands" and not path.stem.startswith("_")
    ]


def test_a_mark_that_has_a_step_of_its_own_stands_where_that_step_looks() -> None:
    steps = {"browser": run.BROWSER_TESTS, "faults": run.FAULT_TESTS}
    for path in tree.files_of_tests():
        for mark, places in steps.items():
            if f"mark.{mark}" in path.read_text(encoding="utf-8"):
                assert tree.relative(path).startswith(tuple(places)), f"no step runs {path}: {mark}"


@pytest.mark.parametrize("path", [*tree.product_files(), *tree.files_of_tests()], ids=tree.relative)
def test_a_file_can_be_read_in_one_go(path: Path) -> None:
    if tree.relative(path) in LONGER_BY_REVIEW:
        assert lines_of(path) > LONGEST, "it has become short: take it off the list"
    else:
        assert lines_of(path) <= LONGEST


def test_no_migration_is_pending() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    assert not detector.changes(loader.graph)
    assert not loader.detect_conflicts()


@pytest.mark.parametrize(("app", "name"), commands())
def test_a_command_says_what_it_does(app: str, name: str) -> None:
    assert load_command_class(app, name).help.strip()


def test_the_commands_are_found() -> None:
    assert ("portal", "serve") in commands()
