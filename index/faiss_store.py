"""Exact inner-product search on FAISS; the only module that imports it."""

import errno
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.types import Ids, Matrix, Scores, Vector


class FaissStore:
    """A flat FAISS index; ids are row numbers. Immutable."""

    def __init__(self, index: Any) -> None:
        """Use ``build`` or ``load``."""
        self._index = index

    @classmethod
    def build(cls, vectors: Matrix) -> "FaissStore":
        """Over the rows of ``vectors``."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    def search(self, query: Vector, k: int, allowed: Ids | None = None) -> tuple[Scores, Ids]:
        """The best ``min(k, candidates)`` by falling score, ties by rising id; only ``allowed`` ids if given."""
        candidates = self._index.ntotal if allowed is None else len(allowed)
        k = min(k, candidates)
        if k < 1:
            return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
        parameters = None
        if allowed is not None:
            # Its stubs do not know the keyword.
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))  # type: ignore[call-arg]
        scores, ids = self._index.search(query[None, :], k, params=parameters)
        order = np.lexsort((ids[0], -scores[0]))
        return scores[0][order], ids[0][order]

    def scores(self, query: Vector, ids: Ids) -> Scores:
        """The scores of the given ids, in their order."""
        if not len(ids):
            return np.empty(0, dtype=np.float32)
        scores: Scores = self._index.reconstruct_batch(ids) @ query
        return scores

    def vectors(self) -> Matrix:
        """All rows."""
        rows: Matrix = self._index.reconstruct_n(0, self._index.ntotal)
        return rows

    def save(self, path: Path) -> None:
        """Write FAISS's own format."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise OSError(errno.EIO, "the vectors could not be written, the disk may be full") from error

    @classmethod
    def load(cls, path: Path) -> "FaissStore":
        """Read what ``save`` wrote. The caller has checked the file: FAISS trusts it."""
        return cls(faiss.read_index(str(path)))
