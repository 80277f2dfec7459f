"""Many editors save clauses of one draft over real HTTP: nobody overwrites anybody unawares.

``FULL=1``: 50 editors, 40 saves each; a tenth of the saves otherwise. Each save names the revision
it was opened with. What is accepted must be exactly the chain of revisions that the clauses and
the events tell of; everybody else was answered 409 with both texts.
"""

import random
import re
from collections import Counter, defaultdict
from http import HTTPStatus
from http.client import HTTPConnection
from threading import Lock, Thread
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client

from portal.accounts.models import Role
from portal.agreements.models import Clause, Version
from portal.events.models import Event
from tests.conftest import FULL
from tests.factories import make_definition, make_user

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
EDITORS, SAVES = (50, 40) if FULL else (20, 10)
KEYS = ("pricing_page", "demo_request", "case_study")
FIELD = re.compile(r'name="(?P<name>[a-z_0-9-]+)"[^>]*\svalue="(?P<value>[^"]*)"')


class Editor:
    """One browser: opens a clause, types its own mark, saves; keeps what it was answered."""

    def __init__(self, base: str, version: Version, number: int) -> None:
        self.server = urlsplit(base).netloc
        self.path = f"/definitions/{version.number}/clauses"
        self.number, self.chance = number, random.Random(number)  # noqa: S311 - the same each run
        client = Client()
        client.force_login(make_user(role=Role.MARKETING, name=f"Editor {number}"))
        self.cookies = {name: one.value for name, one in client.cookies.items()}
        self.accepted: list[tuple[str, int, str]] = []  # key, revision it was opened with, mark
        self.answers: Counter[int] = Counter()

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and page of one request on a connection of its own."""
        connection = HTTPConnection(self.server, timeout=120)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _equals, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        connection.close()
        return answer.status, page

    def work(self) -> None:
        for turn in range(SAVES):
            key = self.chance.choice(KEYS)
            mark = f"editor {self.number} turn {turn}"
            _status, page = self.ask("GET", f"{self.path}/{key}/")
            form = fields(page)
            form |= {"rationale": mark, "points": str(self.chance.randint(1, 40))}
            form["csrfmiddlewaretoken"] = self.cookies["csrftoken"]
            status, page = self.ask("POST", f"{self.path}/{key}/", form)
            self.answers[status] += 1
            if status == HTTPStatus.FOUND:
                self.accepted.append((key, int(form["revision"]), mark))
            elif status == HTTPStatus.CONFLICT:
                assert mark in page, "what was typed is lost"


def fields(page: str) -> dict[str, str]:
    """Return the fields of the clause's form, as a browser would post them."""
    start = page.index('class="clause-form"')
    form = page[start : page.index("</form>", start)]
    found = {match["name"]: match["value"] for match in FIELD.finditer(form)}
    for select in re.findall(r'<select[^>]*\sname="([a-z_0-9-]+)"(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"\s+selected', select[1])
        found[select[0]] = chosen[1] if chosen else ""
    for name in ("disqualifies", "more"):
        found.pop(name, None)
    return found


def test_nobody_overwrites_anybody_unawares(live_server, now) -> None:
    draft = make_definition(at=now, signed=False)
    first = {row.key: row.revision for row in draft.clauses.all()}
    editors = [Editor(live_server.url, draft, number) for number in range(EDITORS)]
    failed, guard = [], Lock()

    def run(one: Editor) -> None:
        try:
            one.work()
        except Exception as error:
            with guard:
                failed.append(error)

    threads = [Thread(target=run, args=(one,)) for one in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[:3]
    answers = sum((one.answers for one in editors), Counter())
    assert set(answers) <= {HTTPStatus.FOUND, HTTPStatus.CONFLICT}, answers
    assert answers.total() == EDITORS * SAVES
    assert answers[HTTPStatus.CONFLICT], "nobody met anybody: the test tried nothing"
    check_chain(draft, first, editors)


def check_chain(draft: Version, first: dict[str, int], editors: list[Editor]) -> None:
    """Each revision of a clause was made by one save that had seen the one before."""
    by_key: dict[str, dict[int, str]] = defaultdict(dict)
    for one in editors:
        for key, seen, mark in one.accepted:
            assert seen not in by_key[key], f"two saves replaced revision {seen} of {key}"
            by_key[key][seen] = mark
    for key in KEYS:
        row = Clause.objects.get(version=draft, key=key)
        assert sorted(by_key[key]) == list(range(first[key], row.revision))
        assert row.rationale == by_key[key][row.revision - 1]
    kept = Event.objects.filter(kind="agreement.changed", subject_id=draft.pk)
    assert kept.count() == sum(len(chain) for chain in by_key.values())
    draft.refresh_from_db()
    assert draft.revision == 1 + kept.count()
