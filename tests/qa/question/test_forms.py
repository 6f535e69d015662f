"""What a question may mean, and that the form which is answered best is kept."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from corpus import Passage
from index import Index
from qa import Answerer, Turn
from qa.question.forms import Form, Forms
from qa.types import Candidate
from tests.fakes import FixedReader, HashEncoder, document

LEASE = document(
    "lease.txt",
    "The Harrow Bridge lease ends in December 2028. It starts in March 2021.\n\nThe lease was signed by Olga Petrov of "
    "Calder Pumps Ltd.\n\nThe safety officer is Ruth Pemberton. The depots are cleaned weekly.",
)


class PieceEncoder(HashEncoder):
    """Knows the words of the lease as one piece each, and no others."""

    def count_tokens(self, text: str) -> int:
        known = {word.strip(".").casefold() for word in LEASE.text.split()} | {"who", "is", "owns", "leads"}
        return sum(1 if word in known else 2 for word in text.split())


END = Turn("When does the lease end?", "December 2028")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index.build([LEASE], tmp_path_factory.mktemp("index"), encoder=PieceEncoder())


@pytest.mark.parametrize(
    "question",
    ["Who is the safety officer?", "Who signed the Harrow Bridge lease?", "Is it true that Calder Pumps Ltd signed?"],
)
@pytest.mark.parametrize("history", [[], [END]])
def test_a_question_that_stands_alone_has_one_form_itself(index: Index, question: str, history: list[Turn]) -> None:
    assert Forms(index).of(question, history) == [Form(question, question)]


@pytest.mark.parametrize("question", ["When does it start?", "Who approves it?", "How many days do they get?"])
def test_a_date_is_no_it_so_the_question_is_read_as_typed_among_what_was_asked_before(
    index: Index, question: str
) -> None:
    typed, beside = Forms(index).of(question, [END])
    assert typed == Form(question, question)
    assert beside == Form(f"{question} {END.question}", question)


def test_what_is_completed_comes_first_and_is_not_the_only_form(index: Index) -> None:
    history = [Turn("Who signed the lease?", "Olga Petrov")]
    assert Forms(index).of("Where does she work?", history) == [
        Form("Where does Olga Petrov work?", "Where does Olga Petrov work?"),
        Form("Where does she work? Who signed the lease?", "Where does she work?"),
    ]


def test_a_misspelt_word_of_the_corpus_is_put_right_and_kept_beside(index: Index) -> None:
    forms = [form.searched for form in Forms(index).of("Who is the saftey oficer?", [])]
    assert forms == ["Who is the safety officer?", "Who is the saftey oficer?"]


def test_a_name_that_may_be_anothers_is_only_offered(index: Index) -> None:
    question = "What did Olga Petorv sign?"
    assert Forms(index).of(question, []) == [Form(question, question)]
    assert Answerer(index, reader=FixedReader({})).ask(question).did_you_mean == "What did Olga Petrov sign?"


def test_of_a_turn_that_was_abstained_from_only_what_the_corpus_knows_is_meant(index: Index) -> None:
    unknown, known = (Turn(f"Who leads {name}?", None) for name in ("Apple Computers", "Calder Pumps Ltd"))
    assert Forms(index).of("Who signed it?", [unknown])[0].read == "Who signed it?"
    assert Forms(index).of("Who owns it?", [known])[0].read == "Who owns Calder Pumps Ltd?"


class HeardReader(FixedReader):
    """Finds its words only where it was asked the question that it knows."""

    def __init__(self, known: str, margins: dict[str, float]) -> None:
        super().__init__(margins)
        self.known, self.asked = known, list[str]()

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        self.asked.append(question)
        return super().read(question, passages) if question == self.known else [[] for _ in passages]


def test_the_form_that_is_answered_best_is_kept_and_told(index: Index) -> None:
    reader = HeardReader("Where does she work?", {"Calder Pumps Ltd": 5.0})
    history = [Turn("Who signed the lease?", "Olga Petrov")]
    answer = Answerer(index, reader=reader).ask("Where does she work?", history=history)
    assert (answer.text, answer.read) == ("Calder Pumps Ltd", "Where does she work?")
    assert answer.query == "Where does she work? Who signed the lease?"
    reader = HeardReader("Who is the saftey oficer?", {"Ruth Pemberton": 5.0})
    answer = Answerer(index, reader=reader).ask("Who is the saftey oficer?")
    assert (answer.text, answer.query) == ("Ruth Pemberton", "Who is the saftey oficer?")
    assert answer.did_you_mean == "Who is the safety officer?", "what else was tried is offered"
    assert reader.asked == ["Who is the safety officer?", "Who is the saftey oficer?"]


def test_what_would_have_to_be_worked_out_is_refused_in_its_own_words(index: Index) -> None:
    reader = FixedReader({"The depots are cleaned weekly": 9.0})
    answer = Answerer(index, reader=reader).ask("Which depot is the largest?")
    assert (answer.text, answer.reason, answer.citations) == (None, "computation", ())
    assert answer.message and "does not count, add up or compare" in answer.message
    assert answer.hits, "the passages that a person would compare are shown"


def test_an_index_on_disk_is_not_needed_for_names(tmp_path: Path) -> None:
    empty = Index.build([document("a.txt", "nothing here has a name.")], tmp_path, encoder=HashEncoder())
    assert Forms(empty).of("And why?", [Turn("Is there a name?", "nothing here has a name")])[-1].read == "And why?"
