"""A chart as a file of its own: its marks with title, unit and the light colours, as SVG.

The colours are those of the style sheets, read from there, so that nothing is written twice.
"""

import re
from base64 import b64encode
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.html import escape

CSS = Path(settings.BASE_DIR) / "static" / "css"
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}),")
RULE = re.compile(r"^(?:\.chart )?(text|\.c-[\w-]+)(?:, [^{]*)? (\{[^}]*\})$", re.MULTILINE)
MARGIN, HEAD = 16, 56  # pixels around the marks, and above them for title and unit
FONT = '"Inter", "Helvetica Neue", Arial, sans-serif'


@cache
def palette() -> dict[str, str]:
    """Return the light value of every colour, by its name."""
    return dict(TOKEN.findall((CSS / "tokens.css").read_text()))


@cache
def chart_style() -> str:
    """Return the rules of a chart's marks, every colour and font resolved."""
    colours = palette() | {"font": FONT}
    rules = RULE.findall((CSS / "charts.css").read_text())
    found = " ".join(f"{name} {body}" for name, body in rules)
    return re.sub(r"var\(--([\w-]+)\)", lambda one: colours[one[1]], found)


def svg_file(marks: str, *, title: str, unit: str, width: int, height: int) -> str:
    """Return a whole SVG document of one chart."""
    colours = palette()
    wide, high = width + 2 * MARGIN, height + HEAD + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}"><title>{escape(title)}</title>'
        f"<style>{chart_style()} .title {{ font: 600 15px {FONT}; fill: {colours['text']}; }}"
        f"</style>"
        f'<rect width="{wide}" height="{high}" fill="{colours["surface"]}"/>'
        f'<text class="title" x="{MARGIN}" y="28">{escape(title)}</text>'
        f'<text x="{MARGIN}" y="46">{escape(unit)}</text>'
        f'<g transform="translate({MARGIN} {HEAD})">{marks}</g></svg>'
    )


def data_address(svg: str) -> str:
    """Return the document as an address that needs no further request."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
