import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Passage, split
from qa.cite import cite
from qa.errors import CitationBroken
from qa.types import Candidate
from tests.fakes import document

TEXT = "One came first. 🙂 Two e\u0301 followed, and more. Then one came again.\n\nOne came first."


def whole(text: str) -> Passage:
    return Passage("d.txt", 0, len(text), text, None)


def test_the_quote_is_the_whole_sentence_around_the_span() -> None:
    start = TEXT.index("followed")
    citation = cite(Candidate(whole(TEXT), start, start + 8, 1, 0), document("d.txt", TEXT))
    assert citation.quote == "🙂 Two e\u0301 followed, and more."
    assert TEXT[citation.start : citation.end] == citation.quote
    assert (citation.answer_start, citation.answer_end) == (start, start + 8)


def test_the_second_occurrence_is_cited_where_it_stands() -> None:
    start = TEXT.rindex("One came")
    citation = cite(Candidate(whole(TEXT), start, start + 8, 1, 0), document("d.txt", TEXT))
    assert citation.start == start


def test_a_span_over_two_sentences_quotes_both() -> None:
    start = TEXT.index("first")
    end = TEXT.index("followed")
    citation = cite(Candidate(whole(TEXT), start, end, 1, 0), document("d.txt", TEXT))
    assert citation.quote == "One came first. 🙂 Two e\u0301 followed, and more."


def test_a_passage_that_is_not_in_its_document_is_caught() -> None:
    with pytest.raises(CitationBroken):
        cite(Candidate(whole(TEXT), 0, 3, 1, 0), document("d.txt", "X" + TEXT))
    with pytest.raises(CitationBroken):
        cite(Candidate(whole(TEXT), 400, 403, 1, 0), document("d.txt", TEXT))


@given(st.text(alphabet="ab. \n🙂e\u0301?!日。", min_size=1, max_size=200), st.data())
def test_any_span_of_any_text_is_quoted_exactly(text: str, data: st.DataObject) -> None:
    source = document("d.txt", text, title="")
    for passage in split(source, count_tokens=lambda t: len(t.split()), max_tokens=20, target_tokens=8):
        start = data.draw(st.integers(passage.start, passage.end - 1))
        end = data.draw(st.integers(start + 1, passage.end))
        start, end = start + leading(text[start:end]), end - leading(text[start:end][::-1])
        if start >= end:
            continue  # nothing but blanks
        citation = cite(Candidate(passage, start, end, 1, 0), source)
        assert text[citation.start : citation.end] == citation.quote
        assert citation.start <= start < end <= citation.end


def leading(text: str) -> int:
    return len(text) - len(text.lstrip())
