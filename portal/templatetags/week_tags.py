"""Two series over weeks as one small chart: grey what is, ink what would be."""

from collections.abc import Sequence
from typing import Any

from django import template

from portal.templatetags.chart_tags import Scale, polyline

register = template.Library()
HEIGHT, TOP, BOTTOM, LEFT, RIGHT = 160, 12, 24, 30, 30


@register.inclusion_tag("components/_two_lines.html")
def two_lines(
    weeks: Sequence[dict[str, Any]],
    *,
    names: Sequence[str],
    label: str,
    reference: float | None = None,
    reference_label: str = "",
    width: int = 360,
) -> dict[str, Any]:
    """Draw ``base`` and ``draft`` of each week (``day``), with a dashed reference."""
    values = [week[name] for week in weeks for name in ("base", "draft")]
    top = max([*values, reference or 0, 1])
    step = next(size for size in (1, 2, 5, 10, 20, 25, 50, 100, 250, 500, 1000, 5000, 10**9)
                if top / size <= 5)  # fmt: skip
    across = Scale(0, max(len(weeks) - 1, 1), LEFT, width - RIGHT)
    down = Scale(0, -(-top // step) * step, HEIGHT - BOTTOM, TOP)
    lines = {
        name: [(across(n), down(week[name])) for n, week in enumerate(weeks)]
        for name in ("base", "draft")
    }
    ends = {name: line[-1] for name, line in lines.items() if line}
    if len(ends) == 2 and abs(ends["base"][1] - ends["draft"][1]) < 11:
        low = ends["base"][1] >= ends["draft"][1]  # names that would lie on each other move apart
        ends["base"] = (ends["base"][0], ends["base"][1] + (8 if low else -6))
        ends["draft"] = (ends["draft"][0], ends["draft"][1] + (-6 if low else 8))
    grid = [n * step for n in range(int(-(-top // step)) + 1)]
    return {
        "label": label, "width": width, "height": HEIGHT, "left": LEFT, "right": width - RIGHT,
        "grid": [{"y": down(value), "value": value} for value in grid],
        "base": polyline(lines["base"]), "draft": polyline(lines["draft"]),
        "base_end": ends.get("base"), "draft_end": ends.get("draft"), "names": list(names),
        "reference": None if not reference else down(reference),
        "reference_label": reference_label, "weeks": weeks, "axis": HEIGHT - BOTTOM,
    }  # fmt: skip
