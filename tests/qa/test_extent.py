"""How much of the text an answer is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Document, Passage
from corpus.types import Section
from qa.cite import cite
from qa.extent import extent
from qa.types import Candidate
from tests.fakes import document

DEPOTS = "It runs depots in Bristol, Cardiff, Exeter and Plymouth since 1999."
GUARDS = (
    "They were taken down and there watched over by the three policemen, two gamekeepers with loaded guns, the butler, "
    "an ostler, and a carman, until the dawn."
)
LUGGAGE = (
    "He signalised his arrival with two virgin canvases, a brand-new easel, a paintbox, portmanteau, an ingenious "
    "little ladder made in sections (after the pattern), crowbar, and wire coils."
)
EMPLOYEES = "In 2023 it had 412 drivers and 96 office workers."
EXPENSES = (
    "To claim expenses, first fill in form E4. Then have it signed. Finally send it to the FSD. The FSD is closed on "
    "Mondays."
)
OPTIONS = (
    "You have these options:\n\n* Go home\n* Stay, or\n  leave later\n  * deeper\n* Pay\n\nNothing else is allowed."
)
STAGES = "1. Check out the source\n2. Install the build system\n3. Build\n"
LETTER = "The order President Trump signed on June 2, titled “Promoting Innovation, Trade and Security.”"
PETS = "No pets are allowed in the depots, except guide dogs. Visitors sign in."
RULES = (
    "Cooperation has not spared the other labs from friction of any kind, yet refusing to engage with them at "
    "all could invite the kind of blunt intervention that froze the flagship of one of them."
)


def answer(question: str, text: str, read: str, passage: tuple[int, int] | None = None) -> str:
    start, (first, last) = text.index(read), passage or (0, len(text))
    candidate = Candidate(Passage("d.txt", first, last, text[first:last], None), start, start + len(read), 1.0, 0.0)
    span = extent(question, candidate, document("d.txt", text))
    return text[span.start : span.end]


@pytest.mark.parametrize(
    ("question", "text", "read", "whole"),
    [
        ("Which depots does the company have?", DEPOTS, "Cardiff", "Bristol, Cardiff, Exeter and Plymouth"),
        ("Where are the depots?", DEPOTS, "Bristol, Cardiff", "Bristol, Cardiff, Exeter and Plymouth"),
        (
            "Who watched over the burglars?",
            GUARDS,
            "three policemen",
            "three policemen, two gamekeepers with loaded guns, the butler, an ostler, and a carman",
        ),
        (
            "what stuff did he bring",
            LUGGAGE,
            "a brand-new easel, a paintbox, portmanteau, an ingenious little ladder",
            LUGGAGE[LUGGAGE.index("two virgin") : -1],
        ),
        ("How many employees did it have in 2023?", EMPLOYEES, "96", "412 drivers and 96 office workers"),
        ("What are my options?", OPTIONS, "Stay", OPTIONS[OPTIONS.index("Go home") : OPTIONS.index("Pay") + 3]),
        ("What are my options?", OPTIONS, "these options", OPTIONS[OPTIONS.index("Go") : OPTIONS.index("Pay") + 3]),
        ("How do I build it?", STAGES, "Install the build system", STAGES[3:-1]),
        ("How do I claim expenses?", EXPENSES, "first fill in form E4", EXPENSES[19 : EXPENSES.index(". The FSD")]),
        ("How do I reset it?", "Press it.\nThen hold it. It is red.", "Press it", "Press it.\nThen hold it"),
        ("Are pets allowed in the depots?", PETS, "No", "No pets are allowed in the depots, except guide dogs"),
        ("What about pets?", PETS, "No", "No pets are allowed in the depots, except guide dogs"),
        ("Has cooperation spared other labs?", RULES, "has not spared", RULES[: RULES.index(", yet")]),
    ],
)
def test_a_part_of_what_was_asked_for_becomes_the_whole(question: str, text: str, read: str, whole: str) -> None:
    assert answer(question, text, read) == whole


@pytest.mark.parametrize(
    ("question", "text", "read"),
    [
        ("Which depot has been there the longest?", "Bristol, the oldest, Cardiff and Exeter are depots.", "Exeter"),
        ("Who is the chair?", "Present were Ruth Ames (chair), Colin Ames and Fatima Noor.", "Ruth Ames"),
        ("How many drivers did it have?", EMPLOYEES, "412"),
        ("Who signed the order?", LETTER, "President Trump"),
        (
            "Which surname did he use?",
            "After due thought, he chose the role of an artist and the surname of Smith.",
            "Smith",
        ),
        (
            "What did they push for?",
            "This year, after a push for preemption of state laws and the order, X won.",
            "preemption",
        ),
        ("Who wrote it?", "It was written by Ann and Bob.", "Ann"),
        ("Where was it held?", "It took place in Paris, France, and drew 500 visitors.", "Paris"),
        ("Who chaired it?", "It was chaired by Ann Brown, the mayor, and Bob White took the notes.", "Ann Brown"),
        ("What's the fee?", "The fee is 5 euros, books stay due, and 10 euros cover a loss.", "5 euros"),
        ("How many young children were saved?", "They saved 5 children and 2 dogs.", "5"),
        ("How many people were hurt?", "It killed 3 passengers and 12 crew were hurt.", "12"),
        ("May minutes", "The minutes of May are short, and were read. They are kept.", "short"),
        ("Which are members?", "The members are Ann Lee" + 9000 * " " + "Bob Ray, and others.", "Ann Lee"),
        ("Is it hot or cold?", "The water is cold, and the sea is warm.", "cold"),
        ("Did he say when it starts?", "He said that it starts on Monday, and left.", "on Monday"),
        ("How do you call it?", "Later it was called the Telephon. Then it was forgotten.", "the Telephon"),
        ("What is on the list?", "Milk is on the list. It is long.", "Milk"),
    ],
)
def test_what_is_whole_stays_as_it_was_read(question: str, text: str, read: str) -> None:
    assert answer(question, text, read) == read


def test_a_list_is_whole_though_its_passage_is_not() -> None:
    cut = OPTIONS.index("* Pay")
    assert answer("What are my options?", OPTIONS, "Stay", (0, cut)).endswith("Pay")


def test_nothing_is_taken_from_another_section() -> None:
    text = "* One\n* Two\n\n# Next\n\n* Three\n"
    at = text.index("# Next")
    source = Document(
        "d.md", text, "", "", "", sections=(Section("A", 0, 0, at), Section("Next", at, at + 6, len(text)))
    )
    candidate = Candidate(Passage("d.md", 0, at - 2, text[: at - 2], "A"), 2, 5, 1.0, 0.0)
    span = extent("What are the items?", candidate, source)
    assert text[span.start : span.end] == "One\n* Two"


def test_a_heading_that_was_asked_for_by_its_name_means_the_list_below_it() -> None:
    text = "# Agenda\n\n* Budget\n* Any other business\n"
    source = Document("d.md", text, "", "", "", sections=(Section("Agenda", 0, 8, len(text)),))
    candidate = Candidate(Passage("d.md", 0, len(text) - 1, text[:-1], "Agenda"), 2, 8, 1.0, 0.0)
    span = extent("works council agenda", candidate, source)
    assert text[span.start : span.end] == "Budget\n* Any other business"


@pytest.mark.parametrize("read", ["Item number 4 of", "These are the duties"])
@pytest.mark.parametrize("count", [60, 400])
def test_a_list_too_long_to_read_is_not_an_answer(read: str, count: int) -> None:
    text = "These are the duties:\n" + "".join(f"* Item number {n} of a list without an end\n" for n in range(count))
    assert answer("What are the duties?", text, read) == read


def test_what_is_quoted_beyond_the_passage_is_whole_sentences() -> None:
    end = EXPENSES.index(" Then")
    candidate = Candidate(Passage("d.txt", 0, end, EXPENSES[:end], None), 19, 40, 1.0, 0.0)
    source = document("d.txt", EXPENSES)
    citation = cite(candidate, source, extent("How do I claim expenses?", candidate, source))
    assert citation.quote == EXPENSES[: EXPENSES.index(" The FSD")] and citation.answer.endswith("to the FSD")
    cut = OPTIONS.index("* Pay")
    candidate = Candidate(Passage("d.txt", cut, cut + 5, "* Pay", None), cut + 2, cut + 5, 1.0, 0.0)
    citation = cite(
        candidate, document("d.txt", OPTIONS), extent("What are my options?", candidate, document("d.txt", OPTIONS))
    )
    assert citation.quote.startswith("* Go home") and citation.answer.startswith("Go home")


QUESTIONS = ["Which are there?", "How do I do it?", "Is it so?", "How many are there?", "Who are they?", "Why?", "x"]
PIECES = [
    "one",
    "two",
    ", ",
    " and ",
    ". ",
    "\n* ",
    "\n",
    "\n\n",
    "3 dogs",
    "No",
    ":",
    ";",
    "(",
    "Then ",
    "first ",
    "日。",
    "e\u0301",
]


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join),
    st.sampled_from(QUESTIONS),
    st.data(),
)
def test_any_span_stays_within_its_answer_which_can_be_cited(text: str, question: str, data: st.DataObject) -> None:
    words = [n for n, character in enumerate(text) if character.isalnum()]
    if not words:
        return
    start, end = sorted((data.draw(st.sampled_from(words)), data.draw(st.sampled_from(words))))
    source = document("d.txt", text)
    candidate = Candidate(Passage("d.txt", 0, len(text), text, None), start, end + 1, 1.0, 0.0)
    span = extent(question, candidate, source)
    assert (span.start <= start and end < span.end) or ":" in text[start : span.start]  # which leads to a list
    citation = cite(candidate, source, span)
    assert text[citation.start : citation.end] == citation.quote and citation.answer == text[span.start : span.end]
