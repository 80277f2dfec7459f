"""Who may do what at every address of the product: the reviewed table.

Every address must be here, or the build fails; ``test_access.py`` then asks for each as each
role, and ``test_lists.py`` counts the queries of each list at 1 and at 40 rows.

* Pages: ``get`` and ``post`` name the roles that are let in. Everybody else is sent to the
  sign-in page, or answered 403 or 404. A method nobody is named for is never answered.
* ``at`` makes the address's arguments from the small company of ``world.py``, ``data`` what is
  posted (nothing usually: a form that complains, 422, has let the person in).
* ``rows`` adds so many rows that the given person sees; ``NOT_A_LIST`` says there are none.
* API addresses name the scope that a key needs for a method.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.accounts.models import User
from tests.architecture.world import ANONYMOUS, World

Arguments = Callable[[World], Mapping[str, Any]]
Rows = Callable[[World, User, int], object]

SDR = frozenset({"sdr"})
ACCOUNT_EXECUTIVE = frozenset({"account_executive"})
SALES_LEAD = frozenset({"sales_lead"})
MARKETING = frozenset({"marketing", "marketing_lead"})
MARKETING_LEAD = frozenset({"marketing_lead"})
LEADERSHIP = frozenset({"leadership"})
ADMIN = frozenset({"admin"})
SALES = SDR | ACCOUNT_EXECUTIVE | SALES_LEAD
SIGNED_IN = SALES | MARKETING | LEADERSHIP | ADMIN
EVERYBODY = SIGNED_IN | {ANONYMOUS}
NOBODY: frozenset[str] = frozenset()


def nothing(world: World) -> Mapping[str, Any]:
    return {}


def NOT_A_LIST(world: World, user: User, count: int) -> None:  # noqa: N802 - reads as the constant it is
    """Mark a page whose length does not depend on how much there is."""


@dataclass(frozen=True)
class Page:
    """One address that people use with a browser."""

    get: frozenset[str] = NOBODY
    post: frozenset[str] = NOBODY
    at: Arguments = nothing
    data: Arguments = nothing
    rows: Rows = NOT_A_LIST
    closed: str = ""  # why nobody at all is let in


@dataclass(frozen=True)
class Endpoint:
    """One address of the API: the scope a key needs for each method; empty is "not answered"."""

    get: str = ""
    post: str = ""
    at: Arguments = nothing
    data: Arguments = nothing
    rows: Rows = NOT_A_LIST


PAGES: dict[str, Page] = {
    # Everybody's own pages
    "home": Page(get=SIGNED_IN),
    "preferences": Page(get=SIGNED_IN, post=SIGNED_IN),
    "design": Page(get=SIGNED_IN),
    # Signing in and out: django-allauth's pages (a wrong key is answered by a page of its own)
    "account_login": Page(get=EVERYBODY, post=EVERYBODY),
    "account_logout": Page(get=SIGNED_IN, post=SIGNED_IN),
    "account_inactive": Page(get=EVERYBODY),
    "account_signup": Page(get=EVERYBODY),
    "account_reauthenticate": Page(get=SIGNED_IN, post=SIGNED_IN),
    "account_reset_password": Page(get=EVERYBODY, post=EVERYBODY),
    "account_reset_password_done": Page(get=EVERYBODY),
    "account_reset_password_from_key": Page(
        get=EVERYBODY, post=EVERYBODY, at=lambda world: {"uidb36": "1", "key": "wrong-key"}
    ),
    "account_reset_password_from_key_done": Page(get=EVERYBODY),
    "account_change_password": Page(get=SIGNED_IN, post=SIGNED_IN),
    "demo-sign-in": Page(closed="there is no such page outside the demo"),
    # Inviting and being invited
    "invite": Page(get=ADMIN, post=ADMIN, rows=World.invite),
    "welcome": Page(get=EVERYBODY, post=EVERYBODY, at=lambda world: {"token": world.token}),
}

ENDPOINTS: dict[str, Endpoint] = {}
