"""What the desk shows many times, written without templates of their own: a queue has thirty rows,
a case its story, and each reason says what it does.
"""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leads.dispositions.effects import EffectLine
from portal.desk.dock import Dock, OfferedReason
from portal.desk.rows import Row
from portal.desk.timeline import Entry
from portal.templatetags.clock_tags import short_clock
from portal.templatetags.portal_tags import icon, initials, moment, whole_points

register = template.Library()
DOT = " · "


@register.simple_tag
def queue_row(row: Row, current: Any = None) -> SafeString:
    """Draw one handoff that waits: who, score, company and whose, and its clock or its holder.

    ``current`` is the handoff that is open beside the queue.
    """
    one, holder, address = row.handoff, row.holder, row.handoff.get_absolute_url()
    return format_html(
        '<a class="hs{}" id="waits-{}" href="{}" hx-get="{}"{}><span class="name">{}</span>'
        '<span class="score">{}</span><span class="company">{}</span>{}</a>',
        " is-held" if holder else "", one.pk, address, address,
        CURRENT if current is not None and current.pk == one.pk else "",
        one.lead.label, whole_points(one.total), _company(row), _holder(row) or _beside(row),
    )  # fmt: skip


CURRENT = SafeString(' aria-current="true"')


def _company(row: Row) -> str:
    one, reader = row.handoff, row.reader
    company, whose = one.lead.company.name if one.lead.company else "", ""
    if one.owner_id is None:
        whose = _("nobody’s yet")
    elif one.owner_id != reader.pk and one.owner != row.holder:
        whose = str(one.owner)
    return DOT.join(filter(None, (company, whose)))


def _holder(row: Row) -> SafeString | str:
    if row.holder is None:
        return ""
    words = _("%(who)s, %(time)s") % {"who": row.holder.get_short_name(), "time": row.held_for}
    return format_html('<span class="holder">{}{}</span>', icon("eye"), words)


def _beside(row: Row) -> SafeString:
    """Draw the clock, and who looks at the lead (as ``leads/database/_faces.html`` does)."""
    clock, faces = short_clock(row.clock) if row.clock else "", SafeString("")
    if row.faces:
        names = f"{_('Has it open:')} {', '.join(str(one) for one in row.faces)}"
        avatars = (
            format_html('<span class="avatar" aria-hidden="true">{}</span>', initials(one))
            for one in row.faces
        )
        faces = format_html(
            '<span class="faces" title="{}">{}<span class="visually-hidden">{}</span></span>',
            names, SafeString("".join(avatars)), names,
        )  # fmt: skip
    return format_html('<span class="beside">{}{}</span>', faces, clock)


@register.simple_tag
def story_lines(entries: Iterable[Entry]) -> SafeString:
    """Draw a story as ``components/_timeline.html`` does."""
    lines = format_html_join(
        "\n", '<li>{}<span>{}{}</span><span class="when">{}</span></li>',
        (
            (
                icon(one.icon or "dot"),
                format_html('<a class="plain" href="{}">{}</a>', one.url, one.text)
                if one.url else one.text,
                format_html(' <span class="more">{}</span>', one.more) if one.more else "",
                moment(one.at),
            )
            for one in entries
        ),
    )  # fmt: skip
    return format_html('<ol class="timeline">{}</ol>', lines)


@register.simple_tag
def executive_options(dock: Dock, chosen: str = "") -> SafeString:
    """Draw who can take the lead; ``chosen`` is the key that a form came back with."""
    selected = chosen or str(dock.executive.pk if dock.executive else "")
    return format_html_join(
        "",
        '<option value="{}" data-name="{}"{}>{}</option>',
        (
            (
                one.user.pk, one.user.name, SELECTED if str(one.user.pk) == selected else "",
                _("%(name)s, %(load)s open") % {"name": one.user.name, "load": one.load},
            )
            for one in dock.executives
        ),
    )  # fmt: skip


SELECTED = SafeString(" selected")


@register.simple_tag
def reason_choices(reasons: Iterable[OfferedReason], chosen: str = "") -> SafeString:
    """Draw the radios of the reason picker, each with its key and what it needs."""
    return format_html_join(
        "",
        '<label class="reason" data-n="{}" data-needs="{}"{}><input type="radio" name="reason"'
        ' value="{}"{}>{}<span>{}</span></label>',
        (
            (
                one.n, one.needs, format_html(' data-key="{}"', one.key) if one.key else "",
                one.reason.code, CHECKED if one.reason.code == chosen else "",
                format_html('<kbd class="key">{}</kbd>', one.key) if one.key else "",
                one.reason.label,
            )
            for one in reasons
        ),
    )  # fmt: skip


CHECKED = SafeString(" checked")


@register.simple_tag
def reason_outcomes(reasons: Iterable[OfferedReason]) -> SafeString:
    """Draw what each reason would do, of which the chosen one's shows; as ``_effects.html``.

    Most of them do the same beside the first line: each line is drawn once.
    """
    drawn: dict[EffectLine, SafeString] = {}
    for one in reasons:
        for line in one.effects:
            if line not in drawn:
                drawn[line] = _effect(line)
    return format_html_join(
        "",
        '<div class="outcome" data-for="{}"><ul class="effects">{}</ul></div>',
        ((one.n, SafeString("".join(drawn[line] for line in one.effects))) for one in reasons),
    )


def _effect(line: EffectLine) -> SafeString:
    follows = ""
    if line.follows:
        follows = format_html(' data-follows="{}" data-pattern="{}"', line.follows, line.pattern)
    return format_html(
        "<li>{}<span><b>{}</b> <span{}>{}</span></span></li>",
        icon(line.icon), line.verb, follows, line.text,
    )  # fmt: skip
