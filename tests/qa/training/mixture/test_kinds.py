"""Questions made by rule: what is asked, and that the answer stands where the label says."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import sentences
from qa.training.data.examples import Example
from qa.training.mixture.kinds import made_by_rule, paragraphs
from qa.training.mixture.tables import COLUMNS, about_tables

TEXT = (
    "The harbour was closed in 1953 because the river had filled it with sand. To open an account, bring a passport "
    "and a recent bill. The bridge was strengthened by adding two steel arches. Our services include ferries, night "
    "buses, and bicycle hire. The Lantern Fair is a market of paper lamps that is held every autumn. Some boats may "
    "not anchor within the outer wall. It was closed because nobody came. However, the road was widened because "
    "traffic grew."
)
NAMES = [f"{a} {b}" for a in ("North", "Upper", "Old", "Saint", "Little") for b in ("Quay", "Hill", "Mill", "Gate")]


@pytest.fixture(scope="module")
def made() -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for seed in range(60):
        for example in made_by_rule([("Harbour", TEXT)], Random(seed)):
            found.setdefault(example.id.split("-")[1], []).append(example)
    return found


@pytest.mark.parametrize(
    ("kind", "question", "answer"),
    [
        ("why", "Why was the harbour closed in 1953?", "the river had filled it with sand"),
        ("how", "How was the bridge strengthened?", "by adding two steel arches"),
        ("how", "How do I open an account?", "bring a passport and a recent bill"),
        ("list", "What do our services include?", "ferries, night buses, and bicycle hire"),
        ("definition", "What is the Lantern Fair?", "a market of paper lamps that is held every autumn"),
        ("yesno", "May some boats anchor within the outer wall?", "may not anchor within the outer wall"),
    ],
)
def test_each_kind_is_asked_for_and_answered(
    made: dict[str, list[Example]], kind: str, question: str, answer: str
) -> None:
    assert (question, answer) in {(e.question, e.answers[0][0]) for e in made[kind]}


def test_what_is_not_named_is_not_asked_about(made: dict[str, list[Example]]) -> None:
    asked = " ".join(e.question for members in made.values() for e in members).casefold()
    assert "however" not in asked and "it closed" not in asked and "was it" not in asked


def test_a_list_that_is_laid_out_begins_and_ends_with_its_items(made: dict[str, list[Example]]) -> None:
    laid_out = [e for e in made["list"] if "\n" in e.answers[0][0]]
    assert laid_out and len(laid_out) < len(made["list"])
    for example in laid_out:
        ((text, _),) = example.answers
        assert text.startswith("ferries") and text.endswith("bicycle hire")
        lines = [example.context[s.start : s.end] for s in sentences(example.context)]
        assert sum(item in line for item in ("ferries", "night buses", "bicycle hire") for line in lines) == 3


def test_every_answer_stands_where_the_label_says(made: dict[str, list[Example]]) -> None:
    for example in (e for members in made.values() for e in members):
        text, start = example.answers[0]
        assert example.context[start : start + len(text)] == text and example.focus == start


WORDS = """The harbour was closed because of sand. To open doors, push them by turning keys. U.S. 1,200 3.5 people are a
kind of red, green and blue boats that Boats include, however, due to in order so that is means. \n\n"""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split(" ")), max_size=60).map(" ".join))
def test_any_text_is_gone_through(text: str) -> None:
    for example in made_by_rule([("t", text)], Random(0)):
        answer, start = example.answers[0]
        assert example.context[start : start + len(answer)] == answer == answer.strip()
        assert "\n" not in example.question and "\n\n" not in answer


@pytest.mark.parametrize(
    "text",
    [
        "The mill was shut because of pressure from the U.S. government.",
        "The next train is due to arrive at noon.",
        "The bridge was reached by spring of that same year.",
        "To achieve this, the council raised a loan.",
    ],
)
def test_what_only_looks_like_one_makes_no_question(text: str) -> None:
    made = [e for seed in range(40) for e in made_by_rule([("t", text)], Random(seed))]
    assert [(e.question, e.answers[0][0]) for e in made if "yesno" not in e.id] == []


def test_a_clause_within_a_subject_and_a_time_make_no_question() -> None:
    text = "The church that was built in 1400 stands near the river. The town has grown since it was founded in 1900."
    made = {e.question for seed in range(60) for e in made_by_rule([("t", text)], Random(seed))}
    assert made <= {"Has the town grown since it was founded in 1900?"}


def test_numbers_stay_whole() -> None:
    made = [
        e for s in range(60) for e in made_by_rule([("t", "The town has a population of 1,200 people.")], Random(s))
    ]
    assert not made, "cut at its comma it would be another number"


def test_a_long_text_is_parted_at_its_paragraphs() -> None:
    text = "\n\n".join(f"Paragraph {n} of some words." * 5 for n in range(30))
    parts = [part for _, part in paragraphs("t", text)]
    assert "\n\n".join(parts) == text
    assert all(len(part) <= 900 for part in parts) and len(parts) < 10


def test_tables_have_exact_labels_and_questions_without_an_answer() -> None:
    made = about_tables(NAMES, 400, Random(1))
    for example in made:
        assert example.answerable == bool(example.answers)
        if example.answers:
            text, start = example.answers[0]
            assert example.context[start : start + len(text)] == text
            assert "|" not in text and text == text.strip()
    kinds = Counter(example.answerable for example in made)
    assert 60 < kinds[False] < 140
    layouts = Counter((e.context.count("---") > 0, e.context.splitlines()[-1].startswith("|")) for e in made)
    assert len(layouts) == 3, "Markdown, bars around, bars between"


def test_what_a_table_lacks_is_what_makes_its_question_unanswerable() -> None:
    for example in (e for e in about_tables(NAMES, 200, Random(2)) if not e.answerable):
        header = example.context[: example.context.index("\n", example.context.index("|"))].lower()
        row = next((name for name in NAMES if name in example.question and name in example.context), None)
        asked = next((c.lower() for c in COLUMNS if c.lower() in example.question.lower()), None)
        if asked is None:
            assert example.question.startswith("When is") and row is None, example.question
        else:
            assert row is None or asked not in header, example.question
