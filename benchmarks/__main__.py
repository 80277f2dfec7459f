"""Print the project's figures as measured on this machine, each beside its target and floor.

    python -m benchmarks                                     everything at its usual size
    python -m benchmarks desk_queue lead_list --leads 1000000 --database PostgreSQL

SQLite is always measured, PostgreSQL where a server answers. All data is made for the run, in
databases that go away with it. Other work on the machine shows in the figures: believe the
ratios, which are taken in one run, before the milliseconds.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from time import perf_counter

from benchmarks.databases import KINDS, SERVER, postgres_missing, run, throw_away

ALONE = {"due_time": "Due times", "import_rows": "Import", "ingest": "Ingest over HTTP"}
FILLED = {  # they share one filled database; the last three make teams and rows of their own
    "desk_queue": "The desk",
    "lead_list": "The lead list",
    "team_board": "The team board",
    "scoreboard": "The scoreboard",
    "breaches": "Breaches",
}
SCORED = {
    "preview": "A draft's preview",
    "evaluation": "Evaluation out of columns",
    "rescore": "Rescoring everybody",
    "backtest": "Back-test",
}
LEARNT = {"learning": "Learning from decisions"}
# What fills a database, and for whom.
GROUPS = {"data": FILLED, "histories": SCORED, "decisions": LEARNT}
MADE = {"columns_alone": "Evaluation out of columns made for it"}  # it makes its leads as columns
EVERY = ALONE | FILLED | SCORED | LEARNT | MADE
IMPORTS = ("leads", "handoffs")


def main() -> int:
    given = _arguments()
    if given.here:
        _measure_here(given.names)
        return 0
    names = given.names or [*EVERY]
    kinds, missing = [given.database] if given.database else list(KINDS), postgres_missing()
    if missing and "PostgreSQL" in kinds:
        kinds.remove("PostgreSQL")
        print(f"PostgreSQL is left out: {missing}")
    began, failed = perf_counter(), []
    if "due_time" in names:
        _title("due_time")
        failed += ["due_time"] * bool(run(dict(os.environ), "benchmarks.due_time"))
    if "columns_alone" in names:
        failed += _made(given.leads)
    for kind in kinds:
        failed += _on(kind, names, given.leads)
    print(f"\nAll of this took {perf_counter() - began:.0f} s.")
    if failed:
        print(f"These did not come to an end: {', '.join(failed)}.")
    return bool(failed)


def _arguments() -> argparse.Namespace:
    purpose, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=purpose, epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EVERY))
    parser.add_argument("--leads", type=int, default=100_000, help="for all but the first three")
    parser.add_argument("--database", choices=KINDS, help="only this one")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in a child
    given = parser.parse_args()
    if not given.here and (unknown := set(given.names) - EVERY.keys()):
        parser.error(f"there is no benchmark called {', '.join(sorted(unknown))}")
    return given


def _measure_here(words: Sequence[str]) -> None:
    """Run one benchmark's ``main`` on the database that the environment names."""
    import django  # noqa: PLC0415 - the environment names the database first

    django.setup()
    name, *arguments = words
    import_module(f"benchmarks.{name}").main(*arguments)


def _on(kind: str, names: Sequence[str], leads: int) -> list[str]:
    """Measure on one kind of database; return what failed."""
    failed = []
    for each in IMPORTS if "import_rows" in names else ():
        _title("import_rows", f"{each} into {kind}")
        with throw_away(kind) as environment:
            failed += [each] * bool(run(environment, "benchmarks.import_rows", "--kind", each))
    if "ingest" in names:
        _title("ingest", kind)
        server = ["--database", SERVER] if kind == "PostgreSQL" else []
        failed += ["ingest"] * bool(run(dict(os.environ), "benchmarks.ingest", *server))
    for filler, group in GROUPS.items():
        if filled := [name for name in group if name in names]:
            failed += _on_filled(kind, filler, filled, leads)
    return failed


def _on_filled(kind: str, filler: str, names: Sequence[str], leads: int) -> list[str]:
    with throw_away(kind) as environment:
        migrated = run(environment, "manage", "migrate", "--verbosity", "0") == 0
        if not migrated or run(environment, "benchmarks", "--here", filler, str(leads)):
            return ["filling", *names]
        failed = []
        for name in names:
            _title(name, f"{leads:,} leads in {kind}")
            failed += [name] * bool(run(environment, "benchmarks", "--here", name))
        return failed


def _made(leads: int) -> list[str]:
    """Measure what needs a database for its words only."""
    _title("columns_alone", f"{leads:,} leads")
    with throw_away("SQLite") as environment:
        migrated = run(environment, "manage", "migrate", "--verbosity", "0") == 0
        done = migrated and not run(
            environment, "benchmarks", "--here", "columns_alone", str(leads)
        )
        return ["columns_alone"] * (not done)


def _title(name: str, more: str = "") -> None:
    words = EVERY[name] + (f", {more}" if more else "")
    print(f"\n=== {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
