"""The official script's rules, on the cases where home-made ones differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.measures.answers import best_exact, best_f1, best_threshold, exact, f1, normalise


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The  Cat's\tpaw!", "cats paw"),
        ("an apple a day", "apple day"),
        ("theatre", "theatre"),
        ("the", ""),
        ("$1,200.50", "120050"),
        ("“Quoted”", "“quoted”"),  # only ASCII punctuation goes
        ("État—the", "état—"),  # an article beside a dash that stays still is a word of its own
        ("U.S.A.", "usa"),
        ("well-known", "wellknown"),
        ("...", ""),
    ],
)
def test_normalisation(text: str, normalised: str) -> None:
    assert normalise(text) == normalised


def test_f1_of_a_hand_worked_case() -> None:
    # cat sat / cat sat on mat: precision 2 of 2, recall 2 of 4
    assert f1("the cat sat", "cat sat on a mat") == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert f1("cat cat", "cat") == pytest.approx(2 * 0.5 * 1 / 1.5), "a repeated word counts once"
    assert f1("dog", "cat") == 0


@pytest.mark.parametrize(
    ("answer", "golds", "em", "overlap"),
    [
        ("", [], 1, 1),  # abstaining where there is no answer
        ("Paris", [], 0, 0),
        ("", ["Paris"], 0, 0),
        ("the", [], 1, 1),  # an answer of no word is none
        ("Paris", ["the", "Paris, France"], 0, 2 / 3),  # a gold of no word does not count
        ("the", ["the"], 1, 1),
        ("in Paris", ["London", "Paris", "in the Paris"], 1, 1),  # the nearest of several
    ],
)
def test_awkward_cases(answer: str, golds: list[str], em: float, overlap: float) -> None:
    assert best_exact(answer, golds) == em
    assert best_f1(answer, golds) == pytest.approx(overlap)


@given(st.text(max_size=40), st.text(max_size=40))
def test_exact_means_f1_of_one_and_order_does_not_matter(one: str, other: str) -> None:
    assert f1(one, other) == f1(other, one)
    assert 0 <= f1(one, other) <= 1
    if exact(one, other):
        assert f1(one, other) == 1


@given(st.lists(st.tuples(st.integers(-3, 3), st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_the_best_threshold_is_the_best_of_all(rows: list[tuple[int, float, bool]]) -> None:
    margins, scores, answerable = (list(column) for column in zip(*rows, strict=True))

    def mean(threshold: float) -> float:
        answered = [margin > threshold for margin in margins]
        gained = [
            score * given if asked else float(not given)
            for given, score, asked in zip(answered, scores, answerable, strict=True)
        ]
        return sum(gained) / len(gained)

    best = best_threshold(margins, scores, answerable)
    assert best.score == pytest.approx(mean(best.threshold))
    assert best.score == pytest.approx(max(mean(t) for t in [*(m - 0.5 for m in margins), 10]))
