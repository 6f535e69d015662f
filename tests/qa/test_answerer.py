from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corpus import Passage, read_folder
from index import Index, OnnxEncoder
from index.errors import EmptyCorpus, UnknownDocument
from qa import Answerer, load_reader
from qa.confidence import FEATURES, Calibration
from qa.errors import EmptyQuestion, InvalidText, QuestionTooLong
from qa.types import Candidate, Turn
from tests.fakes import FixedReader, HashEncoder, document

QUESTIONS = [
    "Who is Meta's spokesperson?",
    "How much did Meta pay for its stake in Scale AI?",
    "When was the executive order signed?",
    "Which models did Lutnick place under export controls?",
    "What did the Pentagon brand Anthropic?",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_a_cited_span_of_the_document(answerer: Answerer, question: str) -> None:
    answer = answerer.ask(question)
    assert answer.text and not answer.abstained
    assert answer.citations
    for citation in answer.citations:
        text = answerer.index.document(citation.doc_id).text
        assert text[citation.start : citation.end] == citation.quote
        assert citation.start <= citation.answer_start < citation.answer_end <= citation.end
    first = answer.citations[0]
    assert answerer.index.document(first.doc_id).text[first.answer_start : first.answer_end] == answer.text


def test_a_likely_misspelling_is_searched_as_it_was_meant_which_is_told(answerer: Answerer) -> None:
    asked = answerer.ask("Who is Meta's spoksperson?")
    assert asked.query == asked.read == "Who is Meta's spokesperson?" and "Francis Brennan" in (asked.text or "")
    assert asked.did_you_mean is None and asked.question == "Who is Meta's spoksperson?"
    for fine in ("Who is Meta's spokesperson?", "Who are the spokespersons?", "Which zebra?", "xqzvw?", "Hello!"):
        answer = answerer.ask(fine)
        assert (answer.query, answer.did_you_mean) == (fine, None)


@pytest.mark.parametrize("question", ["Who won the 1998 World Cup?", "Explain quantum entanglement", "🙂🙂🙂", "???"])
def test_what_the_corpus_does_not_say_is_said_to_be_so(answerer: Answerer, question: str) -> None:
    answer = answerer.ask(question)
    assert (answer.text, answer.abstained, answer.reason, answer.citations) == (None, True, "no_evidence", ())
    assert answer.message and "do not seem to say" in answer.message
    assert answer.hits, "the nearest passages are shown all the same"


def test_the_timings_are_of_all_forms_that_were_tried(answerer: Answerer) -> None:
    timings = answerer.ask("Who is Meta's spoksperson?").timings
    assert sum(timings[stage] for stage in ("encode", "retrieve", "read")) >= 0.8 * timings["total"]


def test_hits_carry_their_ranks_and_the_timings_their_stages(answerer: Answerer) -> None:
    answer = answerer.ask(QUESTIONS[0], top_k=3)
    assert [hit.rank for hit in answer.hits] == [1, 2, 3]
    assert set(answer.timings) == {"encode", "retrieve", "read", "total"}
    parts = answer.timings["encode"] + answer.timings["retrieve"] + answer.timings["read"]
    assert 0 < parts <= answer.timings["total"]


@pytest.mark.parametrize(
    ("question", "reason"), [("hello", "greeting"), ("Thank you!", "thanks"), ("what can you do?", "help")]
)
def test_small_talk_gets_a_fixed_reply_and_no_span(answerer: Answerer, question: str, reason: str) -> None:
    answer = answerer.ask(question)
    assert (answer.text, answer.reason, answer.citations, answer.hits) == (None, reason, (), ())
    assert answer.message


HANDBOOK = {
    "faq.md": "# Questions\n\n## How does it work?\n\nSee below.\n\n## How do I reset my password?\n\nGo to the help "
    "desk.\n\n## Who pays for a taxi?\n\nThe company pays for a taxi after ten in the evening.\n",
    "leave.md": "# Leave\n\n## Sick days\n\nCall the front desk before nine.\n\n## Holidays\n\nThirty days a year.\n",
    "office.md": "# The office\n\n## Visitors\n\nVisitors sign the book at the front desk and wear a yellow badge.\n",
    "tuesday.txt": "Notes of Tuesday\n\nGrace Hopper leads the Lisbon branch. She took over from Alan Turing.\n",
}


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Answerer:
    folder = tmp_path_factory.mktemp("handbook")
    for name, text in HANDBOOK.items():
        (folder / name).write_text(text, encoding="utf-8")
    index = Index.build(read_folder(folder), tmp_path_factory.mktemp("index"), encoder=encoder)
    return Answerer(index, reader=load_reader("quick"))


def test_the_written_examples_are_all_answered(answerer: Answerer) -> None:
    assert len(answerer.examples) == 4
    assert answerer.examples[0] == QUESTIONS[0]


def test_each_example_of_any_documents_is_answered(handbook: Answerer) -> None:
    assert "Who pays for a taxi?" in handbook.examples, "a heading that is a question is asked as it stands"
    assert 1 < len(handbook.examples) <= 4
    for example in handbook.examples:
        assert any(map(str.isalnum, handbook.ask(example).text or "")), example


def test_a_summary_begins_below_the_headings(handbook: Answerer) -> None:
    quotes = [citation.quote for citation in handbook.ask("What is this about?").citations]
    assert quotes[:2] == ["See below.", "Call the front desk before nine."]


def test_help_offers_the_examples_of_the_chosen_documents(handbook: Answerer) -> None:
    message = handbook.ask("help").message or ""
    assert all(f"“{example}”" in message for example in handbook.examples)
    chosen = handbook.ask("help", doc_ids=["leave.md", "tuesday.txt"]).message or ""
    assert "taxi" not in chosen and "What is this about?" in chosen


def test_there_is_no_example_where_nothing_is_answered(handbook: Answerer) -> None:
    assert "Try" not in (handbook.ask("help", doc_ids=[]).message or "")


def test_a_summary_is_the_opening_in_the_documents_own_words(answerer: Answerer) -> None:
    answer = answerer.ask("what is this about?")
    (citation,) = answer.citations
    text = answerer.index.document(citation.doc_id).text
    assert answer.text == text[citation.start : citation.end]
    assert answer.text.startswith("Reporting says every other major US lab")


def test_a_summary_of_several_documents_cites_each(tmp_path_factory: pytest.TempPathFactory) -> None:
    documents = [document(f"{name}.txt", f"{name} opens here. Then it goes on.") for name in ("one", "two")]
    index = Index.build(documents, tmp_path_factory.mktemp("two"), encoder=HashEncoder())
    answer = Answerer(index).ask("summarise")
    assert [citation.doc_id for citation in answer.citations] == ["one.txt", "two.txt"]
    assert [c.doc_id for c in Answerer(index).ask("summarise", doc_ids=["two.txt"]).citations] == ["two.txt"]


def test_chosen_documents_that_hold_nothing(answerer: Answerer) -> None:
    assert answerer.ask("summarise", doc_ids=[]).reason == "no_passages"
    answer = answerer.ask(QUESTIONS[0], doc_ids=[])
    assert (answer.reason, answer.hits) == ("no_passages", ())


@pytest.mark.parametrize(
    ("question", "error", "sentence"),
    [
        ("", EmptyQuestion, "type one"),
        (" \n\t ", EmptyQuestion, "type one"),
        ("x" * 2001, QuestionTooLong, "2,001 characters.*shorten it"),
        ("who is \ud800?", InvalidText, "valid Unicode"),
    ],
)
def test_bad_questions(answerer: Answerer, question: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        answerer.ask(question)


def test_an_unknown_document(answerer: Answerer) -> None:
    with pytest.raises(UnknownDocument):
        answerer.ask("Who?", doc_ids=["nope.txt"])


@pytest.mark.parametrize(
    "question", ["\x00\x07 who \x1b[31m", "كيف حالك", "谁是发言人？", "e\u0301" * 900, "a" * 2000, "?" * 2000]
)
def test_odd_questions_are_answered_or_not_but_never_crash(answerer: Answerer, question: str) -> None:
    answer = answerer.ask(question)
    for citation in answer.citations:
        assert answerer.index.document(citation.doc_id).text[citation.start : citation.end] == citation.quote


def calibration() -> Calibration:
    """The probability of a margin alone."""
    zeros, ones = (0.0,) * len(FEATURES), (1.0,) * len(FEATURES)
    return Calibration("fixed", "hash", 120, zeros, ones, (1.0, *zeros[1:]), 0.0, 0.6, 0.3)


TWICE = "Dogs bark at strangers. Cats sleep all day. Some say that dogs chase strangers too. Birds sing."


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Each sentence a passage, so that spans of several passages compete."""
    documents = [document(f"{n}.txt", f"{sentence}.") for n, sentence in enumerate(TWICE.rstrip(".").split(". "))]
    return Index.build(documents, tmp_path_factory.mktemp("twice"), encoder=HashEncoder())


def test_the_same_answer_found_twice_is_cited_twice_and_shown_once(twice: Index) -> None:
    answer = Answerer(twice, reader=FixedReader({"strangers": 4.0, "Cats": -3.0})).ask("Who do dogs chase and bark at?")
    assert answer.text == "strangers"
    assert sorted(citation.doc_id for citation in answer.citations) == ["0.txt", "2.txt"]


def test_good_spans_of_different_sentences_are_all_cited(twice: Index) -> None:
    reader = FixedReader({"sleep all day": 5.0, "sing": 2.0, "bark": -1.0})
    assert len(Answerer(twice, reader=reader).ask("What do they do?").citations) == 1, "without a probability only one"
    answer = Answerer(twice, reader=reader, calibration=calibration()).ask("What do they do?")
    quotes = [citation.quote for citation in answer.citations]
    assert answer.text == "sleep all day"
    assert quotes == ["Cats sleep all day.", "Birds sing."]


def test_a_further_sentence_that_is_less_likely_right_than_not_is_not_cited(twice: Index) -> None:
    reader = FixedReader({"sleep all day": 5.0, "sing": 0.5})
    unsure = Answerer(twice, reader=reader, calibration=replace(calibration(), bias=-1.0, threshold=0.1, floor=0.05))
    assert [citation.quote for citation in unsure.ask("What do they do?").citations] == ["Cats sleep all day."]


def test_one_sentence_is_cited_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    index = Index.build([document("d.txt", TWICE)], tmp_path_factory.mktemp("one"), encoder=HashEncoder())
    answer = Answerer(index, reader=FixedReader({"Dogs": 3.0, "strangers": 2.0})).ask("Who barks at whom?")
    assert [citation.quote for citation in answer.citations] == ["Dogs bark at strangers."]


def test_no_more_than_three_are_cited(tmp_path_factory: pytest.TempPathFactory) -> None:
    documents = [document(f"{n}.txt", f"Number {n} saw strangers.") for n in range(6)]
    index = Index.build(documents, tmp_path_factory.mktemp("six"), encoder=HashEncoder())
    assert len(Answerer(index, reader=FixedReader({"strangers": 3.0})).ask("Who was seen?").citations) == 3


def test_copies_of_a_text_leave_room_for_other_evidence(tmp_path: Path) -> None:
    """Five copies of a note, one of them wrapped otherwise, and two other texts."""
    copies = {f"copy-{n}.txt": "Dogs bark at strangers all night." for n in range(4)}
    texts = {**copies, "copy-4.txt": "Dogs bark\nat strangers all night.", "f.txt": "Foxes bark at strangers."}
    texts |= {"g.txt": "Geese cackle at strangers.", "h.txt": "Hens see strangers."}
    documents = [document(name, text) for name, text in texts.items()]
    answerer = Answerer(Index.build(documents, tmp_path, encoder=HashEncoder()), reader=FixedReader({"strangers": 3.0}))
    answer = answerer.ask("Dogs bark at whom all night?")
    assert [citation.doc_id for citation in answer.citations[:1]] == ["copy-0.txt"]
    assert len({citation.quote for citation in answer.citations}) == 3
    assert [hit.rank for hit in answer.hits] == [1, 2, 3, 4]
    assert len({hit.passage.text for hit in answer.hits}) == 4
    asked = answerer.ask("Dogs bark at whom all night?", doc_ids=["copy-3.txt"])
    assert [citation.doc_id for citation in asked.citations] == ["copy-3.txt"], "a copy that is asked about answers"


def test_a_sentence_that_stands_in_several_passages_is_cited_after_others(tmp_path: Path) -> None:
    same = "Dogs bark at strangers."
    wrapped = same.replace(" at", "\nat")
    texts = [f"{same} It was Monday.", f"{same} It was Tuesday.", f"{wrapped} It was Friday.", "Foxes fear strangers."]
    documents = [document(f"{n}.txt", text) for n, text in enumerate(texts)]
    answerer = Answerer(Index.build(documents, tmp_path, encoder=HashEncoder()), reader=FixedReader({"strangers": 3.0}))
    quotes = [citation.quote for citation in answerer.ask("Dogs bark at whom?").citations]
    assert quotes == [same, "Foxes fear strangers.", same]


ODD = st.one_of(
    st.sampled_from("ab. \n\r\t\f\x0b\x1c\u2028\u0085!?。|-*#\"“”()[]'’0123,:;\u200d\u00ad\u0301🙂हि"),
    st.characters(exclude_categories=["Cs"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(ODD, min_size=1, max_size=300), min_size=1, max_size=2),
    question=st.text(ODD, min_size=1, max_size=60),
)
def test_whatever_documents_and_questions_hold_citations_are_exact(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], question: str
) -> None:
    documents = [document(f"{number}.txt", text) for number, text in enumerate(texts)]
    try:
        index = Index.build(documents, tmp_path_factory.mktemp("odd"), encoder=HashEncoder())
    except EmptyCorpus:
        assume(False)
    reader, zeros = load_reader("quick"), (0.0,) * len(FEATURES)
    always = Calibration(
        reader.name, "hash", 120, zeros, (1.0,) * len(FEATURES), zeros, bias=0.0, threshold=0.0, floor=0.0
    )
    answer = Answerer(index, reader=reader, calibration=always).ask(f"who {question}")
    assert bool(answer.citations) == bool(answer.candidates)
    for cited in answer.citations:
        text = index.document(cited.doc_id).text
        assert text[cited.start : cited.end] == cited.quote
        assert cited.start <= cited.answer_start < cited.answer_end <= cited.end


def test_a_history_that_is_no_text_is_refused(answerer: Answerer) -> None:
    with pytest.raises(InvalidText):
        answerer.ask("Why?", history=[Turn("Who is \ud800?", None)])


def test_more_is_read_than_is_shown_where_the_reader_is_worth_it(tmp_path: Path) -> None:
    texts = [f"Dogs bark number {n}." for n in range(30)]
    index = Index.build([document(f"{n}.txt", text) for n, text in enumerate(texts)], tmp_path, encoder=HashEncoder())
    read: list[int] = []

    class DeepReader(FixedReader):
        def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
            read.append(len(passages))
            return super().read(question, passages)

    reader, seen = DeepReader({"number 29": 3.0}), []
    reader.depth = 30
    answer = Answerer(index, reader=reader).ask("Which dogs bark?", top_k=4, on_hits=seen.extend)
    assert (answer.text, read, len(seen), len(answer.hits)) == ("number 29", [30], 4, 4)
    assert answer.hits[0].passage.text == texts[29], "what answers comes first"
    assert len(Answerer(index, reader=reader).ask("Which dogs bark?", top_k=40).hits) == 30
