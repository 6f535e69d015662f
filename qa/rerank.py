"""The final order of hits and candidates: what retrieval and the reader say, together."""

import math
from collections.abc import Sequence
from dataclasses import replace

from index import Hit
from qa.types import Candidate

READER_WEIGHT = 0.5
"""How much a passage gains that the reader is sure of (chosen by ``tests.benchmarks.fusion``)."""
FIRST_WEIGHT = 0.25
"""How much the margin of a first, quicker reading counts beside that of the second.

Chosen with ``qa.reading.two_readers.REREAD``: right first candidates at 0, 0.25 and 0.5 on the development articles
0.671, 0.696, 0.692; the other sets do not tell them apart.
"""
RETRIEVAL_WEIGHT = 8.0
"""How many logits of margin the best-retrieved passage is ahead of one that was hardly found.

Chosen on 500 questions about the calibration articles. Right first candidates at 0, 4, 8 and 16: 0.670, 0.682, 0.688,
0.682 (all articles as one corpus); 0.690, 0.704, 0.710, 0.704 (each question's own article alone).
"""


def ordered(candidates: Sequence[Candidate], hits: Sequence[Hit]) -> list[Candidate]:
    """Candidates, best first: margins over null plus the retrieval score of their passage (as in BERTserini)."""
    retrieved = {hit.passage: RETRIEVAL_WEIGHT * hit.score for hit in hits}
    return sorted(candidates, key=lambda candidate: -_read(candidate) - retrieved[candidate.passage])


def _read(candidate: Candidate) -> float:
    """What one or two readings make of it."""
    return candidate.margin + (FIRST_WEIGHT * candidate.first.margin if candidate.first else 0.0)


def reranked(hits: Sequence[Hit], candidates: Sequence[Candidate]) -> list[Hit]:
    """Hits by retrieval score plus the weighted chance that the reader gives to their best span against none.

    The chance is near 0 in every passage where the query is no question, and the order then stays as it was.
    """
    chances = {hit.passage: 0.0 for hit in hits}
    for candidate in candidates:
        chances[candidate.passage] = max(chances[candidate.passage], _logistic(candidate.margin))
    scored = [replace(hit, score=hit.score + READER_WEIGHT * chances[hit.passage]) for hit in hits]
    scored.sort(key=lambda hit: (-hit.score, hit.rank))
    return [replace(hit, rank=rank) for rank, hit in enumerate(scored, start=1)]


def _logistic(margin: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, margin))))
