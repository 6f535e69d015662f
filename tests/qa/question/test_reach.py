"""What a question asks that a reader cannot do, and what it only seems to."""

import pytest

from qa.question.reach import COUNTS, FOREIGN_QUESTION, FOREIGN_TEXT, beyond, is_computed, is_foreign

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
    ("question", "quote"),
    [
        ("Which depot has the most loading bays?", "The Cardiff depot opened in 1995 and has 14 loading bays."),
        ("How many people in all guarded them?", "They were guarded by three policemen."),
        ("How many more days does A get than B?", "A gets 30 days."),
        ("How many minutes does it save compared with kneading by hand?", "A machine takes 10 minutes."),
        ("What is the average price?", "The price was 4 in May and 6 in June."),
    ],
)
def test_what_no_sentence_says_would_have_to_be_worked_out(question: str, quote: str) -> None:
    assert is_computed(question, quote)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Which depot has the most loading bays?", "Plymouth has the most loading bays, 22."),
        ("Which supplier is the largest?", "The biggest supplier is Calder."),
        ("How many were sold in total?", "Altogether 300 were sold."),
        ("How many more days does A get than B?", "A gets ten more days than B."),
        ("What is the average price?", "On average it costs 5."),
        ("How old was she when she won?", "She was 34 when she won the prize."),
        ("Is smoking banned in all buildings?", "Smoking is prohibited inside every building."),
        ("Can the coupon be combined with other offers?", "This voucher is not valid with other promotions."),
        ("What are results sorted by?", "Results are sorted by date by default."),
        ("What is the most common cause of fires?", "The leading cause of fires is cooking."),
        ("How many loading bays has Cardiff?", "It has 14 loading bays."),
        ("Who told the most senior officer?", "Ruth told him."),
        ("Why was the total harvest poor?", "The harvest was poor for want of rain."),
    ],
)
def test_what_a_sentence_says_need_not_be(question: str, quote: str) -> None:
    assert not is_computed(question, quote)


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
