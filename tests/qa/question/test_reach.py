"""What a question asks that a reader cannot do, and what it only seems to."""

import pytest

from qa.question.reach import COUNTS, FOREIGN_QUESTION, FOREIGN_TEXT, beyond, is_foreign

ENGLISH = "Parental leave is twenty-six weeks at full pay, and is to be asked for in writing."


@pytest.mark.parametrize(
    "question",
    [
        "How many vehicles were sold in total?",
        "What is the average price of the pumps?",
        "What is the difference between plan A and plan B?",
        "Which supplier has the highest contract value?",
        "How much more does the second tariff cost?",
    ],
)
def test_counting_adding_and_comparing_are_told(question: str) -> None:
    assert beyond(question, ENGLISH) == COUNTS


@pytest.mark.parametrize(
    "question",
    [
        "How many weeks of leave are there?",
        "Who is the chair?",
        "Why was the total harvest poor?",
        "What is a mean streak?",
    ],
)
def test_what_only_sounds_like_it_is_not(question: str) -> None:
    assert beyond(question, ENGLISH) is None


@pytest.mark.parametrize(
    "question",
    [
        "Wie lange ist die Elternzeit und wer zahlt?",
        "Quand est la réunion et qui vient?",
        "كم مدة الإجازة؟",
        "会议在哪里举行？",
    ],
)
def test_another_language_or_script_is_told(question: str) -> None:
    assert beyond(question, ENGLISH) == FOREIGN_QUESTION


@pytest.mark.parametrize(
    "text", ["", "???", "2026", "Francis Brennan", "Los Angeles", "El Niño", "La Nina in 2010", "etc. de"]
)
def test_names_and_numbers_are_no_language(text: str) -> None:
    assert not is_foreign(text)


def test_what_is_near_may_be_in_another_language() -> None:
    assert beyond("How long is the leave?", "Die Elternzeit ist lang und die Firma zahlt das Gehalt.") == FOREIGN_TEXT
