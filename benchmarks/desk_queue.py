"""What the desk costs: its queue in the database, and its page beside a bare signed-in view.

The queue is the product's own (portal/desk/queue.py): each of its statements is taken down and
asked again, and the medians are added up. Its floor is one bare SELECT of 50 open handoffs in
the order of an index. The page's floor is the empty frame that every page of the product has.

    python -m benchmarks desk_queue --leads 1000000 --database PostgreSQL
"""

from functools import partial

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from benchmarks.timing import (
    Figure,
    Time,
    ask,
    database_time,
    statements_of,
    time_of,
    visit,
)
from leads.handoffs.models import Handoff
from portal.accounts.models import Role, User
from portal.desk.queue import queue_of

TARGETS = {Role.SDR: 5.0, Role.SALES_LEAD: 25.0}  # ms in the database
PAGE = 5.0  # times a bare signed-in view
ROUNDS = 20
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
FLOOR = (
    "SELECT * FROM leads_handoff WHERE owner_id = %s AND origin = 'live' AND NOT is_decided"
    " ORDER BY rank DESC, id LIMIT 50"
)


def busiest(role: str) -> User:
    """Return whose desk is the fullest among the people of a role."""
    is_open = Handoff.objects.open().values("pk")
    people = User.objects.filter(role=role)
    through = "handoffs" if role == Role.SDR else "teams__handoffs"
    counted = people.filter(**{f"{through}__in": is_open}).annotate(n=Count(through))
    return counted.order_by("-n", "pk")[0]


def measure(user: User, floor: Time) -> None:
    at = timezone.now()
    statements = statements_of(lambda: list(queue_of(user, at=at)))
    queue = queue_of(user, at=at)
    bands = ", ".join(f"{band.count} {band.state}" for band in queue.bands)
    print(f"{user.get_role_display()}: the queue shows {bands}; {len(statements)} statements")
    cost = database_time(statements, ROUNDS)
    print(Figure("queue, in the database", cost, TARGETS[Role(user.role)], floor))
    for sql, params in statements:
        print(f"    {time_of(partial(ask, sql, params), ROUNDS)}  {outline(sql)}")
    bare, frame, page = (
        time_of(visit(user, address), ROUNDS)
        for address in ("/bare/word/", "/bare/frame/", "/desk/")
    )
    print(
        Figure("page /desk/", page, PAGE * frame.median, frame, note="the floor is an empty page")
    )
    word = f"{page.median / bare.median:.1f} × a signed-in view that answers one word"
    print(f"    at best {page.best / frame.best:.1f} × an empty page; {word} ({bare})")


def outline(sql: str) -> str:
    """Return where a statement reads and in what order."""
    where = sql.partition(" WHERE ")[2]
    return " ".join(where.split())[:150]


def main() -> None:
    settings.ROOT_URLCONF = "benchmarks.desk_urls"
    settings.STORAGES["staticfiles"]["BACKEND"] = PLAIN  # no need to gather files first
    sdr = busiest(Role.SDR)
    floor = time_of(lambda: ask(FLOOR, [sdr.pk]), ROUNDS)
    for user in (sdr, busiest(Role.SALES_LEAD)):
        measure(user, floor)
