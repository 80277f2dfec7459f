"""What a page of the lead list costs in the database, for each list that is offered.

Each pair of filters and order in leads/database/filters.py is asked through the product's own
``lead_page``: the first page and one in the middle. Beside them stands the same page by OFFSET,
which nobody uses, and as the floor the bare SELECT of 50 standings by key. A plan that sorts, or
reads the whole table, stops the benchmark.

    python -m benchmarks lead_list --leads 1000000 --database PostgreSQL
"""

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import QueryDict

from benchmarks.desk_queue import busiest
from benchmarks.timing import (
    Figure,
    Time,
    ask,
    database_time,
    plan_of,
    statements_of,
    time_of,
)
from leads.database.filters import ORDERS, SERVED, LeadFilter
from leads.database.models import Lead, LeadWord, Source, Standing
from leads.database.queries import lead_page, standings_seen_by
from portal.accounts.models import Role, User
from portal.core import paging
from portal.core.paging import PAGE_SIZE, Page

TARGET = 10.0  # ms in the database, any page
WIDEST = 300.0  # ms, where the product gives up (leads/database/bounded.py)
ROUNDS = 20
STANDING = re.compile(
    r"(?:using (\w+) on leads_standing|Scan on (leads_by_\w+)"
    r"|leads_standing USING (?:\w+ )*?INDEX (\w+))"
)
SCANS = re.compile(r"Seq Scan on leads_standing|SCAN leads_standing$", re.MULTILINE)
SORTS = re.compile(r"Sort Key: leads_standing|TEMP B-TREE FOR ORDER BY")
LISTING = 'FROM "leads_standing"'
FEW = 5_000  # rows behind an equality that may also be sorted: the planner chooses either way


def chosen(user: User, **given: Any) -> LeadFilter:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in given.items()})
    return LeadFilter(query, queryset=standings_seen_by(user))


def page_of(user: User, cursor: str = "", **given: Any) -> Callable[[], Page[Standing]]:
    return lambda: lead_page(chosen(user, **given), user=user, cursor=cursor)


def cost_of(page: Callable[[], Page[Standing]]) -> tuple[Time, str, int]:
    """Return milliseconds in the database, the index that the list reads, and the rows found."""
    statements = statements_of(page)
    listing = next((one for one in statements if LISTING in one[0]), statements[0])
    return database_time(statements, ROUNDS), plan_of(*listing), len(page())


def index_in(plan: str, rows: int) -> str:
    """Name the index that serves a list of so many rows; stops where none does."""
    assert not SCANS.search(plan), plan
    found = STANDING.search(plan)
    assert found, plan
    is_sorted = SORTS.search(plan) is not None
    assert not is_sorted or rows < FEW, plan
    name = next(filter(None, found.groups()))
    return f"{name}, sorting the few" if is_sorted else name


def middle(user: User, given: dict[str, Any], order: str) -> tuple[str, int]:
    """Return the cursor of the page in the middle of a list, and how many rows lie before it."""
    every = chosen(user, **given).qs.order_by(*ORDERS[order])
    skipped = max(every.count() // 2, 1)
    return paging._write(">", every[skipped - 1], ORDERS[order]), skipped


def measure_lists(user: User, floor: Time) -> None:
    """Print every list that is offered without a search: first page, middle, and by OFFSET."""
    owner = Standing.objects.exclude(owner=None).order_by("lead_id")[0].owner_id
    values = {"stage": "known", "owner": owner, "source": Source.objects.earliest("pk").pk}
    for names, order in SERVED:
        if "q" in names:
            continue
        given = {name: values[name] for name in sorted(names)}
        label = f"{' and '.join(given) or 'all'}, by {order}"
        asked = given if order == "score" else given | {"order": order}
        cursor, skipped = middle(user, asked, order)
        for place, where in (("", "first page"), (cursor, f"row {skipped:,}")):
            cost, plan, _rows = cost_of(page_of(user, place, **asked))
            line = Figure(
                f"{label}: {where}", cost, TARGET, floor, note=f"by {index_in(plan, 2 * skipped)}"
            )
            print(line)
        every = chosen(user, **asked).qs.order_by(*ORDERS[order])
        by_offset = statements_of(lambda: list(every[skipped : skipped + PAGE_SIZE + 1]))  # noqa: B023
        slow = database_time(by_offset, 3).median
        print(
            f"    the same rows by OFFSET {slow:.1f} ms, {slow / cost.median:.0f} × the page by key"
        )


def measure_searches(user: User, floor: Time) -> None:
    lead = Lead.objects.exclude(company=None).order_by("-pk")[0]
    first, last = lead.name.lower().split()[:2]
    frequent = ask(
        "SELECT word FROM leads_leadword GROUP BY word ORDER BY count(*) DESC, word LIMIT 1"
    )[0][0]
    searches = {
        "an e-mail address": lead.email,
        "the domain of a company": lead.email_domain,
        "another system's id": lead.external_id,
        "a first and a last name": f"{first} {last}",
        "the beginnings of both": f"{first[:3]} {last[:4]}",
        "the most frequent word": frequent,
        "the two first letters of many": frequent[:2],
        "a word of nobody": "zzyzx",
    }
    for order in ORDERS:
        for label, text in searches.items():
            asked = {"q": text} | ({"order": order} if order != "score" else {})
            cost, _plan, rows = cost_of(page_of(user, **asked))
            print(Figure(f"search {label}, by {order}", cost, TARGET, floor, note=f"{rows} rows"))
    contains = "SELECT id FROM leads_lead WHERE name_key LIKE %s LIMIT 51"
    slow = time_of(lambda: ask(contains, [f"%{last[1:]}x%"]), 3)
    print(f"    %word% over the names, which is not offered: {slow}")


def measure_roles(floor: Time) -> None:
    """Print the list of people who see a part of the leads only."""
    for role in (Role.SDR, Role.SALES_LEAD):
        user = busiest(role)
        cost, _plan, rows = cost_of(page_of(user))
        name = f"all, by score: first page, {user.get_role_display()}"
        print(Figure(name, cost, WIDEST, floor, note=f"{rows} rows; given up past the target"))


def main() -> None:
    user = User.objects.get(role=Role.MARKETING_LEAD)
    keys = list(Standing.objects.order_by("-pk").values_list("pk", flat=True)[:PAGE_SIZE])
    marks = ", ".join(["%s"] * len(keys))
    bare = f"SELECT * FROM leads_standing WHERE lead_id IN ({marks})"  # noqa: S608
    floor = time_of(lambda: ask(bare, keys), ROUNDS)
    words = LeadWord.objects.count()
    print(
        f"Lead list of {connection.display_name}, {Lead.objects.count():,} leads, {words:,} words"
    )
    measure_lists(user, floor)
    measure_searches(user, floor)
    measure_roles(floor)
