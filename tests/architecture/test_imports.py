"""Floors and rooms: who may import whom."""

from pathlib import Path

import pytest

from tests.architecture import tree

FLOORS = {  # a file may import its own package and any package on a lower floor
    "portal.core": 0, "portal.accounts": 1, "portal.events": 2, "portal.notifications": 3,
    "portal.watches": 3,
    "portal.agreements": 3, "leads": 4, "scoring": 5, "sla": 5, "portal": 6,
}  # fmt: skip
OUTSIDE = {"tests", "benchmarks"}  # look at the product, never the other way round

REVIEWED = {  # (file, imported package): why this one import upwards is none
    ("portal/core/http.py", "portal.accounts"): "only for the type checker, under TYPE_CHECKING",
}


def package_of(module: str) -> str:
    owners = [name for name in FLOORS if f"{module}.".startswith(f"{name}.")]
    return max(owners, key=len, default="")


def upward_imports(path: Path) -> list[str]:
    """Return what the file imports from its own floor's neighbours or from above."""
    here, name = package_of(tree.module_of(path)), tree.relative(path)
    wrong = []
    for module in tree.imported_modules(tree.parsed(path)):
        there = package_of(module)
        if module.split(".")[0] in OUTSIDE:
            wrong.append(module)
        elif there and there != here and FLOORS[there] >= FLOORS[here]:
            wrong += [] if (name, there) in REVIEWED else [module]
    return wrong


def room_of(module: str) -> tuple[str, str]:
    """Return (app, room) of a module; the room is empty for an app-level file."""
    app, *rest = module.split(".")
    is_room = bool(rest) and rest[0] in tree.ROOMS.get(app, ())
    return (app, rest[0]) if is_room else (app, "")


def imports_out_of_order(path: Path) -> list[str]:
    """Return what a room's file imports from later rooms, or from its app's gathering files."""
    app, room = room_of(tree.module_of(path))
    if not room:
        return []
    order = tree.ROOMS[app]
    before = order[: order.index(room) + 1]
    return [
        module
        for module in tree.imported_modules(tree.parsed(path))
        if module.split(".")[0] == app and room_of(module)[1] not in before
        if (tree.relative(path), package_of(module)) not in REVIEWED
    ]


def test_the_tree_is_where_these_tests_look() -> None:
    names = {tree.relative(path) for path in tree.product_files()}
    assert {f"{app}/apps.py" for app in tree.APPS} <= names


@pytest.mark.parametrize("path", tree.product_files(), ids=tree.relative)
def test_imports_only_point_downwards(path: Path) -> None:
    assert not upward_imports(path)


@pytest.mark.parametrize("path", tree.product_files(), ids=tree.relative)
def test_a_room_imports_only_rooms_named_before_it(path: Path) -> None:
    assert not imports_out_of_order(path)


@pytest.mark.parametrize(("app", "room"), tree.rooms_present())
def test_each_folder_of_an_app_is_a_room_of_the_design(app: str, room: str) -> None:
    assert room in tree.ROOMS[app]


@pytest.mark.parametrize(("file", "package"), REVIEWED)
def test_a_reviewed_import_still_exists(file: str, package: str) -> None:
    modules = tree.imported_modules(tree.parsed(tree.ROOT / file))
    assert package in {package_of(module) for module in modules}


@pytest.mark.parametrize(
    ("file", "line", "finder"),
    [
        ("leads/routing/services.py", "from scoring.engine import services", upward_imports),
        ("sla/clocks/services.py", "import scoring.rules.evaluate", upward_imports),
        ("portal/events/services.py", "from leads.models import Lead", upward_imports),
        ("portal/agreements/views.py", "from portal.notifications import x", upward_imports),
        ("scoring/rules/points.py", "from tests import factories", upward_imports),
        ("leads/database/services.py", "from leads.routing.choose import c", imports_out_of_order),
        ("leads/routing/services.py", "from leads.models import Lead", imports_out_of_order),
    ],
)
def test_the_finders_find(file: str, line: str, finder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tree, "ROOT", tmp_path)
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert finder(path)
