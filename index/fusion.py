"""Rank fusion: one list out of several."""

from collections import defaultdict
from collections.abc import Iterable, Sequence


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
