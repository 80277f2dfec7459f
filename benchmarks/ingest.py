"""What taking an activity costs over HTTP, beside a bare view that inserts one row.

Two gunicorn workers; four connections from this process, on the same cores. The data is made
here: a signed default definition and leads (5,000 unless told otherwise; SPEED's figures are for
100,000: ``--leads 100000``).

    python -m benchmarks.ingest [--leads N] [--seconds S] [--database postgres://...]

``--database`` names a PostgreSQL server; a database is made there and dropped again. Without it
a SQLite file is used.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

CONNECTIONS = 4
DATABASE = "portal_bench_ingest"
Body = Callable[[int], bytes]


def make_app() -> Any:
    """Return the WSGI application that gunicorn serves: the product and the bare view."""
    from django.conf import settings  # noqa: PLC0415 - after the environment is set

    from portal.wsgi import application  # noqa: PLC0415

    settings.ROOT_URLCONF = "benchmarks.ingest_urls"
    return application


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--leads", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--database", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(asked.database, folder) as url:
        os.environ |= {
            "DATABASE_URL": url,
            "VAR_DIR": folder,
            "SECRET_KEY": "only-for-a-benchmark",
            "DEBUG": "0",
            "HTTPS": "0",
            "LOG_LEVEL": "ERROR",
            "API_REQUESTS_PER_MINUTE": "100000000",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        (Path(folder) / "static").mkdir()
        key, leads = prepare(asked.leads)
        kind = "PostgreSQL" if url.startswith("postgres") else "SQLite"
        print(f"{kind}, {asked.leads:,} leads, two workers, {CONNECTIONS} connections")
        with server() as port:
            report(port, key, leads, asked.seconds)


@contextmanager
def database(server_url: str, folder: str) -> Iterator[str]:
    """Yield the URL of an empty database that goes away afterwards."""
    if not server_url:
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    import psycopg  # noqa: PLC0415 - only where it is needed

    def run(statement: str) -> None:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    run(f"CREATE DATABASE {DATABASE}")
    try:
        yield f"{server_url.rpartition('/')[0]}/{DATABASE}"
    finally:
        run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def prepare(number: int) -> tuple[str, list[tuple[int, str]]]:
    """Migrate, sign, make leads and a key; return the key and each lead's two ids."""
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from leads.database.models import Lead, StaleCause  # noqa: PLC0415
    from leads.database.people import LeadInput, find_or_create_leads  # noqa: PLC0415
    from portal.accounts.keys import create_api_key  # noqa: PLC0415
    from portal.accounts.models import Role, Team, User  # noqa: PLC0415
    from scoring.definitions.services import seed_default  # noqa: PLC0415
    from scoring.engine.due import settle_due  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    at = datetime.now(UTC)
    people = [
        User.objects.create_user(f"{role}@example.com", name=role, role=role)
        for role in (Role.MARKETING_LEAD, Role.SALES_LEAD, Role.ADMIN)
    ]
    Team.objects.create(name="Inbound", is_default=True)
    seed_default(by_marketing=people[0], by_sales=people[1], at=at)
    for start in range(0, number, 2_000):
        find_or_create_leads(
            [
                LeadInput(email=f"p{n}@example.com")
                for n in range(start, min(start + 2_000, number))
            ],
            external_source="bench",
            by=None,
            at=at,
            cause=StaleCause.IMPORT,
        )
    while settle_due(at=datetime.now(UTC)):
        pass
    scopes = ["leads:write"]
    _, key = create_api_key(name="Bench", owner=people[2], scopes=scopes, expires_at=None, at=at)
    leads = [(pk, str(public)) for pk, public in Lead.objects.values_list("pk", "public_id")]
    connections.close_all()
    return key, leads


@contextmanager
def server() -> Iterator[int]:
    """Run two gunicorn workers on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "2",
               "--log-level", "error", "benchmarks.ingest:make_app()"]  # fmt: skip
    process = subprocess.Popen([sys.executable, *command])  # noqa: S603 - our own command
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    for _attempt in range(150):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("gunicorn did not start")


def report(port: int, key: str, leads: list[tuple[int, str]], seconds: float) -> None:
    """Measure each way and print its figures."""
    numbers = count()

    def activity(number: int) -> dict[str, Any]:
        return {
            "kind": "page_view",
            "occurred_at": datetime.now(UTC).isoformat(),
            "external_id": f"a{next(numbers)}",
            "lead": leads[number % len(leads)][1],
            "object": {"kind": "page", "key": f"/p/{number % 200}"},
        }

    def bare(number: int) -> bytes:
        return json.dumps({"lead": leads[number % len(leads)][0]}).encode()

    def single(number: int) -> bytes:
        return json.dumps(activity(number)).encode()

    def batch(number: int) -> bytes:
        first = number * 1000
        return json.dumps({"activities": [activity(first + n) for n in range(1000)]}).encode()

    def capture(_number: int) -> bytes:
        facts = {"title": "VP Sales", "industry": "B2B SaaS", "company_size": 300}
        sent = {"email": f"new{next(numbers)}@example.net", "facts": facts,
                "activity": {"kind": "demo_request"}}  # fmt: skip
        return json.dumps(sent).encode()

    load(port, key, "/api/v1/activities/", single, seconds=2)  # warm
    floor = load(port, key, "/bare/", bare, seconds)
    taken = load(port, key, "/api/v1/activities/", single, seconds)
    handed = load(port, key, "/api/v1/leads/", capture, seconds)
    print(f"{'':34}{'p50':>9}{'p99':>10}{'per s':>9}")
    show("bare view, one insert", floor, seconds)
    show("one activity, settled inline", taken, seconds)
    show("one lead, handed off inline", handed, seconds)
    print(f"one activity: {len(taken) / len(floor):.2f} × the bare view, target 0.40")
    sets = load(port, key, "/api/v1/activities/batch/", batch, seconds, connections=2)
    print(f"batches of 1,000: {len(sets) * 1000 / max(sum(sets) / 2, 0.001):,.0f} events/s, "
          "target 3,000")  # fmt: skip


def load(
    port: int, key: str, path: str, body: Body, seconds: float, connections: int = CONNECTIONS
) -> list[float]:
    """Send for so many seconds over so many connections; return each answer's seconds."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    end = time.perf_counter() + seconds

    def send(first: int) -> list[float]:
        line, times, number = HTTPConnection("127.0.0.1", port, timeout=60), [], first
        while time.perf_counter() < end:
            sent = body(number)
            began = time.perf_counter()
            line.request("POST", path, sent, headers)
            answer = line.getresponse()
            said = answer.read()
            times.append(time.perf_counter() - began)
            assert answer.status in {200, 201}, said[:500]
            number += connections
        return times

    with ThreadPoolExecutor(connections) as pool:
        return [one for times in pool.map(send, range(connections)) for one in times]


def show(name: str, times: list[float], seconds: float) -> None:
    ranked = sorted(times)
    p50, p99 = (ranked[int(len(ranked) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{name:34}{p50:7.1f}ms{p99:8.1f}ms{len(times) / seconds:9.0f}")


if __name__ == "__main__":
    main()
