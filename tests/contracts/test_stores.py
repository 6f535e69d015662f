"""What every vector store must do; a new store is one more line in ``STORES``."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.faiss_store import FaissStore
from index.types import Matrix, VectorStore

STORES: list[Callable[[Matrix], VectorStore]] = [FaissStore.build]


def unit_rows(count: int, seed: int, dimension: int = 16) -> Matrix:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("build", STORES)
class TestVectorStore:
    @settings(max_examples=50, deadline=None)
    @given(count=st.integers(1, 60), k=st.integers(1, 80), seed=st.integers(0, 2**16))
    def test_the_best_by_brute_force(
        self, build: Callable[[Matrix], VectorStore], count: int, k: int, seed: int
    ) -> None:
        rows, query = unit_rows(count, seed), unit_rows(1, seed + 1)[0]
        scores, ids = build(rows).search(query, k)
        exact = rows @ query
        expected = np.lexsort((np.arange(count), -exact))[:k]
        assert ids.tolist() == expected.tolist()
        assert scores == pytest.approx(exact[expected], abs=1e-6)

    def test_only_allowed_ids(self, build: Callable[[Matrix], VectorStore]) -> None:
        rows, query = unit_rows(50, 1), unit_rows(1, 2)[0]
        allowed = np.array([3, 17, 40])
        scores, ids = build(rows).search(query, 10, allowed)
        assert sorted(ids.tolist()) == [3, 17, 40]
        assert (np.diff(scores) <= 0).all()

    def test_no_allowed_id_finds_nothing(self, build: Callable[[Matrix], VectorStore]) -> None:
        scores, ids = build(unit_rows(5, 1)).search(unit_rows(1, 2)[0], 3, np.empty(0, dtype=np.int64))
        assert len(scores) == len(ids) == 0

    def test_equal_rows_come_by_id(self, build: Callable[[Matrix], VectorStore]) -> None:
        rows = np.repeat(unit_rows(1, 4), 9, axis=0)
        assert build(rows).search(rows[0], 9)[1].tolist() == list(range(9))

    def test_scores_of_given_ids_and_all_rows(self, build: Callable[[Matrix], VectorStore]) -> None:
        rows, query = unit_rows(20, 5), unit_rows(1, 6)[0]
        store = build(rows)
        ids = np.array([7, 0, 19])
        assert store.scores(query, ids) == pytest.approx(rows[ids] @ query, abs=1e-6)
        assert store.vectors().tolist() == rows.tolist()
