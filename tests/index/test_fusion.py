import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fusion import convex, reciprocal_rank

cosine, bm25 = st.floats(-1, 1, width=32), st.floats(0, 50, width=32)

rankings = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=10), min_size=1, max_size=3)


def test_a_hand_worked_case() -> None:
    fused = reciprocal_rank([[7, 3], [3, 9]], k=60)
    assert fused == [
        (3, pytest.approx(1 / 62 + 1 / 61)),
        (7, pytest.approx(1 / 61)),
        (9, pytest.approx(1 / 62)),
    ]


def test_weights_scale_a_list() -> None:
    assert reciprocal_rank([[1], [2]], weights=[1, 2])[0] == (2, pytest.approx(2 / 61))


def test_ties_come_by_id() -> None:
    assert [item for item, _ in reciprocal_rank([[5], [2]])] == [2, 5]


@given(rankings)
def test_every_item_once_in_falling_order(lists: list[list[int]]) -> None:
    fused = reciprocal_rank(lists)
    assert sorted(item for item, _ in fused) == sorted({item for ranking in lists for item in ranking})
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.integers(0, 50), unique=True, max_size=20))
def test_two_agreeing_lists_keep_their_order(ranking: list[int]) -> None:
    assert [item for item, _ in reciprocal_rank([ranking, ranking])] == ranking


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
