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
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
EVENTS = tree.ROOT / "docs/reference/events.md"
READERS = {"text", "flag", "whole", "words"}  # portal/env.py


def documents() -> list[Path]:
    return [tree.ROOT / "README.md", *sorted((tree.ROOT / "docs").rglob("*.md"))]


def anchors(document: Path) -> set[str]:
    return {slugify(heading.replace("`", "")) for heading in HEADING.findall(document.read_text())}


def is_dead(link: str, document: Path) -> bool:
    """Tell whether a relative link misses its file or its heading."""
    if re.match(r"[a-z]+:", link):
        return False
    file, _, anchor = link.partition("#")
    target = (document.parent / file).resolve() if file else document
    if not target.exists() or not target.is_relative_to(tree.ROOT):
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target)


@pytest.mark.parametrize("document", documents(), ids=tree.relative)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = LINK.findall(CODE.sub("", document.read_text(encoding="utf-8")))
    assert not [link for link in links if is_dead(link, document)]


def test_a_dead_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "ROOT", tmp_path)
    document = tmp_path / "README.md"
    document.write_text("# Two `words` here\n")
    assert is_dead("missing.md", document)
    assert is_dead("#other", document)
    assert is_dead("../outside.md", document)
    assert not is_dead("README.md#two-words-here", document)
    assert not is_dead("https://example.test/", document)


@pytest.mark.parametrize(("app", "room"), tree.rooms_present())
def test_the_map_names_each_room(app: str, room: str) -> None:
    text = (tree.ROOT / "docs/README.md").read_text(encoding="utf-8")
    assert re.search(rf"{app}[./]{room}\b", text)


def recorded_kinds() -> set[str]:
    """Return each event kind that is written out where an event is recorded.

    Where the kind has a name there, every kind that the file writes out counts.
    """
    found = set()
    for file, function, call in names.calls_in_code():
        if function in {"record", "record_each"} and call.args:
            kind = call.args[0]
            node = tree.parsed(tree.ROOT / file) if isinstance(kind, ast.Name) else kind
            found |= {text for text in texts(node) if KIND.fullmatch(text)}
    return {kind for kind in found if kind.split(".")[0] not in tree.APPS}  # a model's label


def texts(root: ast.AST) -> set[str]:
    """Return every text that is written out below a node."""
    return {
        node.value
        for node in ast.walk(root)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def literals() -> set[str]:
    """Return every text that is written out in the product's code."""
    return set().union(*(texts(tree.parsed(path)) for path in tree.product_files()))


def documented_kinds() -> set[str]:
    """Return the kinds that begin a row of a table in the reference."""
    return set(re.findall(r"^\|\s*`([a-z_]+\.[a-z_]+)`", EVENTS.read_text(), re.MULTILINE))


def test_every_recorded_kind_is_documented() -> None:
    assert {"handoff.made", "follow_up.created", "lead.noted"} <= recorded_kinds()
    assert not recorded_kinds() - documented_kinds()


def test_every_documented_kind_exists() -> None:
    assert not documented_kinds() - literals()


def test_every_handled_kind_is_documented() -> None:
    handled = set(import_string(settings.LIFECYCLE_HANDLERS))
    assert handled, "nothing was found to check"
    assert not handled - documented_kinds()


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
