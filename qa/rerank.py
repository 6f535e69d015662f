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


def ordered(hits: Sequence[Hit], read: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """The candidates of each hit, best first: margins over null plus the hit's retrieval score (as in BERTserini)."""
    scored = [
        (_read(candidate) + RETRIEVAL_WEIGHT * hit.score, candidate)
        for hit, candidates in zip(hits, read, strict=True)
        for candidate in candidates
    ]
    return [candidate for _, candidate in sorted(scored, key=lambda pair: -pair[0])]


def _read(candidate: Candidate) -> float:
    """What one or two readings make of it."""
    return candidate.margin + (FIRST_WEIGHT * candidate.first.margin if candidate.first else 0.0)


def reranked(hits: Sequence[Hit], read: Sequence[Sequence[Candidate]]) -> list[Hit]:
    """Hits by retrieval score plus the weighted chance that the reader gives to their best span against none.

    The chance is near 0 in every passage where the query is no question, and the order then stays as it was.
    """
    chances = [max((_logistic(c.margin) for c in candidates), default=0.0) for candidates in read]
    scored = [replace(hit, score=hit.score + READER_WEIGHT * chance) for hit, chance in zip(hits, chances, strict=True)]
    scored.sort(key=lambda hit: (-hit.score, hit.rank))
    return [replace(hit, rank=rank) for rank, hit in enumerate(scored, start=1)]


def _logistic(margin: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, margin))))
