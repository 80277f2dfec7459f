"""Words and icons for what happens to a lead: activities in the past tense, events as acts."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Told = tuple[str, str | Promise]  # icon, words

# What a lead did, by the name of the kind; for a touch, what one of us did.
ACTIVITIES: Mapping[str, Told] = {
    "page_view": ("window", _("Visited")),
    "form_submitted": ("ui-checks", _("Sent the form")),
    "demo_request": ("lightning", _("Asked for a demo")),
    "quote_request": ("lightning", _("Asked for a quote")),
    "contact_request": ("chat-left", _("Asked a question")),
    "content_download": ("file-earmark-text", _("Read")),
    "subscription": ("envelope-paper", _("Subscribed")),
    "webinar_registered": ("calendar-plus", _("Registered for a webinar")),
    "webinar_attended": ("calendar-check", _("Attended a webinar")),
    "event_attended": ("calendar-check", _("Attended")),
    "email_sent": ("envelope", _("Was sent a mail")),
    "email_opened": ("envelope-open", _("Opened a mail")),
    "email_clicked": ("link-45deg", _("Followed a link in a mail")),
    "email_replied": ("envelope-open", _("Replied to a mail")),
    "chat": ("chat-square-text", _("Chatted with us")),
    "trial_started": ("star", _("Started a trial")),
    "product_used": ("star", _("Used the product")),
    "video_watched": ("window", _("Watched a video")),
    "social_interaction": ("hand-thumbs-up", _("Reacted on a social network")),
    "call_inbound": ("telephone", _("Called us")),
    "call_outbound": ("telephone-outbound", _("called")),
    "call_missed": ("telephone-x", _("Called and was missed")),
    "email_outbound": ("send", _("wrote a mail")),
    "linkedin_outbound": ("send", _("wrote on LinkedIn")),
    "meeting_booked": ("calendar-event", _("Booked a meeting")),
    "meeting_held": ("people", _("met the lead")),
    "unsubscribed": ("x-circle", _("Unsubscribed")),
    "wish_listed": ("bookmark", _("Put it on the wish list")),
    "checkout_started": ("cart", _("Started a checkout")),
    "sms_sent": ("send", _("Was sent a text message")),
}

# What the portal or one of us did, by the kind of the event. What has no line here is quiet.
EVENTS: Mapping[str, Told] = {
    "lead.captured": ("person-plus", _("Became a lead")),
    "lead.enriched": ("database-check", _("Enriched")),
    "lead.qualified": ("check-circle", _("Became an MQL")),
    "handoff.made": ("arrow-right-circle", _("Handed to sales")),
    "handoff.routed": ("person-check", _("Routed")),
    "handoff.accepted": ("check-circle-fill", _("Accepted as SQL")),
    "handoff.rejected": ("x-circle", _("Rejected")),
    "disposition.withdrawn": ("arrow-counterclockwise", _("Decision taken back")),
    "clock.breached": ("exclamation-circle-fill", _("Promise broken")),
    "opportunity.opened": ("flag", _("Opportunity opened")),
    "lead.won": ("trophy", _("Won")),
    "lead.lost": ("dash-circle", _("Lost")),
    "lead.asked": ("question-circle", _("Question asked")),
    "lead.answered": ("chat-left", _("Question answered")),
    "follow_up.completed": ("check-lg", _("Follow-up done")),
    "release.queued": ("inboxes", _("Put on the release list")),
}

# Told by another line already: the touch by its activity, the effect by its rejection.
LEFT_OUT = (
    "handoff.touched",
    "lead.recycled",
    "lead.disqualified",
    "lead.closed_as_duplicate",
    "lead.sent_to_mend",
)
