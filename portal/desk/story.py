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
    "lead.merged": ("copy", _("Made one with another lead")),
    "lead.unmerged": ("copy", _("Made two leads again")),
    "lead.erased": ("trash", _("Erased this person")),
    "handoff.made": ("arrow-right-circle", _("Handed to sales")),
    "handoff.routed": ("person-check", _("Routed")),
    "handoff.accepted": ("check-circle-fill", _("Accepted as SQL")),
    "handoff.rejected": ("x-circle", _("Rejected")),
    "disposition.withdrawn": ("arrow-counterclockwise", _("Decision taken back")),
    "meeting.moved": ("calendar-event", _("Meeting changed")),
    "meeting.cancelled": ("slash-circle", _("Meeting called off")),
    "rejection.contested": ("chat-square-text", _("Rejection contested")),
    "appeal.answered": ("chat-square-text", _("Appeal answered")),
    "clock.breached": ("exclamation-circle-fill", _("Promise broken")),
    "clock.escalated": ("megaphone", _("Followed up by the terms")),
    "clock.excused": ("chat-square-text", _("Breach excused")),
    "clock.excuse_withdrawn": ("chat-square-text", _("Excuse taken back")),
    "opportunity.opened": ("flag", _("Opportunity opened")),
    "lead.won": ("trophy", _("Won")),
    "lead.lost": ("dash-circle", _("Lost")),
    "lead.asked": ("question-circle", _("Question asked")),
    "lead.answered": ("chat-left", _("Question answered")),
    "follow_up.completed": ("check-lg", _("Follow-up done")),
    "release.queued": ("inboxes", _("Put on the release list")),
}

# What we sent by machine: it tells nothing of the lead.
OURS = frozenset({"email_sent", "sms_sent"})

# What is folded of what the portal or one of us did.
QUIET: Mapping[str, Told] = {
    "facts.changed": ("database-check", _("More is known")),
    "lead.changed": ("pencil", _("Edited")),
    "lead.nurtured": ("envelope-paper", _("Marketing nurtures it")),
    "nurture.ended": ("envelope-paper", _("Left marketing’s care")),
    "handoff.waiting": ("inbox", _("Waited: nobody had room")),
    "handoff.held": ("eye", _("On somebody’s desk")),
    "handoff.let_go": ("eye", _("Put off the desk")),
    "handoff.skipped": ("arrow-return-right", _("Skipped")),
    "handoff.snoozed": ("clock", _("Snoozed")),
    "handoff.woken": ("clock", _("Woken")),
    "call_sheet.changed": ("pencil", _("Call sheet written")),
    "follow_up.created": ("check-lg", _("Follow-up made")),
    "clock.paused": ("pause-circle", _("Clock paused")),
    "clock.resumed": ("clock", _("Clock runs again")),
    "clock.escalated": ("exclamation-circle-fill", _("Escalated")),
}

# What quiet things are counted as, in the plural; "" for all that have no word of their own.
FOLDED: Mapping[str, str | Promise] = {
    "": _("small news"),
    "bot": _("machines"),
    "page_view": _("page views"),
    "email_sent": _("mails sent"),
    "email_opened": _("mails opened"),
    "email_clicked": _("links followed"),
    "product_used": _("use of the product"),
    "social_interaction": _("social reactions"),
    "sms_sent": _("text messages"),
    "facts.changed": _("facts"),
    "lead.changed": _("edits"),
    "handoff.held": _("looks at it"),
    "handoff.let_go": _("looks at it"),
    "handoff.skipped": _("skips"),
    "handoff.snoozed": _("snoozes"),
    "handoff.woken": _("snoozes"),
    "call_sheet.changed": _("call sheet"),
    "clock.escalated": _("escalations"),
    "follow_up.created": _("follow-ups"),
}

# Told by another line already: the touch by its activity, the effect by its rejection.
LEFT_OUT = (
    "meeting.booked",
    "meeting.held",
    "handoff.touched",
    "handoff.talk_changed",
    "lead.recycled",
    "lead.disqualified",
    "lead.closed_as_duplicate",
    "lead.sent_to_mend",
)
