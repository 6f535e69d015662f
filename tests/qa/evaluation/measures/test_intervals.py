import numpy as np
import pytest

from qa.evaluation.measures.intervals import (
    holm,
    intervals_of_means,
    intervals_of_sets,
    intervals_of_shares,
    paired,
    wilson,
)

RANDOM = np.random.default_rng(0)


def width(values: np.ndarray, clusters: list[str]) -> float:
    low, high = intervals_of_means({"x": values}, clusters)["x"]
    return high - low


def test_an_interval_holds_the_mean_narrows_with_more_and_is_the_same_again() -> None:
    values = RANDOM.normal(0.5, 0.1, 400)
    names = [str(n) for n in range(400)]
    low, high = intervals_of_means({"x": values}, names)["x"]
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert width(values[:40], names[:40]) > high - low
    assert intervals_of_means({"x": values}, names)["x"] == (low, high)


def test_questions_of_one_article_make_an_interval_wider() -> None:
    articles = np.repeat(RANDOM.normal(0.5, 0.2, 20), 20)
    values = articles + RANDOM.normal(0, 0.05, 400)
    together = width(values, [str(n // 20) for n in range(400)])
    assert together > 3 * width(values, [str(n) for n in range(400)])
    assert together == pytest.approx(2 * 1.96 * articles.std() / np.sqrt(20), rel=0.25)


def test_values_that_do_not_apply_are_left_out() -> None:
    values = np.array([1.0, np.nan, 1.0, np.nan])
    assert intervals_of_means({"x": values}, list("abcd"))["x"] == (1, 1)


def test_wilsons_interval_by_hand() -> None:
    """Newcombe 1998, table I: 81 of 263, and 0 of 20; six of six as by its formula, 6 / (6 + z²)."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 6) == pytest.approx((6 / (6 + 1.959964**2), 1.0))


def test_a_perfect_score_of_few_is_not_sure() -> None:
    perfect = intervals_of_shares({"x": np.ones(6)}, list("abcdef"))["x"]
    assert perfect == wilson(1, 6)
    assert intervals_of_shares({"x": np.ones(600)}, [str(n) for n in range(600)])["x"] == wilson(1, 600)
    of_two_articles = intervals_of_shares({"x": np.ones(60)}, [str(n % 2) for n in range(60)])["x"]
    assert of_two_articles == wilson(1, 2), "as many as there are articles, at worst"


def test_shares_of_few_articles_count_for_less_the_more_their_articles_differ() -> None:
    articles = [str(n // 10) for n in range(100)]
    alike = np.array([float(n % 2) for n in range(100)])
    apart = np.array([float(n // 10 % 2) for n in range(100)])
    found = intervals_of_shares({"alike": alike, "apart": apart}, articles)
    assert found == {"alike": wilson(0.5, 100), "apart": wilson(0.5, 10)}


def test_means_and_shares_of_many_are_left_to_resamples() -> None:
    many = [str(n) for n in range(100)]
    columns = {"means": np.full(100, 0.5), "shares": np.array([float(n % 2) for n in range(100)])}
    assert intervals_of_shares(columns, many) == {}
    assert intervals_of_shares({"none": np.full(3, np.nan)}, list("abc")) == {}


def test_a_measure_of_the_whole_set_is_computed_anew() -> None:
    values = RANDOM.normal(0, 1, 100)
    found = intervals_of_sets(lambda rows: {"median": float(np.median(values[rows]))}, [str(n) for n in range(100)])
    low, high = found["median"]
    assert low < np.median(values) < high


def test_a_difference_is_significant_where_it_is_one() -> None:
    names = [str(n) for n in range(200)]
    base = RANDOM.random(200)
    better = paired(base + 0.05 + RANDOM.normal(0, 0.1, 200), base, names)
    assert better.p < 0.001 and better.interval.low > 0
    chance = paired(base + RANDOM.normal(0, 0.1, 200), base, names)
    assert chance.p > 0.05
    assert paired(base, base, names).p == 1


def test_the_randomisation_test_by_enumeration() -> None:
    # three pairs, all better by one: of the eight ways to swap, two are as extreme
    assert paired(np.ones(3), np.zeros(3), list("abc")).p == pytest.approx(0.25, abs=0.02)


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1, "b": 1}
