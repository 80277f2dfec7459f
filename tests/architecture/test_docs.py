"""Links lead somewhere, the map names every room, every event kind and setting is described."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.text import slugify

from tests.architecture import names, tree

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
KIND = re.compile(r"[a-z]+\.[a-z_]+")
EVENTS = tree.ROOT / "docs/reference/events.md"
READERS = {"text", "flag", "whole", "words"}  # portal/env.py


def pages() -> list[Path]:
    return [tree.ROOT / "README.md", *sorted((tree.ROOT / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    return {slugify(heading.replace("`", "")) for heading in HEADING.findall(page.read_text())}


def is_dead(link: str, page: Path) -> bool:
    """Tell whether a relative link misses its file or its heading."""
    if re.match(r"[a-z]+:", link):
        return False
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    if not target.exists() or not target.is_relative_to(tree.ROOT):
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target)


@pytest.mark.parametrize("page", pages(), ids=tree.relative)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    assert not [link for link in links if is_dead(link, page)]


@pytest.mark.parametrize(("app", "room"), tree.rooms_present())
def test_the_map_names_each_room(app: str, room: str) -> None:
    text = (tree.ROOT / "docs/README.md").read_text(encoding="utf-8")
    assert re.search(rf"{app}[./]{room}\b", text)


def recorded_kinds() -> dict[str, str]:
    """Return each event kind that code records, with one file that does."""
    found = {}
    for file, function, call in names.calls_in_code():
        if function != "record" or not call.args:
            continue
        for node in ast.walk(call.args[0]):
            if isinstance(node, ast.Constant) and KIND.fullmatch(str(node.value)):
                found[str(node.value)] = file
    return found


def documented_kinds() -> set[str]:
    """Return the kinds that begin a row of a table in the reference."""
    return set(re.findall(r"^\|\s*`([a-z]+\.[a-z_]+)`", EVENTS.read_text(), re.MULTILINE))


def test_every_recorded_kind_is_documented_and_no_other() -> None:
    recorded = recorded_kinds()
    assert recorded, "nothing was found to check"
    assert set(recorded) == documented_kinds()


def test_every_handled_kind_is_recorded_by_somebody() -> None:
    handled = set(import_string(settings.LIFECYCLE_HANDLERS))
    assert handled
    assert handled <= set(recorded_kinds())


def settings_read() -> set[str]:
    """Return each environment variable that portal/settings.py reads."""
    return {
        str(node.args[0].value)
        for node in ast.walk(tree.parsed(tree.ROOT / "portal/settings.py"))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in READERS
        if node.args and isinstance(node.args[0], ast.Constant)
    }


def test_every_setting_is_in_the_example_of_the_environment() -> None:
    text = (tree.ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?\s?([A-Z][A-Z_]+)=", text, re.MULTILINE))
    assert settings_read()
    assert not settings_read() - named
