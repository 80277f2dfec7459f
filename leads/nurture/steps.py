"""What marketing does next for a lead in nurture, from what the lead did last. Pure."""

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ANSWER = _("Answer in person today, before anything else is sent.")
NO_MAIL = _("Send nothing. Ask the account executive to call.")
FIRST = _("Send the guide for their role, and see what they read.")
GUIDE = _("Send the guide that belongs to what they looked at.")
PRICE = _("Send what it costs for a company of their size, and offer a short call.")

STEPS: dict[str, Promise] = {
    "page_view": GUIDE,
    "form_submitted": ANSWER,
    "demo_request": _("Offer two dates for the demo they asked for."),
    "quote_request": PRICE,
    "contact_request": ANSWER,
    "content_download": _("Send a case study on the same subject."),
    "subscription": _("Invite them to the next webinar."),
    "webinar_registered": _("Remind them of the webinar, and ask what they want answered there."),
    "webinar_attended": _("Send the recording, and offer a free trial."),
    "event_attended": _("Write about the talk they came for, and offer a free trial."),
    "email_opened": _("Send a case study from their industry."),
    "email_clicked": _("Send a case study from their industry."),
    "email_replied": ANSWER,
    "chat": ANSWER,
    "trial_started": _("Ask what they want to try first, and show them how."),
    "product_used": _("Ask what they want to try first, and show them how."),
    "video_watched": GUIDE,
    "social_interaction": _("Invite them to the next webinar."),
    "call_inbound": ANSWER,
    "call_missed": ANSWER,
    "meeting_booked": _("Send what helps them to prepare the meeting."),
    "wish_listed": PRICE,
    "checkout_started": PRICE,
}


def next_step(kind: str, tags: Collection[str] = (), *, do_not_email: bool = False) -> Promise:
    """Suggest the next step; ``kind`` is the name of the last activity's kind, or empty."""
    if do_not_email or kind == "unsubscribed":
        return NO_MAIL
    if "pricing" in tags:
        return PRICE
    return STEPS.get(kind, FIRST)
