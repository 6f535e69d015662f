"""Text within Markdown stays text."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa.wire.markdown import escaped, unmarked

MARKDOWN = MarkdownIt("commonmark").enable("table")


def read(text: str) -> tuple[set[str], str]:
    """The kinds of tokens, and the text that a reader sees."""
    tokens = MARKDOWN.parse(text)
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in tokens} | {child.type for child in inner}
    return kinds, "".join("\n" if child.type == "softbreak" else child.content for child in inner)


@pytest.mark.parametrize(
    "text",
    ["- an item", "1. first", "12) twelfth", "# no heading", "| a | b |\n| - | - |", "a\n===", "a\n---", "&lt;b&gt;",
     "&amp;", "**bold** `code`", "[a](b)", "<b>", "+ plus", "~~gone~~", "* star"],
)  # fmt: skip
def test_document_text_is_no_markup(text: str) -> None:
    kinds, shown = read(escaped(text))
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "text_special"}, kinds
    assert shown == text


@given(st.text(st.sampled_from("ab1.)-+=*#|<>&;[]()`~_\\ \n"), max_size=40))
def test_any_text_is_no_markup(text: str) -> None:
    line = " ".join(text.split())
    kinds, shown = read(escaped(line))
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}, (line, kinds)
    assert html.unescape(shown) == html.unescape(line)


def test_the_answer_within_a_quotation_is_found_again() -> None:
    assert unmarked(f"He said **{escaped('1. no_way')}** twice.") == "1. no_way"
    assert unmarked("plain words") == "plain words"
