"""The product's own files, and what each of them imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("portal", "leads", "scoring", "sla")
TEMPLATES = ROOT / "templates"

# Rooms in the order of the design: inside an app a room imports only rooms named before it.
ROOMS = {
    "portal": (
        "core", "accounts", "events", "agreements", "notifications", "watches",
        "desk", "leadpage", "home", "dashboards", "demo",
    ),
    "leads": (
        "database", "activities", "handoffs", "dispositions", "routing", "tasks",
        "capture", "tracking", "enrichment", "nurture", "meetings", "imports",
    ),
    "scoring": (
        "rules", "definitions", "engine", "backtest", "feedback", "reviewing", "predictive",
        "workshop",
    ),
    "sla": (
        "calendar", "terms", "clocks", "breaches", "escalations", "rehearsal", "scoreboard",
    ),
}  # fmt: skip
NO_ROOMS = {"management", "migrations", "templatetags", "__pycache__"}  # Django's own folders


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def product_files() -> list[Path]:
    """Return every Python file of the product but migrations."""
    found = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def files_of_tests() -> list[Path]:
    return [path for top in ("tests", "benchmarks") for path in sorted((ROOT / top).rglob("*.py"))]


def templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def module_of(path: Path) -> str:
    """Return the dotted name by which the file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """Yield each imported name in full: ``from a.b import c`` gives ``a.b.c``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_present() -> list[tuple[str, str]]:
    """Return (app, folder) for each folder of an app that holds Python files."""
    return [
        (app, folder.name)
        for app in APPS
        for folder in sorted((ROOT / app).iterdir())
        if folder.is_dir() and folder.name not in NO_ROOMS and any(folder.rglob("*.py"))
    ]
