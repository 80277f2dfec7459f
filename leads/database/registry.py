"""What rules may ask about: facts, activity kinds, properties of activities.

One module that the rule editor, the API, the import mapping and the documentation read. A fact
is a column of ``FactSnapshot``; adding one is a line here and a field there (a test compares).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FieldType = Literal["text", "number", "flag", "tags"]


@dataclass(frozen=True)
class Fact:
    """Something known of a lead or its company."""

    name: str
    label: Promise
    type: FieldType
    of_company: bool = False  # copied to all leads of the company
    derived: bool = False  # follows from another fact by the documented table


FACTS: tuple[Fact, ...] = (
    Fact("title", _("title"), "text"),
    Fact("seniority", _("seniority"), "text", derived=True),
    Fact("department", _("department"), "text", derived=True),
    Fact("role", _("role"), "text"),
    Fact("industry", _("industry"), "text", of_company=True),
    Fact("company_size", _("people in the company"), "number", of_company=True),
    Fact("size_band", _("size band"), "text", of_company=True, derived=True),
    Fact("company_type", _("type of company"), "text", of_company=True),
    Fact("country", _("country"), "text"),
    Fact("region", _("region"), "text"),
    Fact("city", _("city"), "text"),
    Fact("team_size", _("people in the team"), "number"),
    Fact("use_case", _("use case"), "text"),
    Fact("timeline", _("timeline"), "text"),
    Fact("budget", _("budget range"), "text"),
    Fact("procurement", _("procurement process"), "text"),
    Fact("occupation", _("occupation"), "text"),
    Fact("email_kind", _("kind of e-mail address"), "text", derived=True),
)
FACTS_BY_NAME = {fact.name: fact for fact in FACTS}
FACT_TYPES: dict[str, str] = {fact.name: fact.type for fact in FACTS}


class SetBy(IntEnum):
    """Who said a fact; the smaller number wins when two say different things."""

    PERSON = 1
    FORM = 2
    IMPORT = 3
    ENRICHMENT = 4
    DERIVED = 5


@dataclass(frozen=True)
class Kind:
    """A kind of activity. ``code`` is what the database holds and never changes."""

    code: int
    name: str
    label: Promise  # continues "a person ..."
    is_touch: bool = False  # a genuine attempt by a person to reach the lead
    is_quiet: bool = False  # folded in timelines


KINDS: tuple[Kind, ...] = (
    Kind(1, "page_view", _("visits a page"), is_quiet=True),
    Kind(2, "form_submitted", _("sends a form")),
    Kind(3, "demo_request", _("asks for a demo")),
    Kind(4, "quote_request", _("asks for a quote")),
    Kind(5, "contact_request", _("asks a question by the contact form")),
    Kind(6, "content_download", _("reads a piece of content")),
    Kind(7, "subscription", _("subscribes")),
    Kind(8, "webinar_registered", _("registers for a webinar")),
    Kind(9, "webinar_attended", _("attends a webinar")),
    Kind(10, "event_attended", _("attends an event")),
    Kind(11, "email_sent", _("is sent an automated mail"), is_quiet=True),
    Kind(12, "email_opened", _("opens a mail"), is_quiet=True),
    Kind(13, "email_clicked", _("follows a link in a mail"), is_quiet=True),
    Kind(14, "email_replied", _("replies to a mail")),
    Kind(15, "chat", _("chats with a person")),
    Kind(16, "trial_started", _("starts a trial")),
    Kind(17, "product_used", _("uses the product"), is_quiet=True),
    Kind(18, "video_watched", _("watches a video")),
    Kind(19, "social_interaction", _("reacts on a social network"), is_quiet=True),
    Kind(20, "call_inbound", _("calls us")),
    Kind(21, "call_outbound", _("is called"), is_touch=True),
    Kind(22, "call_missed", _("calls and is missed")),
    Kind(23, "email_outbound", _("is written to by a person"), is_touch=True),
    Kind(24, "linkedin_outbound", _("is written to on LinkedIn"), is_touch=True),
    Kind(25, "meeting_booked", _("books a meeting")),
    Kind(26, "meeting_held", _("meets us"), is_touch=True),
    Kind(27, "unsubscribed", _("unsubscribes")),
    Kind(28, "wish_listed", _("puts something on a wish list")),
    Kind(29, "checkout_started", _("starts a checkout")),
    Kind(30, "sms_sent", _("is sent a text message"), is_quiet=True),
)
KINDS_BY_NAME = {kind.name: kind for kind in KINDS}
KINDS_BY_CODE = {kind.code: kind for kind in KINDS}
TOUCH_CODES = tuple(kind.code for kind in KINDS if kind.is_touch)
AUTOMATED_KINDS = ("email_sent", "sms_sent")  # ours too, but no person's
REPLY_KINDS = ("email_replied", "chat", "call_inbound", "contact_request")  # the lead wrote
AUTOMATED_CODES = tuple(KINDS_BY_NAME[name].code for name in AUTOMATED_KINDS)
# What we do to a lead, in person or by machine; the rest it does itself.
OUR_CODES = (*TOUCH_CODES, *AUTOMATED_CODES)
# What may tell when sales first reached a lead: terms may call all that is not quiet a touch.
TALK_CODES = (*(kind.code for kind in KINDS if not kind.is_quiet), *AUTOMATED_CODES)

# What a behaviour rule may ask of an activity, besides its kind.
PROPERTY_TYPES: dict[str, str] = {
    "object": "text",
    "object_kind": "text",
    "object_tags": "tags",
    "outcome": "text",
    "duration_s": "number",
    "form": "text",
    "campaign": "text",
    "use_case": "text",
    "amount": "number",
}
OBJECT_KINDS = (
    ("page", _("page")),
    ("asset", _("asset")),
    ("form", _("form")),
    ("mail", _("mail")),
    ("event", _("event")),
)
