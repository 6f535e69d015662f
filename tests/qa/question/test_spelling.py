"""What is taken for a misspelling, and what is offered instead."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import read_builtin
from index import OnnxEncoder
from qa.question.spelling import Speller
from tests.fakes import document

TEXT = (
    "Secretary Lutnick met the administration of Anthropic. The administrators spoke with Lutnick about the supply "
    "chain, the framework and a café; ANTHROPIC agreed, Anthropic said."
)
COMMON = frozenset({"framed", "networks", "chair"})
words = st.text("abc", max_size=9)


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller([document("a.txt", TEXT)], COMMON.__contains__)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Who is Lutnik?", "Who is Lutnick?"),
        ("who is lutnikc", "who is Lutnick"),
        ("What did the adminstration of Antropic say?", "What did the administration of Anthropic say?"),
        ("Lutnikc's suply?", "Lutnick's supply?"),
        ("the admnistraton", "the administration"),
        ("Which caffé?", "Which café?"),
        ("LUTNIK", "Lutnick"),
    ],
)
def test_a_slip_is_mended_and_nothing_else_changes(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "Who is Lutnick?",
        "the frameworks administrator",  # other forms of words that the corpus holds
        "Who framed the chair of networks?",  # common English, though a slip away from corpus words
        "wiht abuot spke",  # "with" and "about" are stop words; "spke" lies one slip from "spoke"
        "the agreer",  # another word of one root
        "mte",  # too short to tell
        "Kutnick",  # the first letter is seldom wrong
        "sourdough bread",
        "What is 1234 or v2.5?",
        "",
        "你好 \u0000 😀",
    ],
)
def test_no_word_is_doubted_without_reason(speller: Speller, typed: str) -> None:
    expected = typed.replace("spke", "spoke")
    assert (speller.correct(typed) or typed) == expected


def test_the_nearest_word_wins_and_then_the_commonest() -> None:
    speller = Speller([document("a.txt", "stork stork store stone shares shared")], lambda _: False)
    assert speller.correct("storj") == "stork"
    assert speller.correct("storze") == "store"


@given(words, words)
def test_what_is_offered_is_as_near_as_the_definition_has_it(one: str, other: str) -> None:
    @cache
    def apart(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        steps = [apart(i - 1, j) + 1, apart(i, j - 1) + 1, apart(i - 1, j - 1) + (one[i - 1] != other[j - 1])]
        if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
            steps.append(apart(i - 2, j - 2) + 1)
        return min(steps)

    speller = Speller([document("a.txt", f"{other} is here.")], lambda _: False)
    doubted = len(one) >= 4 and len(other) >= 4 and one != other and one[0] == other[0]
    assert (speller.correct(one) == other) == (doubted and apart(len(one), len(other)) <= (2 if len(one) >= 8 else 1))


def test_a_question_of_unknown_words_is_left_alone() -> None:
    speller = Speller([document("a.txt", "stork store stone")], lambda _: False)
    assert speller.correct("storkk " * 40) == "stork " * 40, "one word, however often"
    assert speller.correct(" ".join(f"stor{a}{b}" for a in "bcdf" for b in "ghjk")) is None


@given(st.text())
def test_any_question_is_taken_and_a_corrected_one_needs_no_correction(question: str) -> None:
    speller = Speller([document("a.txt", TEXT)], COMMON.__contains__)
    corrected = speller.correct(question)
    assert corrected is None or speller.correct(corrected) is None


@given(st.sampled_from(["Lutnick", "administration", "Anthropic", "framework"]), st.data())
def test_any_single_slip_behind_the_first_letter_is_mended(word: str, data: st.DataObject) -> None:
    speller = Speller([document("a.txt", TEXT)], COMMON.__contains__)
    at = data.draw(st.integers(1, len(word) - 2))
    letter = data.draw(st.sampled_from("qxz"))
    typed = data.draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            ]
        )
    )
    assert (speller.correct(typed) or typed).casefold() == word.casefold()


def test_on_the_article_common_words_are_left_and_slips_found(encoder: OnnxEncoder) -> None:
    speller = Speller(read_builtin(), lambda word: encoder.count_tokens(word) == 1)
    for question in ("Whats the date of the order?", "Which position does he hold?", "How do I bake sourdough bread?"):
        assert speller.correct(question) is None
    assert speller.correct("When was Projet Glaswing launched?") == "When was Project Glasswing launched?"
