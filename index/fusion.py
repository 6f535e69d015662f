"""Fusion: one order out of what dense and lexical search found."""

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
