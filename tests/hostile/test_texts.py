"""Texts of the worst kinds, as large as one upload may be: what reads every text takes a time in proportion."""

from itertools import product

import pytest

from corpus import Document, sentences, split
from qa.question.spelling import Speller
from tests.fakes import document
from tests.hostile.cost import check_cost

MEGABYTE = 1_000_000
UNITS = {
    "blanks": " ",
    "tabs": "\t",
    "blank lines": " \n",
    "bars": "|",
    "bars apart": "| ",
    "list marks": "- ",
    "numbers": "1. ",
    "returns": "\r",
    "no-break spaces": "\u00a0",
    "ends": ". ",
    "abbreviations": "Mr. ",
    "quotes": '"',
    "headings": "# \n",
}


def text_of(unit: str, size: int) -> str:
    return f"Hi.\n{unit * (size // len(unit))}x."


@pytest.mark.parametrize("kind", UNITS)
def test_a_text_is_split_in_a_time_in_proportion(kind: str) -> None:
    """A quarter and the whole: four times, and not sixteen, within what is allowed above."""
    part, whole = (text_of(UNITS[kind], size) for size in (MEGABYTE // 16, MEGABYTE // 4))
    check_cost(lambda: sentences(whole), lambda: [sentences(part) for _ in range(8)])


@pytest.mark.parametrize("kind", UNITS)
def test_passages_of_such_a_text(kind: str) -> None:
    def passages(size: int) -> int:
        made: Document = document("d.txt", text_of(UNITS[kind], size))
        return len(split(made, count_tokens=lambda text: len(text.split()), max_tokens=256))

    check_cost(lambda: passages(MEGABYTE // 8), lambda: [passages(MEGABYTE // 32) for _ in range(8)])


def test_spelling_against_a_large_vocabulary() -> None:
    vocabulary = " ".join("".join(letters) for letters in product("abcdefghij", repeat=5))
    speller = Speller([document("d.txt", vocabulary)], lambda _: False)
    worst = " ".join("a" + "".join(letters) + "qx" for letters in product("bcdefghi", repeat=3))[:2000]
    few = "abcdqx acdeqx adefqx aefgqx afghqx aghiqx ahijqx abceqx abcfqx abcgqx abchqx abciqx"
    for question in (worst, few):
        check_cost(lambda question=question: speller.correct(question), lambda: speller.correct("abcde"))  # type: ignore[misc]
