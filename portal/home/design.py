"""The catalogue of components: which there are, what for, and how each is included.

What a component takes stands in the first line of its own file and is read from there, so that
the catalogue cannot fall behind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.home.samples import samples

FIRST_LINE = re.compile(r"\{#\s*(?P<words>.*?)\s*#\}")
DRAWN = re.compile(r"Drawn by the tag \"(?P<tag>\w+)\"\.\s*")
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Specimen:
    """One entry: its files under ``templates/``, or the classes to write where it has none.

    ``is_wide`` shows light above dark instead of side by side.
    """

    key: str
    title: str
    says: str
    files: tuple[str, ...] = ()
    classes: str = ""
    is_wide: bool = False

    @property
    def template(self) -> str:
        return f"design/specimens/{self.key}.html"

    @property
    def how(self) -> list[tuple[str, str]]:
        """Return how each file is drawn, and with what."""
        return [_how(name) for name in self.files]


def component(name: str) -> str:
    return f"components/_{name}.html"


CATALOGUE: Mapping[str, tuple[Specimen, ...]] = {
    "Ground": (
        Specimen("colours", "Colours", "Ink means acted on, chosen, signed; nothing else is blue.",
                 classes="var(--ink), in static/css/tokens.css"),
        Specimen("type", "Type", "Weight, size, space and three greys, in this order.",
                 classes="h-page finding h-section text-2 text-3 meta mono reading"),
    ),
    "Acts": (
        Specimen("buttons", "Button and key", "One primary in a view. A key stands where the act is"
                 " (data-key); the palette and ? read it from there.",
                 classes="btn btn-primary btn-quiet btn-sm btn-lg btn-icon btn-link key"),
        Specimen("segments", "Segments", "Two or three choices that look like one switch.",
                 classes="segments segment"),
        Specimen("chips", "Chip", "Any number of many, optional.", (component("chips"),)),
        Specimen("fields", "Fields", "What is wrong stands under the field, with the fix.",
                 classes="form-control form-select form-check is-invalid invalid-feedback"),
        Specimen("reasons", "Reason picker and effects", "Key, then word; under it only what this"
                 " reason needs, then what the act will do.",
                 (component("reason_picker"), component("effects"))),
        Specimen("dialog", "Dialog", "Opened by a link to it with data-opens; without scripts the"
                 " link shows it too.", (component("dialog"),)),
        Specimen("toast", "Toast", "Dark in both themes, one at a time. An undo leaves after ten"
                 " seconds, an error stays.", (component("toast"), component("toasts"))),
    ),
    "State": (
        Specimen("tags", "Tag", "A state is icon, word and colour, never colour alone.",
                 (component("badge"),)),
        Specimen("people", "Avatar and side", "Sides differ in form, never in hue; editing is an"
                 " ink ring.", (component("avatar"), component("side"))),
        Specimen("score", "Score, grade, score bar", "Unknown is never 0. The bar shows fit, then"
                 " engagement, and the gates.",
                 (component("score"), component("grade"), component("score_bar"))),
        Specimen("clock", "Clock chip", "A ring of what is left, then words. Running ones tick on"
                 " the server’s time.", (component("clock"),), is_wide=True),
        Specimen("arithmetic", "Arithmetic of a clock", "Opens under its row: days, what counted,"
                 " what did not, due and result.", (component("arithmetic"),)),
        Specimen("path", "Path, steps", "Where a lead or an import is.", (component("stepper"),),
                 is_wide=True),
        Specimen("progress", "Progress", "Polls while it runs, and says what it does.",
                 (component("progress"),)),
        Specimen("notes", "Note", "What one must know before acting.", (component("note"),)),
        Specimen("empty", "Empty state", "One sentence of what is, one of what comes next, one"
                 " act.", (component("empty"),)),
    ),
    "Evidence": (
        Specimen("factors", "Factor list", "Lines always add up to the total.",
                 (component("factors"),), is_wide=True),
        Specimen("timeline", "Timeline", "Noise is folded, with its count.",
                 (component("timeline"),)),
        Specimen("facts", "Facts", "What is known, and since when.", classes="facts, dl"),
        Specimen("queue", "Queue row", "Current, at risk, held by a colleague, back, breached.",
                 ("portal/desk/_queue.html",)),
        Specimen("table", "Table", "Hairlines, numbers right, the first column names the row."
                 " table-cards turns rows into cards on a phone.", (component("table"),),
                 classes="table table-rows table-cards table-tight number"),
        Specimen("kpis", "Figures", "A rate never stands without n and its interval.",
                 (component("kpi"),), is_wide=True),
        Specimen("chart", "Chart with its table", "Ink is what we talk about; hollow still"
                 " matures.", (component("chart"),), is_wide=True),
        Specimen("marks", "Marks in lines", "Sparkline, interval, share; nothing is drawn for"
                 " what is not known.",
                 (component("sparkline"), component("interval"), component("bar"))),
        Specimen("spread", "Spread of points", "Bars are what we talk about, short lines what it is"
                 " compared with; a root scale, and it says so.", (component("spread"),)),
        Specimen("two_lines", "Two lines over weeks", "Grey is what is, ink what would be; the"
                 " dashed line is what they are held against.", (component("two_lines"),)),
        Specimen("heat", "Heat table", "The number is the count, the tint how many times more"
                 " than expected.", classes="heat heat-0 to heat-4"),
    ),
    "Agreement": (
        Specimen("rules", "Rule row", "A sentence with blanks: plain, changed, new, open with its"
                 " thread, wrong.", ("portal/agreements/_line.html",), is_wide=True),
        Specimen("amendment", "Amendment", "The only outlined card: it asks for a decision.",
                 (component("amendment"),)),
        Specimen("signatures", "Signature strip", "Dashed while open, an ink line once signed,"
                 " struck when voided.", (component("signatures"),), is_wide=True),
    ),
    "Way around": (
        Specimen("crumbs", "Crumbs", "One or two steps up; the page itself is the title.",
                 (component("crumbs"),)),
        Specimen("tabs", "Tabs", "Links with counts; the current one has an ink line.",
                 (component("tabs"),)),
        Specimen("pager", "Pager", "By what was seen last, however deep one reads.",
                 (component("pager"),)),
        Specimen("filters", "Filter bar and pick", "State lives in the address; what is set is on"
                 " ink-soft ground.", (component("filters"),), classes="pick menu menu-item"),
    ),
}  # fmt: skip


def _how(name: str) -> tuple[str, str]:
    words = takes(name)
    if drawn := DRAWN.match(words):
        return f"{{% {drawn['tag']} … %}}", words[drawn.end() :]
    return f'{{% include "{name}" %}}', words


@cache
def takes(name: str) -> str:
    """Return what stands in a template's first line about itself, without its own name."""
    path = Path(settings.BASE_DIR) / "templates" / name
    line = path.read_text(encoding="utf-8").partition("\n")[0]
    found = FIRST_LINE.match(line)
    words = found["words"] if found else ""
    return re.sub(rf"^(?:templates/)?{re.escape(name)}\.\s*", "", words)


@login_required
@require_GET
def design(request: HttpRequest) -> HttpResponse:
    """Every component in every state and both themes, for people who build on them."""
    context = {"catalogue": CATALOGUE, "themes": THEMES, "s": samples()}
    return render(request, "design/page.html", context)
