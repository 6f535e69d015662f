"""The vectors of each passage's sentences: looked up for the passages that were found, never searched."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.types import Ids, Matrix, Scores, Vector

_BOUNDS, _VECTORS = "bounds.npy", "vectors.npy"


class SentenceVectors:
    """In half precision, on disk until they are looked at. Immutable."""

    def __init__(self, bounds: Ids, vectors: NDArray[np.float16]) -> None:
        """Use ``build`` or ``load``. Passage ``i`` has the rows from ``bounds[i]`` to ``bounds[i + 1]``."""
        self._bounds, self._vectors = bounds, vectors

    @classmethod
    def build(cls, of_passages: Sequence[Matrix]) -> "SentenceVectors":
        """From the sentences of each passage, of which each has one or more."""
        bounds = np.cumsum([0, *map(len, of_passages)], dtype=np.int64)
        return cls(bounds, np.concatenate(of_passages).astype(np.float16))

    def best(self, query: Vector, ids: Ids) -> Scores:
        """The cosine of each passage's nearest sentence, in the order of the ids."""
        if not len(ids):
            return np.empty(0, dtype=np.float32)
        rows = np.concatenate([np.arange(self._bounds[i], self._bounds[i + 1]) for i in ids])
        starts = np.cumsum([0, *(self._bounds[ids + 1] - self._bounds[ids])[:-1]])
        nearest: Scores = np.maximum.reduceat(self._vectors[rows].astype(np.float32) @ query, starts)
        return nearest

    def of(self, passage: int) -> Matrix:
        """The rows of one passage."""
        rows: Matrix = self._vectors[self._bounds[passage] : self._bounds[passage + 1]].astype(np.float32)
        return rows

    def save(self, folder: Path) -> None:
        """Write to a new folder: arrays, nothing executable."""
        folder.mkdir()
        np.save(folder / _BOUNDS, self._bounds, allow_pickle=False)
        np.save(folder / _VECTORS, self._vectors, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "SentenceVectors":
        """What ``save`` wrote; the vectors stay in the file and are read where they are looked up."""
        return cls(
            np.load(folder / _BOUNDS, allow_pickle=False),
            np.load(folder / _VECTORS, mmap_mode="r", allow_pickle=False),
        )
