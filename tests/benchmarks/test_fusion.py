from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.fusion import reciprocal_rank

rankings = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=10), min_size=1, max_size=3)


def test_reciprocal_rank_by_hand() -> None:
    assert reciprocal_rank([[7, 3], [3, 9]], k=60) == [(3, 1 / 62 + 1 / 61), (7, 1 / 61), (9, 1 / 62)]


@given(rankings)
def test_every_item_once_in_falling_order_and_ties_by_id(lists: list[list[int]]) -> None:
    fused = reciprocal_rank(lists)
    assert sorted(item for item, _ in fused) == sorted({item for ranking in lists for item in ranking})
    assert fused == sorted(fused, key=lambda pair: (-pair[1], pair[0]))
