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
* API addresses name the scope that a key needs for a method. Pages about agreements are in
  ``agreed.py``, the words of the table in ``entries.py``.
"""

from portal.home.posting import off_token
from tests.architecture import pairs, reviewed, rows
from tests.architecture.agreed import AGREED_PAGES
from tests.architecture.alerted import ALERT_PAGES
from tests.architecture.endpoints import ENDPOINTS
from tests.architecture.entries import (
    ACCOUNT_EXECUTIVE,
    ADMIN,
    AGREED,
    AS_SEEN,
    AT_THE_DESK,
    EVERYBODY,
    HANDOFFS_SEEN,
    IMPORTERS,
    MARKETING,
    MERGES,
    PUBLIC,
    SALES,
    SALES_LEAD,
    SDR,
    SEES_EVERYTHING,
    SIGNED_IN,
    SIGNS,
    WRITES_AGREEMENTS,
    WRITES_LEADS,
    Page,
    of,
)
from tests.architecture.hours import (
    HOURS,
    of_calendar,
    of_calendar_day,
    of_clock,
    of_feed,
    of_own_calendar,
)
from tests.architecture.teams import of_member, of_pass, of_team
from tests.architecture.world import World

PAGES: dict[str, Page] = {
    # Everybody's own pages
    "home": Page(get=SIGNED_IN),
    "preferences": Page(get=SIGNED_IN, post=SIGNED_IN),
    "find": Page(get=SIGNED_IN, lists={"q=lead": rows.handoffs}),
    "design": Page(get=SIGNED_IN),
    "digest-off": Page(
        get=EVERYBODY,
        post=EVERYBODY,
        at=lambda world: {"token": off_token(world.sdr)},
        shared=PUBLIC,
    ),
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
    "desk-bulk": Page(get=AT_THE_DESK, post=AT_THE_DESK, lists={"": rows.handoffs}),
    "desk-bulk-undo": Page(post=AT_THE_DESK, at=pairs.decided_together),
    "desk-handoff": Page(get=AT_THE_DESK, at=of("handoff"), lists={"": rows.on_the_handoff}),
    "desk-accept": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-reject": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-sheet": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-touch": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-note": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-skip": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-snooze": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-wake": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-stay": Page(post=AT_THE_DESK, at=of("handoff")),
    "desk-break": Page(post=SALES_LEAD | ADMIN, at=of("handoff")),
    "desk-undo": Page(post=AT_THE_DESK, at=of("decision", "pk")),
    # One lead
    "lead": Page(
        get=SIGNED_IN, at=of("lead"), lists={"": rows.on_the_lead, "all": rows.on_the_lead}
    ),
    "lead-score": Page(get=SIGNED_IN, at=of("lead")),
    "lead-edit": Page(get=WRITES_LEADS, post=WRITES_LEADS, at=of("lead")),
    "lead-erase": Page(get=ADMIN, post=ADMIN, at=of("lead")),
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
    "meetings": Page(get=SALES | ADMIN, lists={"": rows.meetings}),
    "meeting": Page(get=SIGNED_IN, at=of("meeting")),
    "meeting-ics": Page(get=SIGNED_IN, at=of("meeting")),
    "meeting-new": Page(get=SALES | ADMIN, post=SALES | ADMIN, at=of("lead")),
    "meeting-move": Page(get=SALES | ADMIN, post=SALES | ADMIN, at=of("meeting")),
    "meeting-cancel": Page(post=SALES | ADMIN, at=of("meeting")),
    "meeting-held": Page(post=SALES | ADMIN, at=of("meeting")),
    "follow-ups": Page(get=SIGNED_IN, lists={"": rows.follow_ups}),
    "follow-up-done": Page(post=SDR | ADMIN, at=of("follow_up", "pk")),
    "follow-up-reopen": Page(post=SDR | ADMIN, at=of("follow_up", "pk")),
    "team": Page(get=SALES_LEAD | ADMIN, lists={"": rows.handoffs}),
    "team-board": Page(
        get=SALES_LEAD | ADMIN,
        at=of_team,
        lists={"": rows.handoffs, "list=open": rows.handoffs, "list=late": rows.late_handoffs},
    ),
    "team-pass-on": Page(post=SALES_LEAD | ADMIN, at=of_team),
    "team-pass-back": Page(post=SALES_LEAD, at=of_pass),
    "team-members": Page(
        get=SALES_LEAD | ADMIN, post=SALES_LEAD | ADMIN, at=of_team, lists={"": rows.members}
    ),
    "team-away": Page(get=SALES_LEAD | ADMIN, post=SALES_LEAD | ADMIN, at=of_member),
    "team-back": Page(post=SALES_LEAD | ADMIN, at=of_member),
    "team-left": Page(
        get=SALES_LEAD | ADMIN, post=SALES_LEAD | ADMIN, at=of_team, lists={"": rows.left_behind}
    ),
    "my-sqls": Page(get=ACCOUNT_EXECUTIVE, lists={"": rows.handoffs}),
    "nurture": Page(get=SEES_EVERYTHING, lists={"": rows.in_nurture, "list=mend": rows.to_mend}),
    "releases": Page(get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.waiting_for_release}),
    "release": Page(post=SIGNS | ADMIN, data=lambda world: {"which": "all"}),
    "rescore": Page(get=SEES_EVERYTHING | SALES_LEAD, post=SIGNS | ADMIN),
    "columns": Page(get=SIGNED_IN),
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
    **AGREED_PAGES,
    **ALERT_PAGES,
    # What both sides learn
    "rejections": Page(get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.rejected}),
    "rejected-leads": Page(get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.rejected}),
    **{
        name: Page(get=SEES_EVERYTHING | SALES_LEAD)
        for name in ("scoring", "scoring-together", "scoring-drift", "causes", "reason-quality")
    },
    "amendments": Page(
        get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.amendments, "x": rows.answered_amendments}
    ),
    "amendments-look": Page(post=WRITES_AGREEMENTS),
    "amendments-draft": Page(post=WRITES_AGREEMENTS),
    "amendment": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        post=WRITES_AGREEMENTS,
        at=lambda world: {"pk": rows.amendments(world, world.marketing, 1)[0].pk},
        shared=AGREED,
    ),
    "rejection-reviews": Page(
        get=SEES_EVERYTHING | SALES_LEAD, lists={"": rows.rejected, "x": reviewed.held}
    ),
    "rejection-review-start": Page(post=SEES_EVERYTHING | SALES_LEAD),
    "rejection-review": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        post=SEES_EVERYTHING | SALES_LEAD,
        at=lambda world: {"pk": reviewed.reviewed(world).pk},
        lists={"": reviewed.in_review},
        shared=HANDOFFS_SEEN,
    ),
    "rejection-review-on": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        at=lambda world: {"pk": reviewed.reviewed(world).pk},
        shared=HANDOFFS_SEEN,
    ),
    "rejection-review-handoff": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        post=SEES_EVERYTHING | SALES_LEAD,
        at=lambda world: {"pk": reviewed.reviewed(world).pk, "place": reviewed.place_in(world)},
    ),
    "second-opinions": Page(get=SDR | SALES_LEAD, post=SDR | SALES_LEAD),
    "appeals": Page(
        get=SEES_EVERYTHING | SALES_LEAD,
        lists={"": rows.contested, "answered": rows.answered},
    ),
    "appeal": Page(
        get=SEES_EVERYTHING | SALES_LEAD | SDR, post=SALES_LEAD | ADMIN, at=of("appeal", "pk")
    ),
    "contest": Page(get=MARKETING, post=MARKETING, at=of("rejection", "pk")),
    "lead-merge": Page(get=MERGES, at=of("lead")),
    "lead-merge-with": Page(get=MERGES, post=MERGES, at=pairs.two_leads),
    "merge-undo": Page(post=MERGES, at=pairs.one_of_two),
    "scoreboard": Page(get=SIGNED_IN - SDR, lists={"": rows.breached}),
    "clocks": Page(get=SIGNED_IN, lists={"": rows.handoffs}),
    "clock": Page(get=SIGNED_IN, at=of_clock),
    "clock-pause": Page(get=SDR | SALES_LEAD | ADMIN, post=SDR | SALES_LEAD | ADMIN, at=of_clock),
    "clock-resume": Page(post=SDR | SALES_LEAD | ADMIN, at=of_clock),
    "clock-excuse": Page(get=SALES_LEAD | ADMIN, post=SALES_LEAD | ADMIN, at=of_clock),
    "clock-excuse-back": Page(post=SALES_LEAD | ADMIN, at=of_clock),
    "calendars": Page(get=SIGNED_IN),
    "calendar-new": Page(get=SALES_LEAD | ADMIN, post=SALES_LEAD | ADMIN),
    "calendar": Page(get=SIGNED_IN, at=of_calendar, shared=HOURS),
    "calendar-week": Page(
        get=SALES_LEAD | ADMIN, post=SALES_LEAD | ADMIN, at=of_own_calendar, shared=HOURS
    ),
    "calendar-day": Page(post=SALES_LEAD | ADMIN, at=of_calendar, shared=HOURS),
    "calendar-holidays": Page(post=SALES_LEAD | ADMIN, at=of_calendar, shared=HOURS),
    "calendar-person": Page(post=SALES_LEAD | ADMIN, at=of_calendar, shared=HOURS),
    "calendar-day-remove": Page(post=SALES_LEAD | ADMIN, at=of_calendar_day, shared=HOURS),
    "dashboard": Page(get=SEES_EVERYTHING),
    "dashboard-file": Page(get=SEES_EVERYTHING, at=lambda world: {"form": "csv"}, shared=AS_SEEN),
    "notebooks": Page(get=SEES_EVERYTHING),
    "notebook-file": Page(
        get=SEES_EVERYTHING, at=lambda world: {"view": "report_leads"}, shared=AS_SEEN
    ),
    "scoreboard-file": Page(get=SIGNED_IN - SDR, at=lambda world: {"form": "csv"}, shared=AS_SEEN),
    "clocks-file": Page(get=SIGNED_IN, at=lambda world: {"form": "csv"}, shared=AS_SEEN),
    "due-times": Page(get=SIGNED_IN, post=SIGNED_IN, data=lambda world: {"act": "make"}),
    "due-calendar": Page(get=EVERYBODY, at=of_feed, shared=PUBLIC),
    "source-figures": Page(get=SEES_EVERYTHING, post=IMPORTERS),
    "sources": Page(get=SEES_EVERYTHING, lists={"": rows.spend}),
    # How the API is used
    "api-schema": Page(get=SIGNED_IN),
    "api-docs": Page(get=SIGNED_IN),
}

__all__ = ["ENDPOINTS", "PAGES"]
