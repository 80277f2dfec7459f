"""The servers of a team's installation, started for one test on the tests' own database."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.faults.environment import product_environment
from tests.faults.test_serve import free_port

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def redis() -> Iterator[str]:
    """Run a broker of its own; yield its address."""
    port = free_port()
    program = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        program.terminate()
        program.wait(10)


@contextmanager
def gunicorn(folder: Path, broker: str, workers: int) -> Iterator[tuple[int, int]]:
    """Run the product as a team does, on the tests' database; yield its port and process."""
    port, own = free_port(), connection.settings_dict
    url = f"postgres://{own['USER']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}",
               "--preload", "--workers", str(workers), "--threads", "4",
               "--log-level", "error"]  # fmt: skip
    # The sessions are made here: both sides sign with one key.
    shared = {"DATABASE_URL": url, "ALLOWED_HOSTS": "127.0.0.1", "SECRET_KEY": settings.SECRET_KEY}
    environment = product_environment(folder, CELERY_BROKER_URL=broker, **shared)
    gather = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(gather, cwd=ROOT, env=environment, check=True)
    program = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as line:
                    line.request("GET", "/accounts/login/")
                    line.getresponse().read()
                break
            except OSError:
                assert program.poll() is None, "gunicorn does not start"
                assert time.monotonic() < until, "gunicorn does not answer"
                time.sleep(0.1)
        yield port, program.pid
    finally:
        program.terminate()
        program.wait(30)
