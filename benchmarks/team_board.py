"""What the team board costs: one team of 100 members with 5,000 open handoffs.

The statements of the board are taken down and asked again, and the medians are added up; their
number is told, once with the whole team and once with 10 members and 500 handoffs. The page's
floor is the empty frame that every page of the product has.

    python -m benchmarks team_board --leads 1000000 --database PostgreSQL
"""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.test import Client
from django.utils import timezone

from benchmarks.timing import Figure, ask, database_time, statements_of, time_of, visit
from leads.handoffs.models import Handoff
from leads.routing.members import members_of
from leads.routing.reasons import of_nobody
from portal.accounts.models import Membership, Role, Team, User
from portal.dashboards.board import read_board

SIZES = ((10, 500), (100, 5000))  # members, open handoffs
WAITING = 40  # of 100: nobody has them
TARGET, PAGE = 60.0, 12.0  # ms in the database; times an empty page
ROUNDS = 15
FLOOR = (
    "SELECT owner_id, count(*) FROM leads_handoff WHERE team_id = %s AND origin = 'live'"
    " AND NOT is_decided GROUP BY owner_id"
)
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"


def gather(members: int, handoffs: int) -> tuple[Team, User]:
    """Give a new team so many members and so many of the open handoffs, due around now."""
    at = timezone.now().replace(microsecond=0)
    team = Team.objects.create(name=f"Board of {members}")
    boss = User.objects.create(email=f"boss{members}@bench.test", name="Boss", role=Role.SALES_LEAD)
    people = User.objects.bulk_create(
        User(email=f"board{members}-{n}@bench.test", name=f"Member {n:03}", role=Role.SDR)
        for n in range(members)
    )
    Membership.objects.bulk_create(
        Membership(team=team, user=user, cap=60) for user in [boss, *people]
    )
    rows = list(Handoff.objects.open().order_by("-pk")[:handoffs])
    why = of_nobody(members_of(team.pk, at=at))
    for n, one in enumerate(rows):
        one.team = team
        one.owner = None if n % 100 < WAITING * members // 1000 else people[n % members]
        one.routing = why if one.owner is None else one.routing
        one.due_at = at + timedelta(minutes=n % 1500 - 300)
        one.warn_at = one.due_at - timedelta(hours=1)
    fields = ["team", "owner", "routing", "due_at", "warn_at"]
    Handoff.objects.bulk_update(rows, fields, batch_size=500)
    return team, boss


def measure(members: int, handoffs: int) -> None:
    team, boss = gather(members, handoffs)
    at = timezone.now()
    floor = time_of(lambda: ask(FLOOR, [team.pk]), ROUNDS)
    for view in ("now", "open"):
        statements = statements_of(partial(read_board, team, at=at, view=view))
        cost = database_time(statements, ROUNDS)
        print(f"{members} members, {handoffs:,} open: {len(statements)} statements, view “{view}”")
        print(Figure("board, in the database", cost, TARGET, floor))
        dearest = max(statements, key=lambda one: time_of(partial(ask, *one), 3).best)
        print(f"    dearest {time_of(partial(ask, *dearest), ROUNDS)}  {dearest[0][-120:]}")
    frame, page = (
        time_of(visit(boss, address), ROUNDS) for address in ("/bare/frame/", f"/team/{team.pk}/")
    )
    note = "the floor is an empty page"
    print(Figure("page /team/", page, PAGE * frame.median, frame, note=note))
    client = Client(headers={"host": "localhost"})
    client.force_login(boss)
    body = client.get(f"/team/{team.pk}/").content
    print(f"    {len(body) / 1000:.0f} kB before packing")


def main() -> None:
    settings.ROOT_URLCONF = "benchmarks.desk_urls"
    settings.STORAGES["staticfiles"]["BACKEND"] = PLAIN  # no need to gather files first
    for size in SIZES:
        measure(*size)
