"""Several programs run as one: started together, restarted when they fall, stopped together.

Each program leads a process group of its own, so stopping it takes its children along, and
Ctrl-C in the terminal reaches the supervisor alone. A guard process (``process_guard.py``)
ends the groups should the supervisor itself be killed before it can.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOOK_EVERY = 0.2  # seconds between two looks at the programs
GRACE = 10.0  # seconds a program has to finish what it is doing
STEADY = 30.0  # seconds after which a program counts as having started well
FALLS = 5  # falls in a row without ever being steady: it cannot start
LONGEST_PAUSE = 15.0  # seconds before a restart, at most


class CannotRun(Exception):
    """A program does not stay up; the message is a sentence for the person who started it."""


@dataclass
class Program:
    """One program to keep running: its name in messages, and what to execute."""

    name: str
    command: Sequence[str]
    running: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0  # on the monotonic clock, as the next one
    start_again: float = 0.0
    falls: int = 0


@dataclass
class Supervisor:
    """Keeps programs running until asked to stop. ``say`` gets sentences for people."""

    programs: Sequence[Program]
    say: Callable[[str], None]
    still_wanted: Callable[[], bool] = lambda: True
    stop_asked: int = 0
    _guard: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def ask_to_stop(self, *_: object) -> None:
        """Stop soon; asked a second time, without waiting. Fit to be a signal handler."""
        self.stop_asked += 1

    def run(self, *, on_turn: Callable[[], None] = lambda: None) -> None:
        """Start the programs and return when all have been stopped.

        ``on_turn`` is called about five times a second while they run. SIGINT, SIGTERM and
        SIGHUP ask for the stop. Raises CannotRun, after stopping the others, when a
        program falls again and again.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_to_stop)
        self._guard = _start_guard()
        try:
            while not self.stop_asked and self.still_wanted():
                for program in self.programs:
                    self._look_after(program)
                on_turn()
                time.sleep(LOOK_EVERY)
        finally:
            self._stop()

    def _look_after(self, program: Program) -> None:
        """Start the program if it is due, and notice when it has fallen."""
        now = time.monotonic()
        if program.running is None:
            if now >= program.start_again:
                self._start(program, now)
            return
        code = program.running.poll()
        if code is None:
            if now - program.started >= STEADY:
                program.falls = 0
            return
        self._sweep(program)
        program.falls += 1
        if program.falls >= FALLS:
            raise CannotRun(
                f"The {program.name} cannot stay up: it ended {program.falls} times in a row, "
                f"last with code {code}. What it printed above says why."
            )
        pause = min(2.0 ** (program.falls - 1), LONGEST_PAUSE)
        program.start_again = now + pause
        self.say(f"The {program.name} ended with code {code}; it starts again in {pause:.0f} s.")

    def _start(self, program: Program, now: float) -> None:
        program.running = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            program.command, stdin=subprocess.DEVNULL, start_new_session=True
        )
        program.started = now
        self._tell_guard(f"+{program.running.pid}\n")

    def _stop(self) -> None:
        """End every program: politely, after GRACE or a second request by force."""
        for program in self.programs:
            if program.running is not None and program.running.poll() is None:
                program.running.terminate()
        until = time.monotonic() + GRACE
        while self._any_running() and time.monotonic() < until and self.stop_asked < 2:
            time.sleep(LOOK_EVERY)
        for program in self.programs:
            self._sweep(program)
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait()

    def _any_running(self) -> bool:
        return any(one.running is not None and one.running.poll() is None for one in self.programs)

    def _sweep(self, program: Program) -> None:
        """Leave nothing of the program's process group behind."""
        if program.running is None:
            return
        end_group(program.running.pid)
        program.running.wait()
        self._tell_guard(f"-{program.running.pid}\n")
        program.running = None

    def _tell_guard(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.write(line.encode())
            self._guard.stdin.flush()


def end_group(group: int) -> None:
    """Kill what is left of a process group; one that is gone already is fine."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return


def _start_guard() -> "subprocess.Popen[bytes]":
    script = Path(__file__).with_name("process_guard.py")
    return subprocess.Popen(  # noqa: S603 - our own file
        [sys.executable, "-I", "-S", str(script)], stdin=subprocess.PIPE, start_new_session=True
    )
