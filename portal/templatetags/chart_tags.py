"""Small charts as SVG at their true pixel size, drawn on the server, coloured by classes.

Everything here is pure geometry; a mark is never drawn for a value that is not known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.templatetags.chart_files import data_address, svg_file

register = template.Library()

LEFT, RIGHT, TOP, BOTTOM = 32, 36, 16, 36  # margins of the line chart, in pixels
NARROW_DAY, WIDE_DAY = 78, 160
LAST_LABEL = 36  # kept free for the words beside the last mark


@dataclass(frozen=True)
class Scale:
    """A linear scale from values to pixels; values outside are drawn at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return round((self.start + self.end) / 2, 1)
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@register.simple_tag
def ring(share: float | None) -> SafeString:
    """Draw what is left of a clock as a ring; ``share`` from 0 to 1."""
    left = round(100 * min(max(float(share or 0), 0), 1))
    return format_html(
        '<svg class="clock-ring" viewBox="0 0 14 14" aria-hidden="true" fill="none"'
        ' stroke-width="2.5"><circle class="rest" cx="7" cy="7" r="5.5"/>'
        '<circle class="left" cx="7" cy="7" r="5.5" pathLength="100"'
        ' stroke-dasharray="{} 100"/></svg>',
        left,
    )


@register.inclusion_tag("components/_bar.html")
def bar(value: float | None, of: float, *, width: int = 44, series: int = 1) -> dict[str, Any]:
    """Draw a share of a whole as a bar; nothing filled where the value is unknown."""
    share = 0.0 if not value or not of else min(max(float(value) / float(of), 0), 1)
    return {"width": width, "filled": round(share * width, 1), "series": series}


@register.inclusion_tag("components/_score_bar.html")
def score_bar(
    fit: int | None,
    engagement: int | None,
    *,
    gates: Sequence[Mapping[str, Any]] = (),
    width: int = 160,
) -> dict[str, Any]:
    """Draw a total as its two parts, in hundredths, with the gates (label, total) as ticks."""
    if fit is None or engagement is None:
        return {"width": width, "label": _("not scored"), "gates": []}
    ends = [100, *(gate["total"] for gate in gates)]
    place = Scale(0, max((fit + engagement) / 100, max(ends) * 1.2), 0, width)
    first = place(max(fit, 0) / 100)
    words = {"total": round((fit + engagement) / 100), "fit": fit // 100,
             "engagement": engagement // 100}  # fmt: skip
    return {
        "width": width,
        "fit": first,
        "engagement": round(place(max(fit + engagement, 0) / 100) - first, 1),
        "gates": [{"x": place(gate["total"]), "label": gate["label"]} for gate in gates],
        "label": _("%(total)d: fit %(fit)d, engagement %(engagement)d") % words,
    }


@register.inclusion_tag("components/_day_strip.html")
def day_strip(
    days: Sequence[Mapping[str, Any]], *, label: str = "", width: int = 0
) -> dict[str, Any]:
    """Draw days side by side, ``width`` pixels each: what was open, what was used, due and touch.

    Without a width few days get more of it than many.

    A day maps ``label`` and ``parts`` (each ``kind``, ``start`` and ``end`` as shares of the
    day), and where they fall on it ``due`` and ``touch``.
    """
    width = width or min(max(324 // max(len(days), 1), NARROW_DAY), WIDE_DAY)
    drawn = []
    for number, day in enumerate(days):
        left = number * (width + 4)
        place = Scale(0, 1, left, left + width)
        parts = [
            {"kind": part["kind"], "x": place(part["start"]),
             "width": round(max(place(part["end"]) - place(part["start"]), 1), 1)}
            for part in day["parts"]
        ]  # fmt: skip
        marks = {name: place(day[name]) for name in ("due", "touch") if day.get(name) is not None}
        middle = left + width / 2
        drawn.append({"x": left, "middle": middle, "width": width, "label": day["label"],
                      "parts": parts, **marks})  # fmt: skip
    return {"width": max(len(days) * (width + 4) - 4, 0), "days": drawn, "label": label}


@register.inclusion_tag("components/_interval.html")
def interval(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    scale_from: float = 0,
    scale_to: float = 1,
    reference: float | None = None,
    width: int = 180,
    series: int = 1,
    track: bool = False,
    label: str = "",
) -> dict[str, Any]:
    """Draw a rate or ratio as a dot with its 95 % interval as a line, on its scale with track."""
    place = Scale(float(scale_from), float(scale_to), 5, width - 5)
    known = value is not None and low is not None and high is not None
    return {
        "width": width,
        "series": series,
        "track": track,
        "label": label,
        "reference": None if reference is None else place(float(reference)),
        "dot": place(float(value)) if known and value is not None else None,
        "low": place(float(low)) if known and low is not None else None,
        "high": place(float(high)) if known and high is not None else None,
    }


@register.inclusion_tag("components/_sparkline.html")
def sparkline(
    values: Iterable[float | None],
    *,
    width: int = 84,
    height: int = 24,
    reference: float | None = None,
    label: str = "",
) -> dict[str, Any]:
    """Draw a small trend; a gap stays a gap, the last known value is a dot."""
    series = list(values)
    seen = [float(value) for value in series if value is not None]
    ends = [*seen, float(reference)] if reference is not None else seen
    if not ends:
        return {"width": width, "height": height, "label": label, "lines": []}
    across = Scale(0, max(len(series) - 1, 1), 3, width - 4)
    down = Scale(min(ends), max(ends), height - 4, 4)
    places = [None if v is None else (across(i), down(float(v))) for i, v in enumerate(series)]
    return {
        "width": width,
        "height": height,
        "label": label,
        "lines": [polyline(run) for run in runs(places)],
        "last": next((place for place in reversed(places) if place), None),
        "reference": None if reference is None else down(float(reference)),
    }


@register.simple_tag(takes_context=True)
def chart_file(
    context: template.Context, marks: str, *, title: str, unit: str, width: int, height: int
) -> str:
    """Return a drawing as a file, for a link: ``marks`` is the template that draws its marks."""
    drawn = render_to_string(marks, {"chart": context["chart"]})
    size = {"width": width, "height": height}
    return data_address(svg_file(drawn, title=str(title), unit=str(unit), **size))


@register.inclusion_tag("components/_chart.html")
def line_chart(
    points: Sequence[Mapping[str, Any]],
    *,
    title: str,
    unit: str = "",
    finding: str = "",
    width: int = 640,
    height: int = 180,
    low: float | None = None,
    high: float | None = None,
    references: Sequence[Mapping[str, Any]] = (),
    head: str = "",
    is_of_time: bool = True,
) -> dict[str, Any]:
    """Draw values over ordered labels, with intervals, n and references; a table stands behind.

    Where it is wider than the screen, the newest end of a line of time is shown first.

    Each point maps ``label`` and ``value`` (None where unknown), and where known ``n``,
    ``low``, ``high``, ``shown`` (in words) and ``maturing``. A reference maps value and label.
    """
    ends = [float(p[k]) for p in points for k in ("value", "low", "high") if p.get(k) is not None]
    ends += [float(reference["value"]) for reference in references]
    bottom = low if low is not None else min(ends, default=0)
    top = high if high is not None else max(ends, default=1)
    down = Scale(float(bottom), float(top), height - BOTTOM, TOP)
    room = LEFT + RIGHT + LAST_LABEL
    step = (width - room) / max(len(points) - 1, 1)
    marks = [_mark(point, round(LEFT + i * step, 1), down) for i, point in enumerate(points)]
    for mark, after in pairwise(marks):  # a label keeps clear of a line that rises through it
        mark["is_rising"] = None not in (mark["y"], after["y"]) and after["y"] < mark["y"] - 4
    settled = [None if m["maturing"] or m["y"] is None else (m["x"], m["y"]) for m in marks]
    geometry = {
        "axis": height - BOTTOM,
        "right": width - RIGHT,
        "marks": marks,
        "lines": [polyline(run) for run in runs(settled)],
        "maturing": maturing_line(marks),
        "references": [dict(ref) | {"y": down(float(ref["value"]))} for ref in references],
    }
    drawn = render_to_string("components/chart/_marks.html", geometry)
    size = {"width": width, "height": height}
    return {
        "title": title,
        "unit": unit,
        "finding": finding or title,
        "head": head,
        "is_of_time": is_of_time,
        "drawn": drawn,
        "file": data_address(svg_file(drawn, title=str(title), unit=str(unit), **size)),
        "name": slugify(str(title)) or "chart",
        **size,
        **geometry,
    }


def _mark(point: Mapping[str, Any], x: float, down: Scale) -> dict[str, Any]:
    def place(name: str) -> float | None:
        value = point.get(name)
        return None if value is None else down(float(value))

    shown = point.get("shown")
    return {
        "x": x,
        "y": place("value"),
        "low": place("low"),
        "high": place("high"),
        "label": point["label"],
        "n": point.get("n"),
        "shown": point.get("value") if shown is None else shown,
        "between": _between(point),
        "maturing": bool(point.get("maturing")),
        "is_rising": False,
    }


def _between(point: Mapping[str, Any]) -> str:
    """Say the interval for the table: “54 to 62”."""
    if point.get("low") is None or point.get("high") is None:
        return ""
    ends = {"low": f"{float(point['low']):.1f}", "high": f"{float(point['high']):.1f}"}
    return _("%(low)s to %(high)s") % ends


def runs(
    places: Iterable[tuple[float, float] | None],
) -> list[list[tuple[float, float]]]:
    """Cut places at their gaps: a line never bridges what is not known."""
    found: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            found.append([])
        else:
            found[-1].append(place)
    return [run for run in found if run]


def polyline(run: Iterable[tuple[float, float]]) -> str:
    """Return places as the ``points`` of a polyline."""
    return " ".join(f"{x:g},{y:g}" for x, y in run)


def maturing_line(marks: Sequence[Mapping[str, Any]]) -> str:
    """Return the dashed line from the last settled mark through those still maturing."""
    first = next((i for i, mark in enumerate(marks) if mark["maturing"]), None)
    if first is None:
        return ""
    tail = marks[max(first - 1, 0) :]
    return polyline((mark["x"], mark["y"]) for mark in tail if mark["y"] is not None)
