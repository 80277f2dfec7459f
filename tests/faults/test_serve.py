"""`make run` for real: three programs start as one, work together, and leave nothing behind."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from tests import template
from tests.faults.environment import product_environment

ROOT = Path(__file__).resolve().parents[2]
READY = "The portal is at"
pytestmark = pytest.mark.faults


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder: Path, port: int, *more: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "serve", "--prepare", "--port", str(port), *more]
    with (folder / "output").open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=product_environment(folder),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def wait_for(condition, folder: Path, seconds: float = 400.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, (folder / "output").read_text()
        time.sleep(0.2)


def family(pid: int) -> set[int]:
    """Return the ids of the process and all its descendants that are alive."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, check=True)
    rows = [line.split() for line in listing.stdout.decode().splitlines()]
    alive = {int(row[0]): int(row[1]) for row in rows if not row[2].startswith("Z")}
    found, size = {pid} & set(alive), -1
    while len(found) != size:
        size = len(found)
        found |= {child for child, parent in alive.items() if parent in found}
    return found


def left_of(pids: set[int]) -> set[int]:
    return {pid for pid in pids if family(pid)}


def is_ready(supervisor: "subprocess.Popen[bytes]", folder: Path) -> bool:
    said = (folder / "output").read_text()
    assert supervisor.poll() is None, said
    return READY in said


def heart_beats(folder: Path) -> bool:
    """Tell whether beat rang, and the worker heard it: both are needed for this row."""
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        return bool(database.execute("SELECT count(*) FROM portal_heartbeat").fetchone()[0])


@contextmanager
def running(folder: Path) -> "Iterator[tuple[subprocess.Popen[bytes], int]]":
    """Run a portal; yield its supervisor and port; whatever happens, it is ended."""
    port = free_port()
    supervisor = start(folder, port)
    try:
        wait_for(lambda: is_ready(supervisor, folder), folder)
        yield supervisor, port
    finally:
        supervisor.terminate()
        supervisor.wait(30)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=10) as page:
            return page.status == HTTPStatus.OK
    except OSError:
        return False


def web_of(supervisor: "subprocess.Popen[bytes]") -> int:
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, check=True)
    rows = [line.split(maxsplit=2) for line in listing.stdout.decode().splitlines()]
    (web,) = [
        int(pid)
        for pid, parent, command in rows
        if int(parent) == supervisor.pid and "gunicorn" in command
    ]
    return web


def test_all_three_work_what_falls_is_started_again_and_ctrl_c_leaves_nothing(tmp_path):
    with running(tmp_path) as (supervisor, port):  # from nothing: an empty folder
        assert answers(port)
        wait_for(lambda: is_ready(supervisor, tmp_path) and heart_beats(tmp_path), tmp_path)

        web = web_of(supervisor)
        os.kill(web, signal.SIGKILL)
        wait_for(lambda: "web server ended" in (tmp_path / "output").read_text(), tmp_path)
        wait_for(lambda: answers(port), tmp_path)
        assert web_of(supervisor) != web

        everyone = family(supervisor.pid)
        assert len(everyone) >= 6  # supervisor, guard, web and its processes, worker, beat
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(60) == 0
        assert not left_of(everyone)
        assert "have stopped" in (tmp_path / "output").read_text()


@pytest.mark.usefixtures("django_db_setup")
def test_a_killed_supervisor_takes_everything_along(tmp_path):
    template.copy_to(tmp_path / "db.sqlite3")
    with running(tmp_path) as (supervisor, _):
        everyone = family(supervisor.pid)
        supervisor.kill()
        supervisor.wait(30)
        wait_for(lambda: not left_of(everyone), tmp_path, seconds=60)


def test_a_taken_port_is_said_with_what_to_do(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = start(tmp_path, port)
        assert refused.wait(60) != 0
    said = (tmp_path / "output").read_text()
    assert f"Port {port} is taken" in said
    assert f"PORT={port + 1} make run" in said
