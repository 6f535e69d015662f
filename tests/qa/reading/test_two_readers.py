"""A quick reading of all passages, and a careful one of the best."""

import pytest

from corpus import Passage
from qa.reading import TwoReaders
from qa.types import Candidate
from tests.fakes import FixedReader

TEXTS = ("Cats sleep.", "Dogs bark at strangers.", "Dogs chase cats.", "Birds sing.")


@pytest.fixture
def passages() -> list[Passage]:
    return [Passage("d", 100 * n, 100 * n + len(text), text, None) for n, text in enumerate(TEXTS)]


class WatchedReader(FixedReader):
    read_passages: list[Passage]

    def read(self, question: str, passages: list[Passage]) -> list[list[Candidate]]:  # type: ignore[override]
        self.read_passages = passages
        return super().read(question, passages)


def test_the_best_passages_are_reread_in_their_order_and_keep_both_readings(passages: list[Passage]) -> None:
    quick = FixedReader({"Dogs": 1.0, "strangers": 3.0, "cats": 2.0, "sleep": -4.0})
    careful = WatchedReader({"Dogs": 5.0, "chase": 1.0, "sleep": 9.0})
    found = TwoReaders(quick, careful, reread=2).read("Who barks?", passages)
    assert careful.read_passages == passages[1:3]
    assert [[(c.text, c.margin) for c in candidates] for candidates in found] == [
        [],
        [("Dogs", 5.0)],
        [("Dogs", 5.0), ("chase", 1.0)],
        [],
    ]
    assert [c.first and (c.first.text, c.first.margin) for candidates in found for c in candidates] == [
        ("Dogs", 1.0),
        ("Dogs", 1.0),
        ("cats", 2.0),  # nothing overlaps: its best in the passage
    ]


def test_what_is_far_behind_the_best_is_not_reread(passages: list[Passage]) -> None:
    quick = FixedReader({"sleep": -2.0, "strangers": 3.0, "cats": 1.0, "sing": -9.0})
    careful = WatchedReader({})
    TwoReaders(quick, careful, reread=4, behind=5.0).read("Who barks?", passages)
    assert careful.read_passages == passages[:3], "those within 5 of the best, in their order"
    TwoReaders(quick, careful, reread=2, behind=5.0).read("Who barks?", passages)
    assert careful.read_passages == passages[1:3], "and of those no more than two"


def test_both_readers_name_what_they_are(passages: list[Passage]) -> None:
    one, other = FixedReader({}), FixedReader({}, "other")
    assert TwoReaders(one, other).name == "fixed+other"
    assert TwoReaders(one, other).read("Who?", passages) == [[]] * 4
    assert TwoReaders(one, other).read("Who?", []) == []
