"""A chart as a file: whole, with title and unit, and nothing left to a style sheet."""

import re
from base64 import b64decode
from xml.etree import ElementTree as ET

from django.template import Context, Template

from portal.templatetags.chart_files import chart_style, palette, svg_file

POINTS = [
    {"label": "Sep", "value": 14.1, "n": 905, "low": 12, "high": 16},
    {"label": "Oct", "value": 12.0, "n": 702, "low": 10, "high": 14, "maturing": True},
]


def drawn() -> str:
    text = "{% load chart_tags %}{% line_chart points title='A < B' unit='per cent' %}"
    return Template(text).render(Context({"points": POINTS}))


def test_every_colour_of_the_marks_is_resolved() -> None:
    style = chart_style()
    assert "var(" not in style
    for name in (".c-axis", ".c-line", ".c-dot-open", ".c-range", "text"):
        assert re.search(rf"(^| ){re.escape(name)} {{", style), name
    assert palette()["ink"] in style


def test_the_page_offers_the_whole_chart_as_a_file() -> None:
    html = drawn()
    address = re.search(r'href="data:image/svg\+xml;base64,([^"]+)" download="a-b.svg"', html)
    assert address is not None
    root = ET.fromstring(b64decode(address[1]))  # noqa: S314 - our own words
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:2] == ["A < B", "per cent"]
    assert {"Sep", "n 905", "14.1"} <= set(texts)
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == html.count("<circle") == 2


def test_the_table_has_the_intervals() -> None:
    assert "12.0 to 16.0" in drawn()


def test_words_never_become_marks_in_the_file() -> None:
    svg = svg_file("", title="<script>", unit='"&', width=10, height=10)
    assert "<script>" not in svg
    ET.fromstring(svg)  # noqa: S314 - our own words
