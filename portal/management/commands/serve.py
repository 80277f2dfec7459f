"""Run the whole portal on one machine: web, worker and beat, started and stopped as one."""

import errno
import http.client
import os
import socket
import sys
import time
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import User
from portal.core.processes import CannotRun, Program, Supervisor

MODULE = [sys.executable, "-m"]
BETWEEN_TRIES = 0.5  # seconds
HTTP_WAIT = 2.0  # seconds the first page may take before it is asked again


class Command(BaseCommand):
    help = (
        "Start web, worker and beat together and restart what falls; Ctrl-C stops all three. "
        "The address comes from HOST and PORT. Example: PORT=8001 manage.py serve --prepare"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"))
        parser.add_argument("--web-processes", type=int, default=2, metavar="N")
        parser.add_argument("--worker-processes", type=int, default=2, metavar="N")
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="First migrate, collect static files and, with DEMO=1, fill an empty database.",
        )
        parser.add_argument(
            "--tied",
            action="store_true",
            help="Also stop when the process that started this one ends (make does).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        refuse_taken_port(host, port)
        os.chdir(settings.BASE_DIR)  # where web, worker and beat find the code
        make_folders()
        if options["prepare"]:
            try:
                self.prepare()
            except KeyboardInterrupt:
                raise CommandError("Stopped before the portal was ready.") from None
        parent = os.getppid()
        supervisor = Supervisor(
            programs=[
                Program("web server", web_command(host, port, options["web_processes"])),
                Program("worker", worker_command(options["worker_processes"])),
                Program("beat", beat_command()),
            ],
            say=self.say,
            still_wanted=lambda: not options["tied"] or os.getppid() == parent,
        )
        welcome = Welcome(host, port, self.say)
        try:
            supervisor.run(on_turn=welcome.try_once)
        except CannotRun as failure:
            raise CommandError(str(failure)) from None
        self.say("Web, worker and beat have stopped.")

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def prepare(self) -> None:
        """Bring database, static files and demo company up to date; quick when they are."""
        self.say("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
        if not settings.DEBUG:
            collect_static()
        if settings.DEMO:
            call_command("demo", "--if-empty", stdout=self.stdout)


class Welcome:
    """Says once, when the first page answers, where the portal is and who may sign in."""

    def __init__(self, host: str, port: int, say: Any) -> None:
        self.host, self.port, self.say = host, port, say
        self.said = False
        self.next_try = 0.0  # on the monotonic clock

    def try_once(self) -> None:
        """Ask for the sign-in page unless it has answered before."""
        if self.said or time.monotonic() < self.next_try:
            return
        self.next_try = time.monotonic() + BETWEEN_TRIES
        if not answers(self.host, self.port):
            return
        self.said = True
        shown = "localhost" if self.host in {"127.0.0.1", "0.0.0.0"} else self.host  # noqa: S104 - compared, not bound
        self.say(f"\nThe portal is at http://{shown}:{self.port}/ (Ctrl-C stops it)")
        if settings.DEMO:
            self.say(demo_sign_ins())


def demo_sign_ins() -> str:
    """Return one line for each role: the first active person who has it."""
    people = User.objects.filter(is_active=True).order_by("pk")
    first: dict[str, User] = {}
    for user in people:
        first.setdefault(user.role, user)
    lines = [f"  {user.get_role_display():<20} {user.email}" for user in first.values()]
    return "\n".join(["Sign in by a role card on the first page, as one of:", *lines])


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError with what to do when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} is taken by another program. "
                    f"Choose another one: PORT={port + 1} make run"
                ) from None
            raise CommandError(f"Cannot listen on {host}:{port}: {failure.strerror}.") from None


def answers(host: str, port: int) -> bool:
    """Tell whether the sign-in page comes back without a server error."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared
    connection = http.client.HTTPConnection(address, port, timeout=HTTP_WAIT)
    try:
        connection.request("GET", str(settings.LOGIN_URL), headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def make_folders() -> None:
    """Make the folders that the database and the broker of one machine live in."""
    for folder in (
        settings.VAR_DIR,
        settings.BROKER_DIR / "queue",
        settings.BROKER_DIR / "control",
    ):
        Path(folder).mkdir(parents=True, exist_ok=True)


def web_command(host: str, port: int, processes: int) -> list[str]:
    """Return gunicorn's command line; with DEBUG it reloads edited code.

    Else the code is loaded once and workers are forked from it: one that died is back at once.
    """
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [
        *MODULE, "gunicorn", "portal.wsgi", "--bind", bind, "--worker-class", "gthread",
        "--workers", str(processes), "--threads", "8", "--graceful-timeout", "5",
        "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    return [*command, "--reload" if settings.DEBUG else "--preload"]


def worker_command(processes: int) -> list[str]:
    """Return the command line of the Celery worker."""
    return [
        *MODULE, "celery", "--quiet", "--app", "portal", "worker", "--loglevel", "WARNING",
        "--concurrency", str(processes), "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def beat_command() -> list[str]:
    """Return the command line of Celery beat; a stale process-id file must not stop it."""
    return [
        *MODULE, "celery", "--quiet", "--app", "portal", "beat", "--loglevel", "WARNING",
        "--pidfile", "",
    ]  # fmt: skip


def collect_static() -> None:
    """Collect and compress the static files, unless none has changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = static_state()
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(state)


def static_state() -> str:
    """Return a digest of every static file's name, size and time of change."""
    digest = sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            about = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
