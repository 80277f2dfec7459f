"""How points are spread over leads, beside another version's, as SVG at its true pixel size."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from django import template

register = template.Library()

TOP, BOTTOM = 14, 16  # pixels for the gates' names and for the axis
LABEL = 60  # pixels that a gate's name takes


@register.inclusion_tag("components/_spread.html")
def spread(
    bars: Sequence[Mapping[str, Any]],
    *,
    gates: Sequence[Mapping[str, Any]] = (),
    width: int = 300,
    height: int = 96,
    label: str = "",
) -> dict[str, Any]:
    """Draw bars (each ``start``, ``end``, counts ``draft`` and ``before``) on a root scale.

    ``gates`` (each ``label`` and ``at``, in points) cut the bars into grey, light and full ink.
    """
    most = max((max(bar["draft"], bar["before"] or 0) for bar in bars), default=0)
    room = height - TOP - BOTTOM
    wide = width / max(len(bars), 1)
    ends = sorted(gate["at"] for gate in gates)

    def tall(count: int) -> float:
        return round(max(sqrt(count / most) * room, 1), 1) if count and most else 0

    drawn = []
    for place, bar in enumerate(bars):
        passed = sum(bar["end"] > end for end in ends)
        tone = "c-spread" if not passed else "c-bar" if passed == len(ends) else "c-bar-ink-2"
        high, before = tall(bar["draft"]), bar["before"]
        drawn.append({
            "x": round(place * wide, 1),
            "width": round(max(wide - 1, 1), 1),
            "y": round(height - BOTTOM - high, 1),
            "height": high,
            "tone": tone,
            "before": round(height - BOTTOM - tall(before), 1) if before else None,
            "right": round(place * wide + max(wide - 1, 1), 1),
        })  # fmt: skip
    low, high = (bars[0]["start"], bars[-1]["end"]) if bars else (0, 0)
    marks = []
    for gate in gates:
        x = round(min(max((gate["at"] - low) / max(high - low, 1), 0), 1) * width, 1)
        is_left = x > width - LABEL
        marks.append({"label": gate["label"], "at": gate["at"], "x": x, "is_left": is_left})
    return {
        "width": width, "height": height, "axis": height - BOTTOM, "bars": drawn, "marks": marks,
        "low": low, "high": high, "label": label,
    }  # fmt: skip
