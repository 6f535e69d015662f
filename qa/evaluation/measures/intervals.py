"""How sure a figure is: bootstrap and Wilson's intervals, and randomisation tests, all over clusters of questions.

Questions about one article share what makes them hard; resampling single questions would make figures look surer than
they are (Miller 2024, "Adding Error Bars to Evals"). Where a question has no cluster, it is one of its own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
SET_RESAMPLES = 500
"""For measures of a whole set, each of which is computed anew."""
FEW = 30
"""Of fewer clusters resamples say too little."""
_CHUNK = 250

Values = NDArray[np.float64]


class Interval(NamedTuple):
    """The 2.5th and 97.5th percentile."""

    low: float
    high: float


class Paired(NamedTuple):
    """A difference of means over the same questions, its interval, and the two-sided p of a randomisation test."""

    difference: float
    interval: Interval
    p: float


def intervals_of_means(
    columns: Mapping[str, Values], clusters: Sequence[str], *, seed: int = 1, resamples: int = RESAMPLES
) -> dict[str, Interval]:
    """Percentile intervals (Efron and Tibshirani 1993, chapter 13) of the means of columns, NaN left out.

    All columns see the same resamples; the same seed draws the same.
    """
    if not columns:
        return {}
    codes, count = _codes(clusters)
    table = np.stack(list(columns.values()), axis=1)
    known = ~np.isnan(table)
    sums, sizes = _per_cluster(np.where(known, table, 0.0), codes, count), _per_cluster(known * 1.0, codes, count)
    random = np.random.default_rng(seed)
    means = np.empty((resamples, len(columns)))
    for first in range(0, resamples, _CHUNK):
        rows = slice(first, min(first + _CHUNK, resamples))
        weights = random.multinomial(count, np.full(count, 1 / count), rows.stop - first).astype(float)
        with np.errstate(invalid="ignore"):
            means[rows] = (weights @ sums) / (weights @ sizes)
    low, high = np.nanpercentile(means, [2.5, 97.5], axis=0)
    return {name: Interval(float(a), float(b)) for name, a, b in zip(columns, low, high, strict=True)}


def intervals_of_shares(columns: Mapping[str, Values], clusters: Sequence[str]) -> dict[str, Interval]:
    """Wilson's interval for each column of ones and zeros alone that is of few clusters or all alike; NaN left out.

    However few they are, resamples of a perfect score are all perfect. The number of questions is divided by the
    design effect (Kish 1965), which is how much their clusters spread them, at least 1 and at most a cluster's mean
    size; a column all alike does not show it, and takes the most.
    """
    intervals = {}
    for name, column in columns.items():
        known = ~np.isnan(column)
        values = column[known]
        if len(values) == 0 or not np.isin(values, (0.0, 1.0)).all():
            continue
        codes, count = _codes([cluster for cluster, is_known in zip(clusters, known, strict=True) if is_known])
        share, size = float(values.mean()), len(values)
        mixed = 0 < share < 1
        if count >= FEW and mixed:
            continue
        effect = size / count
        if mixed and count > 1:
            beyond = _per_cluster(values[:, None] - share, codes, count)[:, 0]
            variance = count / (count - 1) * float(beyond @ beyond) / size**2
            effect = float(np.clip(variance / (share * (1 - share) / size), 1.0, effect))
        intervals[name] = wilson(share, size / effect)
    return intervals


def wilson(share: float, count: float) -> Interval:
    """The 95 % score interval of a share of ``count`` (Wilson 1927)."""
    z = 1.959964
    middle, spread = share + z**2 / (2 * count), z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return Interval(max(0.0, (middle - spread) / (1 + z**2 / count)), min(1.0, (middle + spread) / (1 + z**2 / count)))


def intervals_of_sets(
    figures: Callable[[NDArray[np.int64]], Mapping[str, float]], clusters: Sequence[str], *, seed: int = 1
) -> dict[str, Interval]:
    """Percentile intervals of what ``figures`` makes of rows drawn with replacement, by cluster."""
    if not clusters:
        return {}
    codes, count = _codes(clusters)
    members = [np.flatnonzero(codes == code) for code in range(count)]
    random = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(SET_RESAMPLES):
        rows = np.concatenate([members[code] for code in random.integers(0, count, count)])
        for name, value in figures(rows).items():
            drawn.setdefault(name, []).append(value)
    return {name: Interval(*map(float, np.percentile(values, [2.5, 97.5]))) for name, values in drawn.items()}


def paired(
    ours: Values, theirs: Values, clusters: Sequence[str], *, seed: int = 1, resamples: int = RESAMPLES
) -> Paired:
    """Ours less theirs over questions that both have; the test swaps the two at random in each cluster."""
    known = ~np.isnan(ours) & ~np.isnan(theirs)
    differences = (ours - theirs)[known]
    labels = [cluster for cluster, is_known in zip(clusters, known, strict=True) if is_known]
    if not labels:
        return Paired(float("nan"), Interval(float("nan"), float("nan")), 1.0)
    interval = intervals_of_means({"difference": differences}, labels, seed=seed, resamples=resamples)["difference"]
    codes, count = _codes(labels)
    sums = _per_cluster(differences[:, None], codes, count)[:, 0]
    random = np.random.default_rng(seed)
    extreme = 0
    for first in range(0, resamples, _CHUNK):
        signs = random.integers(0, 2, (min(_CHUNK, resamples - first), count)) * 2.0 - 1.0
        extreme += int((np.abs(signs @ sums) >= abs(sums.sum()) - 1e-12).sum())
    return Paired(float(differences.mean()), interval, (extreme + 1) / (resamples + 1))


def holm(ps: Mapping[str, float]) -> dict[str, float]:
    """P values corrected for being many (Holm 1979)."""
    adjusted, least = {}, 0.0
    for place, (name, p) in enumerate(sorted(ps.items(), key=lambda item: item[1])):
        least = max(least, min(1.0, p * (len(ps) - place)))
        adjusted[name] = least
    return {name: adjusted[name] for name in ps}


def _codes(clusters: Sequence[str]) -> tuple[NDArray[np.int64], int]:
    numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
    return np.array([numbers[cluster] for cluster in clusters], dtype=np.int64), len(numbers)


def _per_cluster(table: Values, codes: NDArray[np.int64], count: int) -> Values:
    sums = np.zeros((count, table.shape[1]))
    np.add.at(sums, codes, table)
    return sums
