"""A clock in few words, written without a template of its own: a queue shows thirty of them."""

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.core.durations import duration_words
from portal.templatetags.chart_tags import ring
from portal.templatetags.portal_tags import clock_icon, icon
from sla.clocks.shown import ClockView
from sla.clocks.states import State

register = template.Library()
TICKS = frozenset({State.ON_TIME, State.AT_RISK, State.BREACHED})


@register.simple_tag
def short_clock(view: ClockView) -> SafeString:
    """Draw what ``components/_clock.html`` draws with ``short``: a mark and an amount."""
    state = view.state
    is_over = state not in {State.ON_TIME, State.AT_RISK}
    words = view.words if is_over else duration_words(max(view.left, 0))
    if state not in TICKS:
        mark, whole = icon(clock_icon(state)), words
        if state == State.EXCUSED:  # whose reason is a sentence, and has no room here
            words = _("excused")
        return format_html(
            '<span class="clock clock-{}" title="{}">{}<span class="clock-words">{}</span></span>',
            state, whole, mark, words,
        )  # fmt: skip
    return format_html(
        '<span class="clock clock-{}" data-clock data-short data-due-at="{}" data-warn-at="{}"'
        ' data-now="{}" data-left="{}"{}><span class="clock-mark"><span class="when-running">{}'
        '</span><span class="when-breached">{}</span></span><span class="clock-words"'
        ' data-over="{}">{}</span></span>',
        state, _machine(view.due), _machine(view.warn_at), _machine(view.now), view.left,
        format_html(' data-open-until="{}"', _machine(view.open_until)) if view.open_until else "",
        ring(view.share), icon("exclamation-circle-fill"), _("{} over"), words,
    )  # fmt: skip


def _machine(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
