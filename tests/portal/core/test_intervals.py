"""Known values: Wilson (1927) as tabulated by Newcombe (1998); Katz by its own formula."""

import math

import pytest

from portal.core.intervals import katz_ratio, median_places, wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_newcombes_table(k, n, low, high):
    interval = wilson(k, n)
    assert interval.value == k / n
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_nothing_observed_has_no_interval():
    assert wilson(0, 0) is None
    assert katz_ratio(1, 2, 0, 0) is None


def test_katz_is_symmetric_on_the_log_scale_and_inverts():
    one = katz_ratio(30, 100, 15, 120)
    other = katz_ratio(15, 120, 30, 100)
    assert one.value == pytest.approx(0.3 / 0.125)
    assert math.log(one.high / one.value) == pytest.approx(math.log(one.value / one.low))
    assert other.low == pytest.approx(1 / one.high)
    error = math.sqrt(1 / 30 - 1 / 100 + 1 / 15 - 1 / 120)
    assert one.high == pytest.approx(2.4 * math.exp(1.959963984540054 * error))


def test_an_empty_cell_gets_a_half_in_all_four():
    assert katz_ratio(0, 40, 10, 40).value == pytest.approx((0.5 / 41) / (10.5 / 41))


def test_the_medians_interval_lies_between_order_statistics_that_cover_it():
    assert median_places(29) is None
    assert median_places(100) == (39, 60)  # the 40th and the 61st, as Campbell and Gardner say
    for n in [*range(30, 200), 1_000, 20_001]:
        low, high = median_places(n)
        assert low <= n // 2 <= high
        covered = sum(chance_of(below, n) for below in range(low + 1, high + 1))
        assert 0.94 < covered < 0.98, n


def chance_of(below, n):
    """How likely it is that so many of n lie below the median."""
    ways = math.lgamma(n + 1) - math.lgamma(below + 1) - math.lgamma(n - below + 1)
    return math.exp(ways - n * math.log(2))
