"""Fusion: one order out of what dense and lexical search found."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from index.types import Scores

DENSE_WEIGHT = 0.8


def convex(dense: Scores, lexical: Scores, *, dense_weight: float = DENSE_WEIGHT) -> Scores:
    """A weighted mean of both scores, each scaled by its lowest possible and its highest found value.

    Bruch, Gai and Ingber (2023), "An analysis of fusion functions for hybrid retrieval", ACM TOIS 42(1), whose
    weight it is too. ``dense`` are cosines (at least -1), ``lexical`` BM25 scores (at least 0) of the same
    candidates, which each have both. Shape (n,), in their order; at most 1.
    """
    if not len(dense):
        return np.empty(0, dtype=np.float32)
    cosines = (dense + 1) / max(float(dense.max()) + 1, 1e-9)
    bm25 = lexical / max(float(lexical.max()), 1e-9)
    fused: Scores = (dense_weight * cosines + (1 - dense_weight) * bm25).astype(np.float32)
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
