"""How fast files come in: leads, and past handoffs with facts, dispositions, outcomes and events.

Each import runs in a process of its own, so that its peak of memory is its own. The floor is
the bare writing of the very rows that the import made, into tables without any index: executemany
on SQLite, COPY on PostgreSQL.

    python -m benchmarks.import_rows --rows 20000
    DATABASE_URL=postgres://... python -m benchmarks.import_rows --rows 100000
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

TARGETS = {"leads": 2_000, "handoffs": 1_000}  # rows/s
MOST_MEMORY = 400  # MB
TABLES = (
    "leads_lead", "leads_leadword", "leads_standing", "leads_stagechange", "leads_factsnapshot",
    "leads_handoff", "leads_disposition", "leads_opportunity", "portal_eventlead",
)  # fmt: skip
PERSON = "Id,Mail,Name,Company,Source,Campaign,Created,Title,Industry,Size"
DEAL = ",Owner,Stage,Said,Reason,Decided,Outcome,Value"
FIELDS: dict[str, str | dict[str, Any]] = {
    "external_id": "Id",
    "source": "Source",
    "campaign": "Campaign",
}
FACTS = {"fact.title": "Title", "fact.industry": "Industry", "fact.company_size": "Size"}
LEAD_FIELDS = FIELDS | {
    "email": "Mail",
    "name": "Name",
    "company": "Company",
    "created_at": "Created",
}
HANDOFF_FIELDS = (
    FIELDS
    | FACTS
    | {
        "lead_email": "Mail",
        "lead_name": "Name",
        "lead_created_at": "Created",
        "made_at": "Created",
        "owner": "Owner",
        "source_stage": "Stage",
        "disposition": "Said",
        "reason": {"column": "Reason", "when": {"disposition": "rejected"}},
        "decided_at": "Decided",
        "outcome": "Outcome",
        "value": "Value",
        "currency": {"constant": "EUR"},
    }
)


def mapping(kind: str) -> dict[str, Any]:
    fields = LEAD_FIELDS if kind == "leads" else HANDOFF_FIELDS
    return {
        "kind": kind,
        "name": "Benchmark",
        "source_system": f"bench-{kind}",
        "fields": {k: {"column": v} if isinstance(v, str) else v for k, v in fields.items()},
    }


def lines(kind: str, rows: int) -> Iterator[str]:
    """Yield the file: no two people alike, one company for every twenty of them."""
    yield PERSON + (DEAL if kind == "handoffs" else "") + "\n"
    titles = ("CEO", "VP Sales", "Director of IT", "Student", "Head of Growth", "Engineer")
    for n in range(rows):
        person = (
            f"{n},p{n}@{kind}{n // 20}.test,First{n % 900} Last{n},Firm {kind} {n // 20},"
            f"Source {n % 12},Campaign {n % 150},2024-{n % 12 + 1:02}-{n % 28 + 1:02} 10:00,"
            f"{titles[n % 6]} {n % 500},Industry {n // 20 % 40},{n // 20 % 5000}"
        )
        yield person + (deal(n) if kind == "handoffs" else "") + "\n"


def deal(n: int) -> str:
    if n % 3 == 0:
        return f",Owner {n % 20},Won,accepted,,2025-01-{n % 28 + 1:02},won,{n % 9000}.50"
    return f",Owner {n % 20},Lost,rejected,no_budget,2025-01-{n % 28 + 1:02},lost,"


def measure(kind: str, path: Path) -> dict[str, float]:
    """Import the file in this process; return rows, seconds and the peak of memory in MB."""
    import django  # noqa: PLC0415 - the environment names the database first

    django.setup()
    from django.core.files import File  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from leads.imports import services  # noqa: PLC0415

    with path.open("rb") as opened:
        file = File(opened, name="rows.csv")
        run = services.start_import(file=file, kind=kind, by=None, at=timezone.now())
    services.set_mapping(run=run, mapping=mapping(kind), by=None)
    services.begin_import(run=run, by=None, at=timezone.now(), here=True)
    began, worked = perf_counter(), process_time()
    services.run_import(run_id=run.pk, clock=timezone.now)
    seconds, cpu = perf_counter() - began, process_time() - worked
    run.refresh_from_db()
    if run.state != "done" or run.created != run.next_row - 1:
        raise SystemExit(f"the import did not bring every row in: {run.state}, {run.error}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "rows": run.created,
        "seconds": seconds,
        "cpu": cpu,
        "memory": memory,
        "floor": floor(),
    }


def floor() -> float:
    """Return the seconds that writing the same rows takes without anything else."""
    from django.db import connection  # noqa: PLC0415

    write = copy_rows if connection.vendor == "postgresql" else insert_rows
    return sum(write(connection, table) for table in TABLES)


def insert_rows(connection: Any, table: str) -> float:
    raw = connection.connection
    rows = raw.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - our own names
    raw.execute(f"CREATE TABLE floor_{table} AS SELECT * FROM {table} WHERE 1 = 0")  # noqa: S608
    if not rows:
        return 0.0
    marks = ", ".join("?" * len(rows[0]))
    began = perf_counter()
    for start in range(0, len(rows), 1_000):
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(
            f"INSERT INTO floor_{table} VALUES ({marks})",  # noqa: S608
            rows[start : start + 1_000],
        )
        raw.execute("COMMIT")
    seconds = perf_counter() - began
    raw.execute(f"DROP TABLE floor_{table}")
    return seconds


def copy_rows(connection: Any, table: str) -> float:
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
            data = b"".join(bytes(piece) for piece in out)
        cursor.execute(f"CREATE TABLE floor_{table} AS SELECT * FROM {table} WHERE false")  # noqa: S608
        began = perf_counter()
        with cursor.copy(f"COPY floor_{table} FROM STDIN (FORMAT binary)") as into:
            into.write(data)
        seconds = perf_counter() - began
        cursor.execute(f"DROP TABLE floor_{table}")
    return seconds


def in_a_process_of_its_own(kind: str, rows: int, folder: Path) -> dict[str, float]:
    path = folder / f"{kind}.csv"
    with path.open("w") as file:
        file.writelines(lines(kind, rows))
    environment = {
        "DATABASE_URL": f"sqlite:///{folder / kind}.sqlite3",
        "SECRET_KEY": "only-for-benchmarks",
        "HTTPS": "0",
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "WARNING",
        "VAR_DIR": str(folder),
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, env=environment, check=True)  # noqa: S603 - our own program
    child = [sys.executable, "-m", "benchmarks.import_rows", "--kind", kind, "--file", str(path)]
    done = subprocess.run(child, env=environment, check=True, capture_output=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--kind", choices=TARGETS)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    if given.file:
        print(json.dumps(measure(given.kind, given.file)))
        return
    print(f"Importing {given.rows:,} rows of each kind into an empty database")
    for kind in [given.kind] if given.kind else TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            found = in_a_process_of_its_own(kind, given.rows, Path(folder))
        speed = found["rows"] / found["seconds"]
        print(
            f"{kind:10}{speed:9,.0f} rows/s, target {TARGETS[kind]:,}"
            f" ({found['rows'] / found['cpu']:,.0f} in each second of the processor);"
            f"{found['seconds'] / found['floor']:6.1f} × the floor"
            f" ({found['rows'] / found['floor']:,.0f} rows/s);"
            f"  peak memory {found['memory']:,.0f} MB, target {MOST_MEMORY}"
        )


if __name__ == "__main__":
    main()
