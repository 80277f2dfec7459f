"""Who may do what at every address of the product: the reviewed table.

Every address must be here, or the build fails; ``test_access.py`` then asks for each as each
role, and ``test_lists.py`` counts the queries of each list at 1 and at 40 rows.

* Pages: ``get`` and ``post`` name the roles that are let in. Everybody else is sent to the
  sign-in page, or answered 403 or 404. A method nobody is named for is never answered.
* ``at`` makes the address's arguments from the small company of ``world.py``, ``data`` what is
  posted (nothing usually: a form that complains, 422, has let the person in).
* ``shared`` says why an address with arguments is not one team's own. All others answer sales
  people of another team 404.
* ``lists`` adds, for each query string under which the page is a list, so many rows that the
  given person sees.
* API addresses name the scope that a key needs for a method.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.accounts.models import User
from tests.architecture import rows
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
AGREED = "both sides read every version: it is what they agreed on"


def agreement_pages(kind: str, list_name: str, name: str, slug: str, more: Rows) -> dict[str, Page]:
    """Return the pages of one kind of agreement; all are the same for each kind."""

    def one(world: World) -> Mapping[str, Any]:
        return {"number": world.drafts[kind].number}

    def clause(world: World) -> Mapping[str, Any]:
        return {**one(world), "key": world.clause(kind)}

    def new(world: World) -> Mapping[str, Any]:
        return {**one(world), "slug": slug}

    def both(at: Arguments) -> Page:
        return Page(get=WRITES_AGREEMENTS, post=WRITES_AGREEMENTS, at=at, shared=AGREED)

    return {
        list_name: Page(get=SIGNED_IN, lists={"": getattr(rows, list_name)}),
        f"{name}-start": Page(post=WRITES_AGREEMENTS),
        name: Page(get=SIGNED_IN, at=one, shared=AGREED, lists={"": more}),
        f"{name}-add": Page(get=WRITES_AGREEMENTS, at=one, shared=AGREED),
        f"{name}-new": both(new),
        f"{name}-clause": both(clause),
        f"{name}-remove": both(clause),
        f"{name}-propose": both(one),
        f"{name}-withdraw": Page(post=WRITES_AGREEMENTS, at=one, shared=AGREED),
        f"{name}-give-up": both(one),
        f"{name}-sign": Page(get=SIGNS, post=SIGNS, at=one, shared=AGREED),
    }


PAGES: dict[str, Page] = {
    # Everybody's own pages
    "home": Page(get=SIGNED_IN),
    "preferences": Page(get=SIGNED_IN, post=SIGNED_IN),
    "design": Page(get=SIGNED_IN),
    "notifications": Page(get=SIGNED_IN, lists={"": rows.notifications}),
    "notifications-read": Page(post=SIGNED_IN),
    "notification-open": Page(post=SDR, at=of("notification", "pk")),
    # Signing in and out: django-allauth's pages (a wrong key is answered by a page of its own)
    "account_login": Page(get=EVERYBODY, post=EVERYBODY),
    "account_logout": Page(get=EVERYBODY, post=EVERYBODY),  # strangers are sent on
    "account_inactive": Page(get=EVERYBODY),
    "account_signup": Page(get=EVERYBODY),
    "account_reauthenticate": Page(get=SIGNED_IN, post=SIGNED_IN),
    "account_reset_password": Page(get=EVERYBODY, post=EVERYBODY),
    "account_reset_password_done": Page(get=EVERYBODY),
    "account_reset_password_from_key": Page(
        get=EVERYBODY,
        post=EVERYBODY,
        at=lambda world: {"uidb36": "1", "key": "wrong-key"},
        shared=PUBLIC,
    ),
    "account_reset_password_from_key_done": Page(get=EVERYBODY),
    "account_change_password": Page(get=SIGNED_IN, post=SIGNED_IN),
    "demo-sign-in": Page(closed="there is no such page outside the demo"),
    # Inviting and being invited
    "invite": Page(get=ADMIN, post=ADMIN, lists={"": World.invite}),
    "welcome": Page(
        get=EVERYBODY, post=EVERYBODY, at=lambda world: {"token": world.token}, shared=PUBLIC
    ),
    # The desk
    "desk": Page(get=AT_THE_DESK, lists={"": rows.handoffs}),
    "desk-handoff": Page(get=AT_THE_DESK, at=of("handoff"), lists={"": rows.on_the_handoff}),
    "desk-accept": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-reject": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-touch": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-note": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-undo": Page(post=AT_THE_DESK, at=of("decision", "pk")),
    # One lead
    "lead": Page(
        get=SIGNED_IN, at=of("lead"), lists={"": rows.on_the_lead, "all": rows.on_the_lead}
    ),
    "lead-edit": Page(get=WRITES_LEADS, post=WRITES_LEADS, at=of("lead")),
    "lead-touch": Page(
        post=SALES | ADMIN, at=of("lead"), data=lambda world: {"kind": "call_outbound"}
    ),
    "lead-hand-over": Page(
        post=MARKETING | ADMIN, at=of("lead"), data=lambda world: {"words": "Asked for you."}
    ),
    "lead-note": Page(post=SIGNED_IN, at=of("lead")),
    "note-answer": Page(
        post=SIGNED_IN,
        at=lambda world: {"public_id": world.lead.public_id, "pk": world.question.pk},
    ),
    "opportunity-open": Page(post=ACCOUNT_EXECUTIVE | SALES_LEAD | ADMIN, at=of("lead")),
    "opportunity-won": Page(
        post=ACCOUNT_EXECUTIVE | SALES_LEAD | ADMIN,
        at=lambda world: {"public_id": world.opportunity.lead.public_id},
    ),
    "opportunity-lost": Page(
        post=ACCOUNT_EXECUTIVE | SALES_LEAD | ADMIN,
        at=lambda world: {"public_id": world.opportunity.lead.public_id},
    ),
    "follow-up-new": Page(get=SIGNED_IN, post=SIGNED_IN, at=of("lead")),
    # Lists of leads and what is to be done
    "leads": Page(get=SIGNED_IN, lists={"": rows.handoffs}),
    "lead-new": Page(get=WRITES_LEADS, post=WRITES_LEADS),
    "lead-view-save": Page(post=SIGNED_IN),
    "lead-view-delete": Page(post=SDR, at=of("saved_view", "pk")),
    "company": Page(
        get=SIGNED_IN,
        at=lambda world: {"public_id": world.lead.company.public_id},
        lists={"": rows.of_the_company},
    ),
    "follow-ups": Page(get=SIGNED_IN, lists={"": rows.follow_ups}),
    "follow-up-done": Page(post=SDR | ADMIN, at=of("follow_up", "pk")),
    "follow-up-reopen": Page(post=SDR | ADMIN, at=of("follow_up", "pk")),
    "team": Page(get=SALES_LEAD | ADMIN, lists={"": rows.handoffs}),
    "team-reassign": Page(post=SALES_LEAD | ADMIN, at=of("handoff")),
    "my-sqls": Page(get=ACCOUNT_EXECUTIVE, lists={"": rows.handoffs}),
    "nurture": Page(get=SEES_EVERYTHING, lists={"": rows.in_nurture, "list=mend": rows.to_mend}),
    "releases": Page(get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.waiting_for_release}),
    "release": Page(post=SIGNS | ADMIN, data=lambda world: {"which": "all"}),
    # Imports and other ways in
    "imports": Page(get=IMPORTERS, lists={"": rows.imports}),
    "import-new": Page(get=IMPORTERS, post=IMPORTERS),
    "import": Page(get=IMPORTERS, at=of("finished_import"), lists={"": rows.rejected_rows}),
    "import-mapping": Page(get=IMPORTERS, post=IMPORTERS, at=of("finished_import")),
    "import-progress": Page(get=IMPORTERS, at=of("finished_import")),
    "import-start": Page(post=IMPORTERS, at=of("finished_import")),
    "import-cancel": Page(post=IMPORTERS, at=of("finished_import")),
    "import-rejected": Page(
        get=IMPORTERS, at=of("finished_import"), lists={"": rows.rejected_rows}
    ),
    "capture": Page(get=EVERYBODY, post=EVERYBODY, at=of("form", "slug"), shared=PUBLIC),
    "capture-thanks": Page(get=EVERYBODY, at=of("form", "slug"), shared=PUBLIC),
    # What both sides agree on
    **agreement_pages("definition", "definitions", "definition", "fact", rows.rules),
    **agreement_pages("terms", "terms", "terms-version", "promise", rows.promises),
    # What both sides learn
    "rejections": Page(get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.rejected}),
    "rejected-leads": Page(get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.rejected}),
    "scoreboard": Page(get=SIGNED_IN - SDR, lists={"": rows.breached}),
    "clocks": Page(get=SIGNED_IN, lists={"": rows.handoffs}),
    "clock": Page(get=SIGNED_IN, at=lambda world: {"clock_id": world.clock.pk}),
    "sources": Page(get=SEES_EVERYTHING, lists={"": rows.spend}),
    # How the API is used
    "api-schema": Page(get=SIGNED_IN),
    "api-docs": Page(get=SIGNED_IN),
}

READ, SEND, DECIDE = "leads:read", "leads:write", "dispositions:write"
ENDPOINTS: dict[str, Endpoint] = {
    "api-leads": Endpoint(get=READ, post=SEND, lists={"": rows.handoffs}),
    "api-lead": Endpoint(get=READ, at=of("lead")),
    "api-activities": Endpoint(post=SEND),
    "api-activity-batch": Endpoint(post=SEND),
    "api-handoffs": Endpoint(get=READ, lists={"": rows.handoffs}),
    "api-handoff": Endpoint(get=READ, at=of("handoff")),
    "api-handoff-disposition": Endpoint(post=DECIDE, at=of("handoff")),
    "api-versions": Endpoint(get=READ, lists={"": rows.definitions}),
    "api-version": Endpoint(
        get=READ,
        at=lambda world: {"agreement": "terms", "number": world.drafts["terms"].number},
        shared=AGREED,
    ),
    "api-nothing": Endpoint(),
}
