"""A draft's preview after an edit, as the browser asks for it, beside one SQL statement.

The edit is saved over HTTP, then the part beside the text is fetched: the draft and the version in
force over everybody, the matrix, the gates and what the leads show. The floor is the statement that
reads every lead once and only adds up points, for one version.

    python -m benchmarks preview --leads 100000 --database PostgreSQL
"""

from functools import partial
from itertools import count
from time import perf_counter

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.floor_sql import totals
from benchmarks.timing import Figure, time_of
from leads.activities.models import Activity
from leads.database.models import Lead
from portal.accounts.models import Role, User
from portal.agreements.services import save_clause, start_draft
from portal.events.bells import held
from scoring.definitions.services import definition_in_force
from scoring.engine import population
from scoring.engine.census import take_census
from scoring.engine.manifest import folder
from scoring.engine.warming import FEW, keep_warm
from scoring.workshop.customers import study_customers

TARGET = 1_000  # ms at 100,000 leads


def main() -> None:
    at = timezone.now().replace(microsecond=0)
    found = definition_in_force(at)
    if found is None:
        raise SystemExit("No definition is in force: fill the database first.")
    by = User.objects.get(role=Role.MARKETING_LEAD)
    with held():
        draft = start_draft(
            agreement=found[0].agreement, by=by, at=at, based_on=found[0]
        )  # fmt: skip
    print(
        f"Preview on {connection.display_name}: {Lead.objects.count():,} leads,"
        f" {Activity.objects.count():,} activities, {len(found[1].rules)} rules in both versions"
    )
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(headers={"host": "localhost", "HX-Request": "true"})
    client.force_login(by)
    part = reverse("definition-preview", args=[draft.number])

    def see(address: str, status: int = 200) -> None:
        answer = client.get(address)
        assert answer.status_code == status, f"{address} answered {answer.status_code}"

    began = perf_counter()
    see(part, 202 if Lead.objects.count() > FEW else 200)
    print(f"the very first, no columns yet {1000 * (perf_counter() - began):8.2f} ms")
    began = perf_counter()
    keep_warm(at=at)
    built = perf_counter() - began
    print(f"columns built by a worker {built:8.2f} s, in {folder()}")
    population._kept.columns = None
    began = perf_counter()
    see(part)
    print(f"a new process             {1000 * (perf_counter() - began):8.2f} ms")
    numbers = count(1)

    def edit() -> None:
        rule = draft.clauses.get(key="rule_1")
        body = {**rule.body, "points": str(next(numbers) % 40)}
        with held():
            save_clause(version=draft, key=rule.key, kind=rule.kind, body=body, by=by, at=at,
                        revision=rule.revision)  # fmt: skip

    def edit_and_see(address: str) -> None:
        edit()
        see(address)

    floor = time_of(lambda: totals(at, pruned=True), 2)
    for name, work, target in (
        ("first number after an edit", partial(edit_and_see, part), TARGET),
        ("all exact after an edit", partial(edit_and_see, f"{part}?exact=1"), TARGET),
        ("the edit alone", edit, TARGET),
        ("what occurs, for the catalogue", take_census, TARGET),
        ("what customers looked like", study_customers, TARGET),
    ):
        print(Figure(name, time_of(work, 7), target, floor))
