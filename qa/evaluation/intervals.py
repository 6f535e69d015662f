"""How sure a mean is: bootstrap intervals over queries."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000


class Mean(NamedTuple):
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def bootstrap(values: NDArray[np.float64], *, seed: int = 1) -> Mean:
    """The mean of ``values`` (shape (queries,)) and its percentile interval (Efron and Tibshirani 1993, chapter 13).

    For a paired difference, give the differences. The same seed resamples the same queries.
    """
    random = np.random.default_rng(seed)
    means = np.array([values[random.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)])
    low, high = np.percentile(means, [2.5, 97.5])
    return Mean(float(values.mean()), float(low), float(high))
