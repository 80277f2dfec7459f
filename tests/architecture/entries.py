"""What the table of addresses is written in: roles, and what is said of a page or an endpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
SEES_EVERYTHING = MARKETING | LEADERSHIP | ADMIN
EVERYBODY = SIGNED_IN | {ANONYMOUS}

AT_THE_DESK = SDR | SALES_LEAD | ADMIN
IMPORTERS = MARKETING | ADMIN
WRITES_LEADS = SIGNED_IN - LEADERSHIP
MERGES = MARKETING | SALES_LEAD | ADMIN
WRITES_AGREEMENTS = MARKETING | SALES_LEAD
SIGNS = MARKETING_LEAD | SALES_LEAD
NOBODY: frozenset[str] = frozenset()


def nothing(world: World) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Page:
    """One address that people use with a browser."""

    get: frozenset[str] = NOBODY
    post: frozenset[str] = NOBODY
    at: Arguments = nothing
    data: Arguments = nothing
    lists: Mapping[str, Rows] = field(default_factory=dict)
    shared: str = ""
    closed: str = ""  # why nobody at all is let in


@dataclass(frozen=True)
class Endpoint:
    """One address of the API: the scope a key needs for each method; empty is "not answered"."""

    get: str = ""
    post: str = ""
    at: Arguments = nothing
    data: Arguments = nothing
    lists: Mapping[str, Rows] = field(default_factory=dict)
    shared: str = ""


def of(name: str, attribute: str = "public_id") -> Arguments:
    """Return the argument that is an attribute of one of the world's things."""
    return lambda world: {attribute: getattr(getattr(world, name), attribute)}


PUBLIC = "everybody may open it who has its address"
AS_SEEN = "the file holds what this person may see"
AGREED = "both sides read every version: it is what they agreed on"
HANDOFFS_SEEN = "both sides hold it; of its handoffs everybody sees those of their teams"
