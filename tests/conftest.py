"""What every test can rely on: no network, one fixed instant, Debian's Chromium."""

import gc
import ipaddress
import os
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import expect

from tests import cleared, stages, template
from tests.turns import FULL, in_turn

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

hypothesis.settings.register_profile("small", max_examples=40, deadline=None, derandomize=True)
hypothesis.settings.register_profile("full", max_examples=2000, deadline=None)
hypothesis.settings.load_profile("full" if FULL else "small")

# What a page comes to show is waited for as long as a busy machine may take; it costs nothing
# where it comes at once.
expect.set_options(timeout=20_000)


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(refuse_network)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Search no more for rubbish among what lasts: the code, the models, 8,000 collected tests.

    What tests make is still cleared away, more at a time. That is a tenth of all they cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip, with the reason, what cannot run here; the driver of `make test` reports it."""
    if os.environ.get("DATABASE_TESTS_ONLY") == "1":
        kept = asked_of_postgres([one for one in items if needs_database(one)])
        config.hook.pytest_deselected(items=[one for one in items if one not in kept])
        items[:] = [one for one in items if one in kept]
    items.sort(key=how_early)
    on_postgres = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    for item in items:
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL (TEST_DATABASE_URL)"))
        if item.get_closest_marker("full") and not FULL:
            item.add_marker(pytest.mark.skip(reason="only at full size (make test-full)"))
        if item.get_closest_marker("browser"):
            # Playwright keeps an event loop in this thread, which Django takes for async code.
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium was not found"))


# The longest of those that run beside browsers and programs, begun first and two by two: else one
# worker waits at the end for the other to be done with one of them.
FIRST = ("[chromium-one half]", "every_page_is_sound", "[chromium-other half]", "becomes_a_better")


def how_early(item: pytest.Item) -> int:
    """Return the place among those that come first, and the same for all that come after them."""
    found = (place for place, name in enumerate(FIRST) if name in item.nodeid)
    return next(found, len(FIRST))


# Who may do what is decided before the database is asked, and how many statements a list costs
# is the same on both: these are walked once.
WALKED_ONCE = {"test_access.py", "test_lists.py", "test_other_teams.py"}
# What pages and forms show and refuse is the same on both: on PostgreSQL each is opened and
# posted to once (architecture/test_opening.py), and lists are asked everything (journeys).
ABOUT_PAGES = ("_pages.py", "test_pages.py", "test_forms.py", "test_views.py")
FOLDERS_ABOUT_PAGES = {"workshop", "templatetags"}
MORE_ABOUT_PAGES = {
    "desk/test_advice.py", "desk/test_call_sheet.py", "desk/test_case.py", "desk/test_dock.py",
    "desk/test_play.py", "leadpage/test_booking.py", "leadpage/test_score.py",
    "dashboards/test_lists.py", "dashboards/test_members.py", "home/test_preferences.py",
    "api/test_schema.py",
}  # fmt: skip


# In the address of a test: what it is about, where each value may be another matter there.
BOUNDS = re.compile(
    "architecture/|journeys/|/imports/|_signed_text|_paging|_queue|touched_days|database|column|odd"
    "|query|queries|search|cursor|locked|killed|between|whatever|cannot_be_used|costs|statements"
)


def needs_database(item: pytest.Item) -> bool:
    """Tell whether a test asks something that may differ from one database to the other."""
    if is_about_pages(item.path) and not item.get_closest_marker("postgres"):
        return False
    fixtures = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None


def asked_of_postgres(items: list[pytest.Item]) -> set[pytest.Item]:
    """Return what runs there: of the cases of one test two, always the same, and all at full size.

    They differ in values, not in statements, and all of them run on SQLite. All run here as well
    where the values meet the database's own types, bounds and refusals.
    """
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for one in items:
        meets_bounds = bool(BOUNDS.search(one.nodeid)) or one.get_closest_marker("postgres")
        cases[one.nodeid if meets_bounds else one.nodeid.partition("[")[0]].append(one)
    return {one for name, some in cases.items() for one in in_turn(name, some, 2)}


def is_about_pages(path: Path) -> bool:
    """Tell whether a file's tests are about what is shown, asked and refused."""
    return (
        path.name in WALKED_ONCE
        or path.name.endswith(ABOUT_PAGES)
        or path.parent.name in FOLDERS_ABOUT_PAGES
        or f"{path.parent.name}/{path.name}" in MORE_ABOUT_PAGES
    )


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Let no test talk to another machine. An audit hook: no library can go round it."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if not is_this_machine(host):
        raise RuntimeError(f"A test tried to reach {host}. Tests talk to this machine only.")


def is_this_machine(host: str) -> bool:
    """Tell whether ``host`` is a loopback address or its usual name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Give this process a database of its own, copied from one that the migrations made."""
    with django_db_blocker.unblock():
        template.make_test_database()
        cleared.clear_without_flush()
    yield
    with django_db_blocker.unblock():
        stages.end()
        template.remove_test_database()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> None:
    stages.before_fixture(fixturedef, request)


@pytest.fixture
def tidy(db: None) -> None:
    """Clear away what rolled-back tests left in the tables, so that plans are those of clean ones.

    By a connection of its own: PostgreSQL does not vacuum inside a transaction.
    """
    if connection.vendor == "postgresql":
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("VACUUM")
        finally:
            other.close()


@pytest.fixture
def now() -> datetime:
    """A Monday morning on which the tests happen, unless one is about another time."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ]  # fmt: skip
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "headless": True,
        "args": quiet,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "Europe/Berlin"}
