import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from index.lexical import LexicalIndex, terms

TEXTS = [
    "The letter was signed on June 2 by the secretary.",
    "Shares closed at $562.20, little changed on the day.",
    "Fable 5 and Mythos 5 fell under export controls.",
    "Export controls were lifted; exports rose and exporters cheered the letter.",
    "",
]


def bm25(query: str, texts: list[str], k1: float = 1.2, b: float = 0.75) -> list[float]:
    """The textbook's definition, with Lucene's idf (and without its constant factor k1 + 1)."""
    bags = [Counter(terms(text)) for text in texts]
    mean = sum(bag.total() for bag in bags) / len(bags)
    scores = []
    for bag in bags:
        score = 0.0
        for word in terms(query):
            holding = sum(word in other for other in bags)
            idf = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
            score += idf * bag[word] / (bag[word] + k1 * (1 - b + b * bag.total() / mean))
        scores.append(score)
    return scores


@pytest.mark.parametrize("query", ["export controls", "Fable 5", "562.20", "the letter about exports", "June 2"])
def test_scores_are_those_of_the_definition(query: str) -> None:
    assert LexicalIndex.build(TEXTS).scores(query) == pytest.approx(bm25(query, TEXTS), abs=1e-5)


@pytest.mark.parametrize("query", ["export controls", "Fable 5", "562.20", "letter zebra letter", "", "the"])
def test_no_text_scores_higher_than_the_highest(query: str) -> None:
    endless = [f"{query} " * 400, *TEXTS[1:]]
    for texts in (TEXTS, endless):
        index = LexicalIndex.build(texts)
        assert index.scores(query).max() <= index.highest(query) + 1e-5
    asked = LexicalIndex.build(endless)
    assert asked.scores(query).max() == pytest.approx(asked.highest(query), rel=0.02), "and it is nearly reached"


def test_a_word_that_no_text_holds_makes_the_highest_higher() -> None:
    index = LexicalIndex.build(TEXTS)
    assert index.highest("letter zebra") > index.highest("letter signed") > index.highest("letter") > 0
    assert LexicalIndex.build([""]).highest("zebra") > 0


def test_more_hits_than_texts_may_be_asked_for_and_none_has_score_zero() -> None:
    scores, ids = LexicalIndex.build(TEXTS).search("export letter", 1000)
    assert set(ids.tolist()) == {0, 2, 3}
    assert (scores > 0).all()
    assert (np.diff(scores) <= 0).all()


def test_only_allowed_texts_are_found() -> None:
    assert LexicalIndex.build(TEXTS).search("export", 5, np.array([2, 4]))[1].tolist() == [2]


@pytest.mark.parametrize("query", ["", "the of and", "zebra", "🦓", "\x00"])
def test_a_query_without_a_known_word_finds_nothing(query: str) -> None:
    index = LexicalIndex.build(TEXTS)
    assert index.search(query, 5)[1].tolist() == []
    assert index.scores(query).tolist() == [0.0] * len(TEXTS)


def test_texts_without_any_word_can_be_indexed(tmp_path: Path) -> None:
    LexicalIndex.build(["🙂", "the"]).save(tmp_path / "lexical")
    assert LexicalIndex.load(tmp_path / "lexical").scores("anything").tolist() == [0.0, 0.0]


def test_what_is_saved_scores_the_same(tmp_path: Path) -> None:
    index = LexicalIndex.build(TEXTS)
    index.save(tmp_path / "lexical")
    assert (
        LexicalIndex.load(tmp_path / "lexical").scores("export letter").tolist()
        == index.scores("export letter").tolist()
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$562.20", ["562.20"]),
        ("Fable 5", ["fabl", "5"]),
        ("Meta's and Meta’s", ["meta", "meta"]),
        ("a 90-day window", ["90", "day", "window"]),
        ("GPT-4o", ["gpt", "4o"]),
        ("Straße STRASSE", ["strass", "strass"]),
        ("株式会社", ["株", "式", "会", "社"]),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected
