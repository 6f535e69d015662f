"""The source panel: whole documents, windows into long ones, and places that make no sense."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from corpus import Document, Section, Span
from tests.fakes import document
from tests.ui.chat.markup import answer_to, panel, parsed, texts
from ui.chat import source
from ui.chat.answers import place_of
from ui.chat.source import AROUND, WHOLE, Place


def test_a_document_is_shown_whole_as_paragraphs_and_headings() -> None:
    text = "A title\n\nThe first line of\nthis one goes on.\n\n## Part *two*\n\nRoses are red,\nviolets blue.\n\nEnd"
    part = text.index("## Part")
    sections = (Section("A title", 0, 9, part), Section("Part *two*", part, part + 14, len(text)))
    found = replace(document("a.md", text), sections=sections)
    shown = source.source_panel(found, Place("a.md"))
    assert texts(shown, "//h3") == ["A title", "Part *two*"]
    assert texts(shown, "//p[@dir]") == [
        "The first line of\nthis one goes on.", "Roses are red,\nviolets blue.", "End",
    ]  # fmt: skip


def test_the_text_is_labelled_with_what_it_is_of() -> None:
    part = Section("Part <b>two</b>", 11, 17, 29)
    found = replace(document("a.txt", "A title\n\n  Part\n\nOne came.", "A title"), sections=(part,))
    label = "//*[@role='group']/@aria-label"
    assert parsed(panel(found, "One")).xpath(label) == ["Text of A title, Part <b>two</b>"]
    assert parsed(source.source_panel(found, Place("a.txt"))).xpath(label) == ["Text of A title"]


def test_lines_broken_at_a_margin_flow_and_others_stay() -> None:
    prose = "This line was broken by a mail program at\nthe margin, as they used to do it."
    found = document("a.txt", f"{prose}\n\nRoses are red,\nviolets blue.")
    shown = source.source_panel(found, Place("a.txt"))
    assert texts(shown, "//p[@class='prose']") == [prose]
    assert texts(shown, "//p[@class='lines']") == ["Roses are red,\nviolets blue."]


@pytest.fixture(scope="module")
def large() -> Document:
    text = "\n\n".join(f"Paragraph {i} holds the word w{i} and a few more." for i in range(50_000))
    assert len(text) > 2_000_000
    return replace(document("large.txt", text), sections=(Section("Start", 0, 0, len(text)),))


@pytest.mark.parametrize("word", ["w0 ", "w77 ", "w25000 ", "w49999 "])
def test_of_a_large_document_a_window_around_the_quote_is_shown(large: Document, word: str) -> None:
    shown = panel(large, word.strip() + " and")
    assert texts(shown, "//mark/strong") == [word.strip() + " and"]
    assert len(shown) < 5 * AROUND
    for paragraph in texts(shown, "//p[@dir]"):
        assert paragraph.startswith("Paragraph")
        assert paragraph.endswith("more.")


def test_earlier_and_later_text_is_reached_without_a_gap(large: Document) -> None:
    seen: list[str] = []
    shown = source.source_panel(large, Place("large.txt", at=1_900_000))
    while True:
        seen += texts(shown, "//p[@dir]")
        later = parsed(shown).xpath("//button[@class='more'][contains(., 'Later')]/@data-at")
        if not later:
            break
        shown = source.source_panel(large, Place("large.txt", at=int(later[0])))
    assert "".join(seen).count("Paragraph") == len(set(seen)) > 4_000
    assert seen[-1].startswith("Paragraph 49999")
    assert texts(source.source_panel(large, Place("large.txt")), "//button") == [
        f"Later text ({len(large.text) - source.window(large.text, Place('large.txt')).end:,} characters)"
    ]


def test_a_window_holds_for_text_without_any_break() -> None:
    found = document("blob.txt", "x" * (WHOLE + 100_000))
    shown = source.source_panel(found, Place("blob.txt", Span(150_000, 150_010), Span(150_002, 150_004)))
    assert texts(shown, "//mark") == ["x" * 10]
    assert len(shown) < 5 * AROUND
    everything = source.source_panel(found, Place("blob.txt", Span(0, len(found.text))))
    assert len(everything) < 5 * AROUND


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"start": "9", "end": "3"}, {"start": "x", "end": "y"}, {"start": "-5", "end": "-1"},
        {"start": 1, "end": None}, {"start": "9" * 5000, "end": "9" * 5001}, {"start": "²", "end": "٣"},
        {"start": ["1"], "end": {"a": 1}},
    ],
)  # fmt: skip
def test_a_range_that_makes_no_sense_is_left_out(fields: dict[str, object]) -> None:
    assert source.place_from({"doc": "a.txt", **fields}).quote == Span(0, 0)


def test_what_was_quoted_from_another_version_is_not_marked() -> None:
    """The same characters hold other words now."""
    before, now = (
        document("a.txt", "The plan is led by Quentin Marsh."),
        document("a.txt", "The plan is led by Olga Petrov."),
    )
    place = place_of(answer_to("Who?", (before, "Quentin Marsh")).citations[0])
    assert texts(source.source_panel(before, place), "//mark/strong") == ["Quentin Marsh"]
    for shown in (source.source_panel(now, place), source.source_panel(now, source.place_from(query(place.link())))):
        assert texts(shown, "//mark") == []
        assert "has changed since" in texts(shown, "//*[@class='note']")[0]
        assert "Olga Petrov" in parsed(shown).text_content()
    old = source.place_from({"doc": "a.txt", "start": "0", "end": "8"})
    assert texts(source.source_panel(now, old), "//mark") == ["The plan"], "a link from before links had versions"


def query(link: str) -> dict[str, str]:
    return dict(parse_qsl(link.removeprefix("/?")))


def test_a_range_beyond_the_document_is_noted_and_not_marked() -> None:
    found = document("a.txt", "One came.")
    shown = source.source_panel(found, Place("a.txt", Span(3, 900)))
    assert texts(shown, "//mark") == []
    assert "beyond the end" in texts(shown, "//*[@class='note']")[0]
    assert texts(shown, "//p[@dir]") == ["One came."]
