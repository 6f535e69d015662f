import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fusion import convex

cosine, bm25 = st.floats(-1, 1, width=32), st.floats(0, 50, width=32)


def test_a_hand_worked_combination() -> None:
    fused = convex(np.array([0.6, 0.2], np.float32), np.array([0.0, 5.0], np.float32), 20.0, dense_weight=0.8)
    assert fused == pytest.approx([0.8 * 0.8, 0.8 * 0.6 + 0.2 * 0.25])


def test_words_count_little_where_even_the_best_text_has_few_of_them() -> None:
    """The same scores of a query that is found whole, and of one whose other words no text holds."""
    dense, lexical = np.array([0.6, 0.5], np.float32), np.array([0.0, 4.0], np.float32)
    assert convex(dense, lexical, 5.0).argmax() == 1
    assert convex(dense, lexical, 50.0).argmax() == 0


def test_without_a_shared_word_the_cosine_decides() -> None:
    fused = convex(np.array([0.1, 0.5], np.float32), np.zeros(2, np.float32), 0.0)
    assert fused[1] > fused[0]


@given(st.lists(st.tuples(cosine, bm25), max_size=30))
def test_what_is_better_in_both_is_better_together(pairs: list[tuple[float, float]]) -> None:
    dense, lexical = (np.array(column, np.float32) for column in zip(*pairs, strict=True)) if pairs else ([], [])
    fused = convex(np.asarray(dense, np.float32), np.asarray(lexical, np.float32), 50.0)
    assert len(fused) == len(pairs)
    assert all(0 <= score <= 1 + 1e-6 for score in fused)
    for i, (one_dense, one_lexical) in enumerate(pairs):
        for j, (other_dense, other_lexical) in enumerate(pairs):
            if one_dense >= other_dense and one_lexical >= other_lexical:
                assert fused[i] >= fused[j] - 1e-6
