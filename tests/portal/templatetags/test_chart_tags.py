"""The geometry of small charts."""

from django.template import Context, Template

from portal.templatetags import chart_tags as charts


def draw(source: str, **values: object) -> str:
    return Template("{% load chart_tags %}" + source).render(Context(values))


def test_a_scale_keeps_values_on_the_paper() -> None:
    place = charts.Scale(0, 1, 5, 105)
    assert [place(value) for value in (-1, 0, 0.5, 1, 2)] == [5, 5, 55, 105, 105]
    assert charts.Scale(3, 3, 0, 10)(3) == 5


def test_a_line_never_bridges_what_is_not_known() -> None:
    assert charts.runs([(0, 1), None, (2, 3), (4, 5), None]) == [[(0, 1)], [(2, 3), (4, 5)]]
    assert draw("{% sparkline values label='a' %}", values=[1, None, 2]).count("<polyline") == 2


def test_an_interval_without_enough_data_says_so() -> None:
    html = draw("{% interval value low high %}", value=None, low=None, high=None)
    assert "too little data" in html
    assert "<svg" not in html


def test_an_interval_is_a_dot_on_its_line() -> None:
    html = draw("{% interval 0.5 0.25 0.75 width=110 label='a half' %}")
    assert 'x1="30.0" x2="80.0"' in html
    assert 'cx="55.0"' in html
    assert 'aria-label="a half"' in html


def test_zero_is_drawn_and_the_unknown_is_not() -> None:
    assert 'class="c-bar"' not in draw("{% bar value of=10 %}", value=None)
    assert 'width="22.0"' in draw("{% bar value of=10 %}", value=5)


def test_a_ring_shows_what_is_left() -> None:
    assert 'stroke-dasharray="66 100"' in charts.ring(0.66)
    assert 'stroke-dasharray="0 100"' in charts.ring(None)
    assert 'stroke-dasharray="100 100"' in charts.ring(4)


def test_a_chart_has_its_numbers_as_a_table_and_dashes_what_still_matures() -> None:
    points = [
        {"label": "Sep", "value": 14.1, "n": 905, "low": 12, "high": 16},
        {"label": "Oct", "value": None},
        {"label": "Nov", "value": 12.0, "n": 702, "maturing": True},
    ]
    html = draw("{% line_chart points title='Share' finding='It fell' %}", points=points)
    assert 'aria-label="It fell"' in html
    assert html.count("<circle") == 2
    assert 'class="c-dot-open"' in html
    assert html.count("<tr>") == 4
    assert "still maturing" in html
