import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fusion import reciprocal_rank

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
