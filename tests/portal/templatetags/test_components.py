"""What the shared components promise to every page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from portal.home.design import CATALOGUE, takes
from portal.home.sample_data import design_sample
from portal.templatetags.chart_tags import day_strip, score_bar

NOW = datetime(2026, 11, 24, 9, 4, tzinfo=UTC)


def draw(name: str, **context: Any) -> str:
    return render_to_string(f"components/{name}.html", context)


def test_an_excuse_keeps_its_reason_out_of_a_narrow_row() -> None:
    """A sentence there would push a list wider than a phone; it is in the title."""
    words = "excused: The telephone system was down from nine to eleven."
    short = draw("_clock", state="excused", words=words)
    assert ">excused</span>" in short
    assert f'title="{words}"' in short
    assert f">{words}</span>" in draw("_clock", state="excused", words=words, size="lg")


@pytest.mark.parametrize("state", ["on_time", "at_risk", "breached"])
def test_a_running_clock_carries_what_it_needs_to_tick(state: str) -> None:
    html = draw(
        "_clock", state=state, words="56 min left", due=NOW + timedelta(minutes=56), left=3360,
        share=0.1, now=NOW, open_until=NOW,
    )  # fmt: skip
    assert 'data-due-at="2026-11-24T10:00:00+00:00"' in html
    assert 'data-now="2026-11-24T09:04:00+00:00"' in html
    assert 'data-open-until="2026-11-24T09:04:00+00:00"' in html
    assert 'data-left="3360"' in html
    assert "56 min left" in html


@pytest.mark.parametrize("state", ["met", "met_late", "paused", "excused", "ended"])
def test_a_clock_that_stands_does_not_tick(state: str) -> None:
    html = draw("_clock", state=state, words="met in 7 min", due=NOW)
    assert "data-clock" not in html
    assert "<use href=" in html


def test_a_zero_left_is_not_mistaken_for_unknown() -> None:
    assert 'data-left="0"' in draw("_clock", state="at_risk", words="0 s left", due=NOW, left=0)


def test_factors_are_shown_with_sign_evidence_and_gates() -> None:
    sample = design_sample()
    html = draw("_factors", groups=sample["groups"], total=110, gates=sample["gates"])
    shown = sum(line["points"] for group in sample["groups"] for line in group["lines"])
    assert shown == 110 * 100
    assert html.count('class="points"') == 8
    assert "−5" in html
    assert html.count('aria-label="met"') == 3


def test_only_the_first_ten_reasons_have_a_key() -> None:
    reasons = [{"code": f"r{n}", "label": f"Reason {n}"} for n in range(12)]
    html = draw("_reason_picker", reasons=reasons, chosen="r3")
    assert html.count("data-key=") == 10
    assert 'data-key="0"><input type="radio" name="reason" value="r9"' in html
    assert html.count(" checked") == 1


def test_an_open_signature_says_what_is_missing_and_a_signed_one_its_hash() -> None:
    html = draw("_signatures", signatures=design_sample()["signatures"])
    assert "sha-256 9f3c 71e0 … 4ab2" in html
    assert "you have read changes and checks" in html
    assert "<form" not in html


def test_a_lead_without_a_score_is_not_shown_as_zero() -> None:
    assert "not scored" in draw("_score", total=None, grade="")
    assert ">0</span>" in draw("_score", total=0, grade="C3")


def test_text_of_people_is_escaped() -> None:
    html = draw("_toast", text="<b>x</b>") + draw("_badge", text="<b>x</b>")
    assert "<b>x</b>" not in html


@pytest.mark.parametrize(
    "name", ["403", "404", "429", "500", "errors/csrf", "errors/unprocessable"]
)
def test_a_refusal_needs_neither_request_nor_database(name: str) -> None:
    html = render_to_string(f"{name}.html")
    assert '<a class="btn btn-primary" href="/">' in html
    assert "<h1>" in html


def test_a_finished_progress_is_asked_for_no_longer() -> None:
    running = draw("_progress", done=1, total=2, words="Reading", url="/p/", finished=False)
    finished = draw("_progress", done=2, total=2, words="Done", url="/p/", finished=True)
    assert 'hx-trigger="every 2s"' in running
    assert "hx-get" not in finished


# The frame of every page, and what stands inside another component.
FRAME = {"bell", "keys_dialog", "mark", "nav", "palette", "scripts", "styles", "day_strip"}


def test_every_component_is_in_the_catalogue_once() -> None:
    folder = Path(settings.BASE_DIR) / "templates" / "components"
    there = {path.stem.removeprefix("_") for path in folder.glob("_*.html")}
    shown = [name for group in CATALOGUE.values() for one in group for name in one.files]
    listed = [Path(name).stem.removeprefix("_") for name in shown if "components/" in name]
    assert len(listed) == len(set(listed))
    assert there - set(listed) == FRAME


def test_a_component_says_in_its_first_line_what_it_takes() -> None:
    shown = [name for group in CATALOGUE.values() for one in group for name in one.files]
    assert [name for name in shown if "Context" not in takes(name)] == []
    assert takes("components/_badge.html").startswith("Context: text; icon; tone")


def test_a_score_bar_shows_both_parts_and_the_gates() -> None:
    drawn = score_bar(3000, 8000, gates=[{"total": 40, "label": "MQL"}], width=120)
    assert (drawn["fit"], drawn["engagement"]) == (30, 80)  # of at least 120 points
    assert drawn["gates"] == [{"x": 40, "label": "MQL"}]
    assert drawn["label"] == "110: fit 30, engagement 80"
    assert score_bar(None, 100)["label"] == "not scored"
    below = score_bar(-1000, 500)
    assert (below["fit"], below["engagement"]) == (0, 0)


def test_a_day_strip_places_what_counted_and_when_it_was_due() -> None:
    parts = [{"kind": "used", "start": 0.5, "end": 0.75}]
    days = [{"label": "Fri", "parts": []}, {"label": "Mon", "parts": parts, "due": 0.75}]
    drawn = day_strip(days, width=100)
    assert drawn["width"] == 204
    assert drawn["days"][1]["parts"] == [{"kind": "used", "x": 154, "width": 25}]
    assert drawn["days"][1]["due"] == 179
    assert "due" not in drawn["days"][0]
    assert [day_strip(days[:1] * n)["width"] for n in (0, 1, 7)] == [0, 160, 7 * 82 - 4]


def test_a_toast_that_stays_on_a_page_is_not_timed() -> None:
    assert "data-toast" not in draw("_toast", text="Saved", still=True)
    assert "data-toast" in draw("_toast", text="Saved")
