"""What the chat renders, without a browser: escaping, offsets, and what tells an answer from an abstention."""

from dataclasses import replace

import pytest
from lxml import html

from corpus import Document, Passage, Section, Span
from index import Hit
from qa.types import Answer
from qa.wire.links import version_of
from tests.fakes import document
from tests.ui.chat.markup import answer_to, panel, parsed, texts
from ui.chat import page, source
from ui.chat.answers import place_of
from ui.chat.entries import Entry, history
from ui.chat.source import Place

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> ${alert(3)} {{7*7}} `x` "
    "\"'&lt;b&gt; [a](javascript:alert(4))"
)
COMBINED = "😀 é́ 👩‍👩‍👧 café 𝔘"


def abstention(found: Document, count: int = 4, **changes: object) -> Answer:
    passage = Passage(found.doc_id, 0, len(found.text), found.text, "A section", found.title)
    hits = tuple(Hit(passage, rank, 1 / rank) for rank in range(1, count + 1))
    answer = Answer("Why?", "Why?", reason="no_evidence", message="The documents do not say.", hits=hits)
    return replace(answer, **changes)


def turn(answer: Answer, *documents: Document) -> str:
    """``documents`` are those that the answer's hits are of."""
    digests = {found.doc_id: found.text_digest for found in documents}
    return page.conversation([Entry(answer.question, replace(answer, digests=digests))], [])


def test_the_answer_is_bold_within_its_quote() -> None:
    found = document("a.txt", "One came. Two men saw it. Three left.")
    shown = turn(answer_to("Who saw it?", (found, "Two men")), found)
    assert texts(shown, "//blockquote") == ["Two men saw it."]
    assert texts(shown, "//blockquote/strong") == ["Two men"]


@pytest.mark.parametrize("before", [COMBINED, HOSTILE, "שלום ", "a\r\nb "])
def test_offsets_hold_behind_any_text(before: str) -> None:
    found = document("a.txt", f"{before} then the Café 😀 opened in 1987 & closed.")
    assert texts(turn(answer_to("When?", (found, "1987 &")), found), "//blockquote/strong") == ["1987 &"]
    shown = panel(found, "1987 &")
    assert texts(shown, "//mark/strong") == ["1987 &"]
    assert texts(shown, "//mark")[0].endswith("then the Café 😀 opened in 1987 & closed.")


def test_only_the_cited_occurrence_is_marked() -> None:
    sentence = "It rained on Monday."
    found = document("a.txt", f"{sentence} It was cold.\n\n{sentence} It was warm.\n\nIt was warm.")
    citation = answer_to("?", (found, "Monday")).citations[0]
    shown = source.source_panel(found, place_of(citation))
    assert texts(shown, "//mark") == [sentence]
    marked = parsed(shown).xpath("//mark")[0]
    assert marked.getparent().text_content() == f"{sentence} It was warm."
    assert found.text[citation.start : citation.end] == sentence


def test_a_quote_over_several_paragraphs_is_marked_in_each() -> None:
    found = document("a.txt", "First one.\n\nSecond one.\n\nThird one.")
    place = Place("a.txt", Span(6, 18), Span(20, 20))
    assert texts(source.source_panel(found, place), "//mark") == ["one.", "Second"]


def test_each_citation_has_a_chip_that_names_its_place() -> None:
    first = document("a.txt", "One came. Two men saw it.", title="First book")
    second = document("b.txt", "Nobody came.", title="Second book")
    shown = turn(answer_to("Who?", (first, "Two men"), (second, "Nobody")), first, second)
    assert texts(shown, "//button[@class='chip']") == ["1", "2"]
    assert texts(shown, "//figcaption//cite") == ["First book", "Second book"]
    labels = parsed(shown).xpath("//button[@class='chip']/@aria-label")
    assert labels == ["Citation 1: open the source at First book", "Citation 2: open the source at Second book"]


def test_the_same_sentence_is_shown_once_with_the_chips_of_both_places() -> None:
    first = document("a.txt", "Nobody. Two men\nsaw it.", title="First book")
    second = document("b.txt", "Two men saw it.", title="Second book")
    third = document("c.txt", "It was seen by Two men.", title="Third book")
    shown = turn(answer_to("Who?", *((found, "Two men") for found in (first, third, second))), first, second, third)
    assert texts(shown, "//blockquote") == ["Two men\nsaw it.", "It was seen by Two men."]
    assert texts(shown, "//blockquote/strong") == ["Two men", "Two men"]
    chips = [texts(markup, "//*[@class='cited']") for markup in _figures(shown)]
    assert chips == [["1First book", "3Second book"], ["2Third book"]]


def test_the_same_sentence_with_another_answer_is_shown_again() -> None:
    first, second = document("a.txt", "Two men saw one dog."), document("b.txt", "Two men saw one dog.")
    shown = turn(answer_to("Who?", (first, "Two men"), (second, "one dog")), first, second)
    assert texts(shown, "//blockquote/strong") == ["Two men", "one dog"]


def _figures(markup: str) -> list[str]:
    return [html.tostring(figure, encoding="unicode") for figure in parsed(markup).xpath("//figure")]


def test_a_chip_opens_exactly_its_citation() -> None:
    found = document("weird \"'<id>&.txt", "One came. Two men saw it.")
    answer = answer_to("Who?", (found, "Two men"))
    chip = parsed(turn(answer, found)).xpath("//button[@class='chip']")[0]
    sent = {
        "".join(part.capitalize() if i else part for i, part in enumerate(name.removeprefix("data-").split("-"))): value
        for name, value in chip.attrib.items()
        if name.startswith("data-")
    }
    assert source.place_from(sent) == place_of(answer.citations[0])


def test_the_section_and_the_page_are_named() -> None:
    found = document("a.txt", "One came. Two men saw it.")
    answer = answer_to("Who?", (found, "Two men"))
    citation = replace(answer.citations[0], section="The arrival", page=12)
    caption = texts(turn(replace(answer, citations=(citation,)), found), "//figcaption")[0]
    assert "The arrival" in caption
    assert "page 12" in caption
    assert "A title" in caption


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.97, "Very likely right"), (0.75, "Likely right"), (0.1, "Unsure")]
)
def test_confidence_is_told_in_words_with_the_number_on_hover(confidence: float, words: str) -> None:
    found = document("a.txt", "One came.")
    shown = turn(answer_to("Who?", (found, "One"), confidence=confidence), found)
    assert words in texts(shown, "//p[contains(@class, 'confidence')]")[0]
    assert f"{confidence:.0%}" in parsed(shown).xpath("//p[contains(@class, 'confidence')]/@title")[0]


def test_no_confidence_is_shown_where_none_was_fitted() -> None:
    found = document("a.txt", "One came.")
    assert "confidence" not in turn(answer_to("Who?", (found, "One")), found)


def test_alternatives_are_offered_and_are_no_answers() -> None:
    found = document("a.txt", "It was red then. It was blue then.")
    blue = answer_to("What?", (found, "blue")).citations
    shown = turn(answer_to("What?", (found, "red"), confidence=0.3, alternatives=blue), found)
    assert texts(shown, "//*[@class='also']//button") == ["blue"]
    assert texts(shown, "//strong") == ["red"], "an alternative is no answer"
    (button,) = parsed(shown).xpath("//*[@class='also']//button")
    assert button.get("data-text") == version_of(found.text_digest)


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [("no_evidence", "No answer found"), ("low_confidence", "No clear answer found")],
)
def test_two_headings_for_two_cases(reason: str, verdict: str) -> None:
    found = document("a.txt", "One came.")
    assert texts(turn(abstention(found, reason=reason), found), "//*[@class='verdict']") == [verdict]


def test_an_abstention_never_looks_like_an_answer() -> None:
    found = document("a.txt", "One came. " * 60)
    shown = turn(abstention(found), found)
    assert texts(shown, "//blockquote | //strong | //button[@class='chip']") == []
    assert "The documents do not say." in texts(shown, "//*[@class='abstention']")[0]
    assert texts(shown, "//*[@class='related']//a") == ["A section"] * 3
    assert parsed(shown).xpath("//*[@class='related']//a/@href")[0] == (
        f"/?doc=a.txt&start=0&end={len(found.text)}&text={version_of(found.text_digest)}"
    )
    assert len(texts(shown, "//*[@class='snippet']")[0]) <= 241


def test_related_passages_name_their_document_where_there_are_several() -> None:
    first, second = document("a.txt", "One came.", "First book"), document("b.txt", "Two came.", "Second book")
    assert texts(turn(abstention(first, 1), first, second), "//*[@class='in']") == ["in First book"]
    assert texts(turn(abstention(first, 1), first), "//*[@class='in']") == []


def test_small_talk_offers_its_examples_to_click() -> None:
    examples = ["Who came?", "What is said about “love”?"]
    message = "Hello! Try: “Who came?” “What is said about “love”?”"
    answer = Answer("hi", "hi", reason="greeting", message=message)
    shown = page.conversation([Entry("hi", answer)], examples)
    assert texts(shown, "//article//button[@class='ask']") == examples
    assert parsed(shown).xpath("//button/@data-question") == examples
    assert "abstention" not in shown


def test_a_rewritten_question_is_shown() -> None:
    found = document("a.txt", "One came.")
    assert "searched" not in turn(answer_to("Who?", (found, "One")), found)
    rewritten = turn(answer_to("And who?", (found, "One"), query="Who came?"), found)
    assert texts(rewritten, "//*[@class='searched']") == ["searched for: Who came?"]


def test_the_link_of_a_question_asks_it_without_the_conversation_before() -> None:
    found = document("a.txt", "One came.")
    follow_up = answer_to("And who?", (found, "One"), query="Who came & went?")
    entries = [Entry("And who?", follow_up), Entry("Who?", answer_to("Who?", (found, "One"))), Entry("Why?")]
    shown = page.conversation(entries, [])
    links = parsed(shown).xpath("//a[@class='permalink']/@href")
    assert links == ["/?q=Who+came+%26+went%3F", "/?q=Who%3F", "/?q=Why%3F"]


def test_nothing_hostile_becomes_markup() -> None:
    found = Document(HOSTILE, f"{HOSTILE} said it.\n\n{HOSTILE}", HOSTILE, "", "", (), (Section(HOSTILE, 0, 0, 9),))
    answer = answer_to(HOSTILE, (found, HOSTILE), query=HOSTILE + "?")
    citation = replace(answer.citations[0], section=HOSTILE + " section")
    entries = [
        Entry(HOSTILE, replace(answer, citations=(citation, citation))),
        Entry(HOSTILE, abstention(found, message=HOSTILE)),
        Entry(HOSTILE, Answer(HOSTILE, HOSTILE, reason="help", message=f"“{HOSTILE}” {HOSTILE}")),
        Entry(HOSTILE, replace(abstention(found), did_you_mean=HOSTILE)),
        Entry(HOSTILE, problem=HOSTILE),
        Entry(HOSTILE),
    ]
    shown = [
        page.conversation(entries, [HOSTILE]),
        page.conversation([], [HOSTILE]),
        page.problem(HOSTILE),
        source.source_panel(found, place_of(citation), note=HOSTILE),
        source.empty_panel(HOSTILE, note=HOSTILE),
    ]
    for markup in shown:
        tree = parsed(markup)
        assert HOSTILE in tree.text_content()
        assert not tree.xpath("//script | //img | //b")
        assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
        assert all(link.startswith(("/?", "#")) for link in tree.xpath("//@href"))


def test_the_welcome_offers_examples_and_leaves_with_the_first_question() -> None:
    assert texts(page.conversation([], ["Who came?"]), "//button[@class='ask']") == ["Who came?"]
    assert "welcome" not in page.conversation([Entry("Who?")], ["Who came?"])


def test_history_leaves_out_small_talk_and_failures() -> None:
    found = document("a.txt", "One came.")
    talk = Answer("hi", "hi", reason="greeting", message="Hello!")
    entries = [
        Entry("hi", talk),
        Entry("Who?", answer_to("Who?", (found, "One"))),
        Entry("Broken?", problem="No."),
        Entry("Why?", abstention(found)),
        Entry("Waiting?"),
    ]
    assert [(turn.question, turn.answer) for turn in history(entries)] == [("Who?", "One"), ("Why?", None)]
