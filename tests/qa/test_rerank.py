from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Passage
from index import Hit
from qa.rerank import ordered, reranked
from qa.types import Candidate


def hit(rank: int, score: float) -> Hit:
    return Hit(Passage("d.txt", rank * 100, rank * 100 + 10, "0123456789", None), rank, score)


def span(of: Hit, margin: float, at: int = 0) -> Candidate:
    return Candidate(of.passage, of.passage.start + at, of.passage.start + at + 2, margin, 0.0)


def test_a_passage_that_answers_comes_first() -> None:
    first, second = hit(1, 0.9), hit(2, 0.8)
    final = reranked([first, second], [[span(first, -6)], [span(second, 6)]])
    assert [h.passage for h in final] == [second.passage, first.passage]
    assert [h.rank for h in final] == [1, 2] and final[0].score > final[1].score


def test_where_the_reader_finds_nothing_retrieval_decides() -> None:
    hits = [hit(n, 1 / n) for n in range(1, 5)]
    final = reranked(hits, [[span(h, -9 - h.rank)] for h in hits])
    assert [h.passage for h in final] == [h.passage for h in hits]


def test_a_passage_scores_as_its_best_span() -> None:
    first, second = hit(1, 0.5), hit(2, 0.5)
    final = reranked([first, second], [[span(first, 0)], [span(second, 8), span(second, -8, 4)]])
    assert final[0].passage == second.passage


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-50, 50)), min_size=1, max_size=10))
def test_every_hit_stays_with_ranks_from_1_by_falling_score(rows: list[tuple[float, float]]) -> None:
    hits = [hit(n, score) for n, (score, _) in enumerate(sorted(rows, reverse=True), start=1)]
    final = reranked(hits, [[span(h, margin)] for h, (_, margin) in zip(hits, rows, strict=True)])
    assert {h.passage for h in final} == {h.passage for h in hits}
    assert [h.rank for h in final] == list(range(1, len(hits) + 1))
    assert [h.score for h in final] == sorted((h.score for h in final), reverse=True)
    assert {replace(h, rank=0, score=0) for h in final} == {replace(h, rank=0, score=0) for h in hits}


def test_of_equal_spans_the_better_found_passage_answers() -> None:
    first, second = hit(1, 1.0), hit(2, 0.2)
    assert ordered([second, first], [[span(second, 3)], [span(first, 3)]])[0].passage == first.passage
    assert ordered([first, second], [[span(first, -9)], [span(second, 9)]])[0].passage == second.passage


def test_order_is_by_what_was_asked_for() -> None:
    only = hit(1, 1.0)
    found = ordered([only], [[span(only, 1), span(only, 2, 4)]])
    assert [c.margin for c in found] == [pytest.approx(2), pytest.approx(1)]


def test_a_first_reading_counts_too_but_less_than_the_second() -> None:
    one, other = hit(1, 0.5), hit(2, 0.5)
    doubted = replace(span(one, 2.0), first=span(one, -4.0))
    liked = replace(span(other, 1.5), first=span(other, 4.0))
    assert ordered([one, other], [[doubted], [liked]])[0] is liked
    surer = replace(span(one, 6.0), first=span(one, -4.0))
    assert ordered([one, other], [[surer], [liked]])[0] is surer
