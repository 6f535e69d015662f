import re
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import Document, Passage, context, parse_document, read_builtin, sentences, split
from corpus.types import Section


def words(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def characters(text: str) -> int:
    return len("".join(text.split()))


def utf8(text: str) -> int:
    """Like a tokenizer that falls back on bytes."""
    return len("".join(text.split()).encode())


COUNTERS = [words, characters, utf8]


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith met Mr. Brennan at 5 p.m. on June 2.", "The $562.20 price rose 3.5 percent."],
        ['He said "Stop."', "Then he left."],
        ["“Really?” he asked.", "“Yes.”"],
        ["U.S. officials agreed.", "(See Fig. 3.)", "What is it?", "It is a test!"],
        ["Visit example.com.", "Then e.g. this one."],
        ["Hello world 😀.", "Next 👩\u200d👩\u200d👧 one.", "Une e\u0301tude."],
        ["J. K. Rowling wrote it.", "Apple Inc. said so."],
    ],
)
def test_sentences_of_awkward_prose(expected: list[str]) -> None:
    assert found(" ".join(expected)) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_wrapped_line_is_no_end_but_a_blank_line_is(end: str) -> None:
    text = f"A line that{end}goes on{end}here. And on{end} \t{end}Next block without end{end}{end}{end}Last"
    assert found(text) == [f"A line that{end}goes on{end}here.", "And on", "Next block without end", "Last"]


def test_items_and_rows_are_sentences_of_their_own() -> None:
    text = "You need:\n- a pass\n- a key that\n  opens the gate\n* a map\n1. Come in.\n12) Sit\n• bullet\n"
    text += "Name | Age\nAnn | 30"
    assert found(text) == [
        "You need:", "- a pass", "- a key that\n  opens the gate", "* a map", "1. Come in.", "12) Sit", "• bullet",
        "Name | Age", "Ann | 30",
    ]  # fmt: skip
    assert found("| a | b |\n|---|---|\n| c | d |") == ["| a | b |", "|---|---|", "| c | d |"]


def test_a_wrapped_line_that_begins_like_an_item_is_none() -> None:
    text = "The rise was\n5.2 percent in\n2024. Then -\n-5 degrees."
    assert found(text) == ["The rise was\n5.2 percent in\n2024.", "Then -\n-5 degrees."]


def test_scripts_without_blanks_between_sentences() -> None:
    assert found("这是第一句。「好！」他说。真的吗？！是。") == [
        "这是第一句。",
        "「好！」",
        "他说。",
        "真的吗？！",
        "是。",
    ]


def test_a_form_feed_parts_blocks() -> None:
    assert found("one\fTwo three\f\n four") == ["one", "Two three", "four"]


@pytest.mark.parametrize("run", ["?!", "!.?", '."', "!", ".", "x", "(", '"', "a. ", "- ", "| "])
def test_time_grows_with_the_text_and_no_faster(run: str) -> None:
    begun = time.process_time()
    sentences(f"Before. {run * 200_000} after.")
    assert time.process_time() - begun < 5


def document(text: str, title: str = "Title", sections: tuple[Section, ...] = ()) -> Document:
    return Document("a.txt", text, title, "", "", sections=sections)


def test_passages_are_whole_sentences_that_overlap_by_one() -> None:
    text = " ".join(f"Sentence number {n} has exactly eight words here." for n in range(20))
    passages = split(document(text), count_tokens=words, max_tokens=200, target_tokens=40)
    inside = [found(passage.text) for passage in passages]
    assert [sentence for part in inside for sentence in part if sentence not in found(text)] == []
    assert all(before[-1] == after[0] for before, after in pairwise(inside))
    assert all(30 <= words(passage.text) <= 40 for passage in passages[:-1])


def test_no_passage_reaches_into_the_next_section() -> None:
    [article] = read_builtin()
    passages = split(article, count_tokens=words, max_tokens=254)
    for passage in passages:
        inside = [s for s in article.sections if s.start <= passage.start and passage.end <= s.end]
        assert len(inside) == 1
        assert passage.section == (None if inside[0].heading == article.title else inside[0].heading)
        assert passage.start >= inside[0].start
    assert {passage.section for passage in passages} == {None, *(s.heading for s in article.sections[1:-1])}


def test_a_title_is_searched_with_the_text_below_it_but_a_yaml_header_is_not() -> None:
    plain = parse_document(b"A title\n\nThe story is told here.", "a.txt")
    assert [p.text for p in split(plain, count_tokens=words, max_tokens=99)] == ["A title\n\nThe story is told here."]
    markdown = parse_document(b"---\ntitle: A title\n---\nThe story is told here.", "a.md")
    assert [p.text for p in split(markdown, count_tokens=words, max_tokens=99)] == ["The story is told here."]


def test_closing_matter_is_text_but_no_passage() -> None:
    [article] = read_builtin()
    assert "Join the discussion" in article.text
    assert not any("Join the discussion" in p.text for p in split(article, count_tokens=words, max_tokens=254))


@pytest.mark.parametrize(
    ("closing", "searched"),
    [
        ("Leave a reply\n\nYour address will not be published.", False),
        ("Related stories\n\nMore of this.\n\nShare this\n\nOn all channels.", False),
        ("Comments on the draft\n\nThe board made three comments.", True),
        (f"Comments\n\n{'A long debate about the rule. ' * 20}", True),
        ("Comments\n\nOne thing was said.\n\nResults\n\nAll was well.", True),
    ],
)
def test_what_counts_as_closing_matter(closing: str, searched: bool) -> None:
    text = f"A title\n\nThe story is told here.\n\nA part\n\nIt goes on.\n\n{closing}"
    passages = split(parse_document(text.encode(), "a.txt"), count_tokens=words, max_tokens=254)
    last = closing.split("\n\n")[1].split(".", 1)[0]
    assert any(last in passage.text for passage in passages) is searched


@pytest.mark.parametrize("count", COUNTERS)
@pytest.mark.parametrize("line", ["x" * 50_000, "的" * 50_000, "e\u0301👍" * 16_000, "word " * 10_000])
def test_a_line_longer_than_any_window_is_cut_to_fit(line: str, count: Callable[[str], int]) -> None:
    passages = split(document(line), count_tokens=count, max_tokens=128)
    assert_sound(document(line), passages, count, 128)


WORDS = ["The lab agreed.", "Dr. No said so!", "A heading", "- item", "a | b", "1. ", "?!", "…", "x" * 300]
MARKS = ["日本語。テスト。", "👩\u200d👩\u200d👧", "e\u0301", " ", "  ", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n"]
BLANKS = ["\f", "\t", "\u00a0", "\u2028", "\x0b", "\u3000", "\ufeff"]
PIECES = st.sampled_from([*WORDS, *MARKS, *BLANKS])
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=40).map("".join)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    starts, ends = cuts[::2], [*cuts[2::2], len(text)]
    bodies = [min(body, end) for body, end in zip(cuts[1::2], ends, strict=False)]
    headings = st.sampled_from(["Scope", "Title", "", "Comments"])
    spans = zip(starts, bodies, ends, strict=False)
    return document(text, sections=tuple(Section(draw(headings), *span) for span in spans))


@settings(max_examples=150, deadline=None)
@given(documents(), st.sampled_from(COUNTERS), st.integers(32, 200), st.integers(1, 150), st.integers(0, 3))
def test_passages_of_any_document(
    source: Document, count: Callable[[str], int], max_tokens: int, target: int, overlap: int
) -> None:
    passages = split(source, count_tokens=count, max_tokens=max_tokens, target_tokens=target, overlap=overlap)
    assert_sound(source, passages, count, max_tokens)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_sentences_of_any_text(text: str) -> None:
    spans = sentences(text)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert all(text[s.start : s.end].strip() == text[s.start : s.end] != "" for s in spans)
    assert "".join("".join(text[s.start : s.end] for s in spans).split()) == "".join(text.replace("\f", " ").split())


def assert_sound(source: Document, passages: list[Passage], count: Callable[[str], int], max_tokens: int) -> None:
    """Every passage is exact, in its section, in order and small enough, and together they leave no text out."""
    bodies = [Section("", 0, 0, source.sections[0].start if source.sections else len(source.text))]
    for s in source.sections:  # a heading is searched with what stands below it, the title in any case
        alone = s.heading not in ("", source.title) and not source.text[s.body : s.end].strip()
        header = source.text.startswith("---", s.start)
        bodies.append(Section(s.heading, s.start, s.body if alone or header else s.start, s.end))
    covered: set[int] = set()
    for passage in passages:
        assert source.text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        assert any(s.body <= passage.start and passage.end <= s.end for s in bodies)
        assert count(passage.text) + count(context(source.title, passage.section)) <= max_tokens
        covered.update(range(passage.start, passage.end))
    assert [p.start for p in passages] == sorted({p.start for p in passages})
    while len(bodies) > 1 and bodies[-1].heading == "Comments" and bodies[-1].end - bodies[-1].body <= 300:
        bodies.pop()
    missing = [at for s in bodies for at in range(s.body, s.end) if at not in covered and not source.text[at].isspace()]
    assert missing == []
