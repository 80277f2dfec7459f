"""Everything `make test` runs, in order, with a closing summary. Each step is a plain command.

The short checks run two at a time, before the suites, which keep two workers busy by themselves.

A step that cannot run here (no PostgreSQL, no Chromium) is left out and named at the end; with
``CI=true`` that is a failure. ``FULL=1`` (`make test-full`) runs fault and property tests at
full size. All steps run even when one fails, so that one run shows everything there is to mend.

Where browsers and programs run beside the tests, what fails gets one more go by itself. What then
passes is named at the end as unsteady: it waited too briefly, or there is a race to be found.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from tests.steps import IN_CI, PYTEST, ROOT, Step, read_report, summary

POSTGRES = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FULL = os.environ.get("FULL") == "1"
STEP_LIMIT = 2400 if FULL else 1500  # seconds; a step that takes longer hangs
MOST_AGAIN = 3  # tests of a step that get another go; more than that are no matter of chance

IN_MEMORY, ROOM = "/dev/shm", 4 * 2**30  # noqa: S108 - a folder of its own is made there
TO_TELL = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}

PRODUCTION = {
    "ALLOWED_HOSTS": "portal.example.test",
    "DEBUG": "0",
    "DEMO": "0",
    "HTTPS": "1",
    "SECRET_KEY": "as-long-and-random-as-in-production-0123456789-abcdefghijklmnopqrstuvwxyz",
}
HERE = [
    name for name in ("portal", "leads", "scoring", "sla", "benchmarks") if (ROOT / name).is_dir()
]
MANAGE = ["manage.py"]
# Where tests with these marks stand (tests/architecture/test_files.py): no step reads the others.
BROWSER_TESTS = ["tests/browser", "tests/journeys/test_loop.py", "tests/portal/templatetags"]
FAULT_TESTS = ["tests/faults"]
OTHERS = "not browser and not faults"
OTHER_TESTS = ["tests", "--ignore=tests/browser", "--ignore=tests/faults"]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.settings"}


def steps() -> list[Step]:
    """Return the steps in order, each knowing whether it can run on this machine."""
    no_postgres, no_browser = postgres_missing(), browser_missing()
    # What touches no database is the same on both, and runs once.
    on_postgres = {"TEST_DATABASE_URL": POSTGRES, "DATABASE_TESTS_ONLY": "1"}
    on_sqlite = {"TEST_DATABASE_URL": ""}
    template = ["-m", "tests.template"]
    own, theirs = {**on_sqlite, **SETTINGS}, {**on_postgres, **SETTINGS}
    return [
        Step("mypy", ["-m", "mypy", *HERE, "manage.py"], PRODUCTION),  # the longest of the short
        Step("a database on SQLite", template, own),
        Step("one on PostgreSQL", template, theirs, no_postgres),
        Step("ruff", ["-m", "ruff", "check", "."]),
        Step("ruff format", ["-m", "ruff", "format", "--check", "."]),
        Step("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"], PRODUCTION),
        Step("deploy check", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        suite("suite on SQLite", OTHER_TESTS, OTHERS, on_sqlite, workers=2),
        suite("suite on PostgreSQL", OTHER_TESTS, OTHERS, on_postgres, no_postgres, 2),
        beside("browser journeys", BROWSER_TESTS, "browser", on_sqlite, no_browser, 2, chunk=2),
        beside(
            "faults on SQLite", FAULT_TESTS, "faults and not postgres", on_sqlite, "", 2, chunk=2
        ),
        beside(
            "faults on PostgreSQL", FAULT_TESTS, "faults and postgres", on_postgres, no_postgres
        ),
    ]


def suite(
    name: str,
    where: list[str],
    marks: str,
    variables: dict[str, str],
    left_out: str = "",
    workers: int = 0,
    *,
    chunk: int = 0,
) -> Step:
    """Return a step that runs the tests with these marks.

    In pytest's order, which xdist's ``worksteal`` breaks: what empties the tables comes last.
    ``chunk`` hands out so many at a time, where some take long (tests/conftest.py: FIRST).
    """
    spread = ["-n", str(workers)] if workers else []
    spread += ["--maxschedchunk", str(chunk)] if chunk else []
    return Step(name, [*PYTEST, *where, "-m", marks, *spread], variables, left_out)


def beside(*given: Any, **more: Any) -> Step:
    """Return a suite whose tests run beside a browser or programs of their own."""
    return replace(suite(*given, **more), once_more=True)


def postgres_missing() -> str:
    """Return why PostgreSQL cannot be used, or nothing when it answers."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=3, autocommit=True).close()
    except psycopg.Error as failure:
        first = str(failure).strip().splitlines()[0]
        return f"no PostgreSQL answers (TEST_DATABASE_URL names another server): {first}"
    return ""


def browser_missing() -> str:
    """Return why no browser can be driven, or nothing when one is found."""
    if os.environ.get("CHROMIUM") or any(map(shutil.which, BROWSERS)):
        return ""
    return "Chromium was not found (install it, or name it in CHROMIUM)"


def run(step: Step, scratch: Path) -> None:
    """Run one step, a suite in the terminal's view, and note how it went."""
    if step.left_out:
        return
    if step.is_suite:
        print(f"\n=== {step.name}", flush=True)
    report = scratch / f"{step.name}.xml"
    extra = [f"--junit-xml={report}"] if step.is_suite else []
    variables = {**os.environ, **own_folders(scratch), **step.variables}
    begun, used = time.monotonic(), cpu_of_children()
    said = ""
    try:
        done = subprocess.run(
            [sys.executable, *step.command, *extra],
            cwd=ROOT, env=variables, check=False, timeout=STEP_LIMIT, stdin=subprocess.DEVNULL,
            **({} if step.is_suite else TO_TELL),
        )  # fmt: skip
        said, step.code = done.stdout or "", done.returncode
    except subprocess.TimeoutExpired:
        print(f"{step.name} took longer than {STEP_LIMIT} s and was stopped.", flush=True)
        step.code = 124
    step.seconds, step.cpu = time.monotonic() - begun, cpu_of_children() - used
    if not step.is_suite:
        print(f"\n=== {step.name}\n{said}", end="", flush=True)
    if step.is_suite:
        read_report(step, report)
    else:
        step.counts["failed" if step.failed else "passed"] = 1
    if step.once_more and 0 < len(step.failing) <= MOST_AGAIN:
        try_again(step, scratch)


def try_again(step: Step, scratch: Path) -> None:
    """Run what failed once more, one after the other; what passes now was unsteady."""
    again = Step(f"{step.name}, again", [*PYTEST, *step.failing], step.variables)
    run(again, scratch)
    step.seconds, step.cpu = step.seconds + again.seconds, step.cpu + again.cpu
    if again.failed:
        return
    step.unsteady, step.code = step.failing, 0
    step.counts["passed"] += step.counts.pop("failed")


def cpu_of_children() -> float:
    """Return the CPU seconds of all that has run from here and ended."""
    times = os.times()
    return times.children_user + times.children_system


def own_folders(scratch: Path) -> dict[str, str]:
    """Return where a step's programs keep their files: in a folder that goes with the run."""
    kept = os.environ.get("TEST_TEMPLATE_DIR") or tempfile.gettempdir()
    folders = {
        "VAR_DIR": scratch / "var",
        "TMPDIR": scratch / "tmp",
        # Where nothing may be written beside the code, each of hundreds of programs would
        # compile all of it anew.
        "PYTHONPYCACHEPREFIX": scratch / "bytecode",
    }
    own = {name: str(path) for name, path in folders.items()}
    return {"TEST_TEMPLATE_DIR": kept, "PYTHONDONTWRITEBYTECODE": "", **own}


def fast_folder() -> str | None:
    """Return the folder in memory, where there is room in it; databases then wait for no disk."""
    if "TMPDIR" in os.environ or not os.access(IN_MEMORY, os.W_OK):
        return None
    return IN_MEMORY if shutil.disk_usage(IN_MEMORY).free > ROOM else None


def main() -> int:
    """Run the steps; return 0 only when nothing failed (and in CI, nothing was left out)."""
    planned, begun = steps(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="portal-checks-", dir=fast_folder()) as folder:
        scratch = Path(folder)
        for name in ("var", "tmp"):
            (scratch / name).mkdir()
        with ThreadPoolExecutor(2) as two:
            list(
                two.map(partial(run, scratch=scratch), (one for one in planned if not one.is_suite))
            )
        for step in planned:
            if step.is_suite:
                run(step, scratch)
    print(summary(planned, time.monotonic() - begun), flush=True)
    has_gaps = any(step.gaps for step in planned)
    return int(any(step.failed for step in planned) or (IN_CI and has_gaps))


if __name__ == "__main__":
    sys.exit(main())
