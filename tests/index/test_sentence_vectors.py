from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.sentence_vectors import SentenceVectors
from index.types import Matrix


def unit(rows: int, seed: int) -> Matrix:
    made = np.random.default_rng(seed).normal(size=(rows, 8)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.data())
def test_the_nearest_sentence_of_each_passage_that_was_asked_for(sizes: list[int], data: st.DataObject) -> None:
    of_passages = [unit(size, seed) for seed, size in enumerate(sizes)]
    ids = np.array(data.draw(st.lists(st.integers(0, len(sizes) - 1), unique=True)), dtype=np.int64)
    query = unit(1, 99)[0]
    best = SentenceVectors.build(of_passages).best(query, ids)
    assert np.allclose(best, [max(of_passages[i] @ query) for i in ids], atol=2e-3), "in half precision"


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    made = SentenceVectors.build([unit(2, 1), unit(1, 2), unit(3, 3)])
    made.save(tmp_path / "sentences")
    loaded = SentenceVectors.load(tmp_path / "sentences")
    assert [loaded.of(n).tolist() for n in range(3)] == [made.of(n).tolist() for n in range(3)]
    assert [len(loaded.of(n)) for n in range(3)] == [2, 1, 3]
    query = unit(1, 9)[0]
    assert loaded.best(query, np.array([2, 0])).tolist() == made.best(query, np.array([2, 0])).tolist()
