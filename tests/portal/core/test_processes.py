"""The supervisor, with real programs: small Python scripts that note what they do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.core.processes import CannotRun, Program, Supervisor

WITH_CHILD = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""
SUPERVISE = """
import sys
from portal.core.processes import Program, Supervisor
Supervisor([Program("one", sys.argv[1:])], print).run()
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has collected yet (in a container without an init) is dead, too.
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return not state.stdout.strip().startswith(b"Z") and bool(state.stdout.strip())


def wait_for(condition, seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def supervise(note: Path) -> "subprocess.Popen[str]":
    """Start a supervisor of one program that has a child; wait until the child lives."""
    program = [sys.executable, "-c", WITH_CHILD, str(note)]
    started = subprocess.Popen([sys.executable, "-c", SUPERVISE, *program], text=True)
    wait_for(lambda: note.exists() and note.read_text())
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_programs_and_their_children(tmp_path, number):
    note = tmp_path / "child"
    supervisor = supervise(note)
    child = int(note.read_text())
    assert is_alive(child)
    supervisor.send_signal(number)
    assert supervisor.wait(15) == 0
    assert not is_alive(child)


def test_a_killed_supervisor_leaves_nothing_running(tmp_path):
    note = tmp_path / "child"
    supervisor = supervise(note)
    child = int(note.read_text())
    supervisor.kill()
    supervisor.wait(15)
    wait_for(lambda: not is_alive(child))


@pytest.fixture
def own_signals():
    """Give the runner its own signal handlers back after a supervisor has run inside it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
def test_a_fallen_program_is_started_again_and_that_is_said(tmp_path):
    starts, said = tmp_path / "starts", []
    script = f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(3)"
    supervisor = Supervisor([Program("worker", [sys.executable, "-c", script])], said.append)
    supervisor.still_wanted = lambda: not starts.exists() or len(starts.read_text()) < 2
    supervisor.run()
    assert starts.read_text() == "xx"
    assert said == ["The worker ended with code 3; it starts again in 1 s."]


@pytest.mark.usefixtures("own_signals")
def test_a_program_that_cannot_start_stops_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr("portal.core.processes.LONGEST_PAUSE", 0.0)
    good = Program("web server", [sys.executable, "-c", "import time; time.sleep(60)"])
    bad = Program("worker", [sys.executable, "-c", "raise SystemExit(4)"])
    pids = []
    supervisor = Supervisor([good, bad], lambda sentence: None)
    with pytest.raises(CannotRun, match=r"worker cannot stay up: it ended 5 times.*code 4"):
        supervisor.run(on_turn=lambda: pids.append(good.running.pid))
    assert not is_alive(pids[0])
