"""Fusion: one order out of what dense and lexical search found."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from index.types import Scores

DENSE_WEIGHT = 0.65


def convex(dense: Scores, lexical: Scores, highest: float, *, dense_weight: float = DENSE_WEIGHT) -> Scores:
    """A weighted mean of both scores, each scaled by its lowest and highest possible value.

    A convex combination as in Bruch, Gai and Ingber (2023), "An analysis of fusion functions for hybrid retrieval",
    ACM TOIS 42(1). They divide by the highest score found; the highest possible says more: where even the best text
    shares few of the query's words, as where a question is put in other words, such scores say little and count
    little. ``dense`` are cosines, ``lexical`` BM25 scores (at least 0) of the same candidates, which each have
    both; no BM25 score of the query exceeds ``highest``. Shape (n,), in their order; from 0 to 1.
    """
    fused: Scores = (dense_weight * (dense + 1) / 2 + (1 - dense_weight) * lexical / max(highest, 1e-9)).astype(
        np.float32
    )
    return fused


def reciprocal_rank(
    rankings: Sequence[Iterable[int]], *, k: float = 60.0, weights: Sequence[float] | None = None
) -> list[tuple[int, float]]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): sum of ``weight / (k + rank)``.

    Each ranking lists ids, best first, each once. Returns (id, score), best first, ties by rising id.
    """
    weights = weights or [1.0] * len(rankings)
    sums: defaultdict[int, float] = defaultdict(float)
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, item in enumerate(ranking, start=1):
            sums[item] += weight / (k + rank)
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
