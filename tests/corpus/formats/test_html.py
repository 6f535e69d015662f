import subprocess
import sys

import pytest

from corpus import Document, parse_document, sentences
from corpus.errors import EmptyDocument, UnreadableDocument
from tests.corpus.makers import headings_stand_in_text, outline

PAGE = """<!DOCTYPE html>
<html><head><title>Leave policy | Acme</title><style>.x{color:red}</style><script>var tracking = 1;</script></head>
<body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/a">About us</a></li></ul></nav>
<main><article><h1>Leave policy</h1>
<p>Every employee gets <b>25 days</b> of
   leave.<br>See <a href="/x">the rules</a> for more &amp; better.</p>
<div class="titlepage"><div><h2>Parental <em>leave</em></h2></div></div>
<p>Parents get 18 weeks of leave after a birth. The leave can be split into two parts of any length.</p>
<ul><li>Apply four weeks before.</li><li>Tell your manager:<ul><li>in person</li><li>or by mail</li></ul></li></ul>
<h3>Pay</h3>
<table><tr><th>Weeks</th><th>Pay</th></tr><tr><td>1-6</td><td>90%</td></tr><tr><td>7-18</td><td>80 %</td></tr></table>
<blockquote><p>Quoted first.</p><p>Quoted second.</p></blockquote>
<pre>line 1
  line 2</pre>
<p>We answer all letters about pay within two days, and in most cases we answer on the same day.</p>
</article></main>
<script>more();</script><footer><p>Copyright 2026 Acme</p></footer></body></html>"""


def read(page: str) -> Document:
    return parse_document(page.encode(), "page.html")


def test_a_page_is_its_main_text_block_by_block() -> None:
    document = read(PAGE)
    assert document.title == "Leave policy"
    assert outline(document) == [
        ("Leave policy", "Every employee gets 25 days of leave.\nSee the rules for more & better."),
        (
            "Parental leave",
            "Parents get 18 weeks of leave after a birth. The leave can be split into two parts of any length.\n\n"
            "Apply four weeks before.\n\nTell your manager:\n\nin person\n\nor by mail",
        ),
        (
            "Pay",
            "Weeks | Pay\n1-6 | 90%\n7-18 | 80 %\n\nQuoted first.\n\nQuoted second.\n\nline 1\n  line 2\n\n"
            "We answer all letters about pay within two days, and in most cases we answer on the same day.",
        ),
    ]
    assert headings_stand_in_text(document)
    rows = [document.text[start:end] for start, end in sentences(document.text)]
    assert {"1-6 | 90%", "in person"} <= set(rows)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Only this.</p>", "Only this."),
        ("just words", "just words"),
        (
            "<html><head><title>T</title></head><body><div>Tiny <b>b</b>old<br>next</div></body></html>",
            "Tiny bold\nnext",
        ),
        ("<h2><button>Any fee?</button></h2><div>No fee.</div>", "Any fee?\n\nNo fee."),
        (
            "<table><caption>Cap</caption><tr><th>A<th>B<tr><td>1<br>x<td><p>2</p><p>3</p></table>",
            "Cap\n\nA | B\n1 x | 2 3",
        ),
        ("<table><tr><td><h1>Frame</h1><p>One.</p><td><p>Two.</p></table>", "Frame\n\nOne.\n\nTwo."),
        ("<p>a\x01b</p><p>c</p>", "a\ufffdb\n\nc"),
        ("<p>a&#0;b&#xD800;c</p>", "a\ufffdb\ufffdc"),
    ],
)
def test_a_page_too_small_to_judge_is_read_whole(page: str, text: str) -> None:
    assert read(page).text == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="iso-8859-1"><p>caf\u00e9 \u201cx\u201d'.encode("cp1252"), "café “x”"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=shift_jis"><p>日本'.encode("shift_jis"), "日本"),
        ("\ufeff<meta charset=utf-8><p>日本".encode("utf-16"), "日本"),
        ("<meta charset=latin1><p>日本".encode("utf-8-sig"), "日本"),
        ("<meta charset=utf-16><p>日本".encode(), "日本"),
        ("<meta charset=no-such><p>日本".encode(), "日本"),
    ],
)
def test_the_declared_encoding_is_respected_and_the_byte_order_mark_more(data: bytes, text: str) -> None:
    assert parse_document(data, "a.htm").text == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>The “trusted” — Meta’s café, €5".encode("cp1252"), "The “trusted” — Meta’s café, €5"),
        ("<meta charset=utf-8><p>日本語".encode() + b" \xff", "日本語 \ufffd"),
    ],
    ids=["none declared", "damaged"],
)
def test_the_encoding_is_told_from_the_bytes_where_the_page_does_not_say_or_is_damaged(data: bytes, text: str) -> None:
    assert parse_document(data, "a.htm").text == text


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ('<meta property="og:title" content="Shared"><title>Own</title>', "Shared"),
        ("<title>Own \n title</title>", "Own title"),
        ("<title>Untitled document</title>", "The heading"),
        ("<title>The heading - Site</title>", "The heading"),
        ("", "The heading"),
    ],
)
def test_the_title_is_what_the_page_says_without_the_name_of_the_site(head: str, title: str) -> None:
    assert read(f"<html><head>{head}</head><body><h1>The heading</h1><p>Text.</p></body></html>").title == title


def test_xhtml_with_elements_closed_in_place_loses_no_text() -> None:
    page = (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/></head>'
        '<body><h1><a id="q"/>Head</h1><p>One&nbsp;two<br/>three.</p></body></html>'
    )
    assert parse_document(page.encode(), "a.xhtml").text == "Head\n\nOne\u00a0two\nthree."


def test_a_heading_that_is_a_paragraph_of_text_stays_searchable() -> None:
    assert read(f"<h2>{'word ' * 50}</h2><p>Text.</p>").sections == ()


def test_deep_nesting_is_read_while_it_can_be() -> None:
    assert read(f"{'<div>' * 1500}deep{'</div>' * 1500}<p>after</p>").text == "deep\n\nafter"
    with pytest.raises(UnreadableDocument, match=r"^'page\.html' is nested too deeply.*: save it .* and add that\.$"):
        read(f"{'<div>' * 100_000}deep")


@pytest.mark.parametrize("page", ["<html><body></body></html>", "<script>a()</script>", " \n", "<!-- nothing -->"])
def test_a_page_without_text_is_empty(page: str) -> None:
    with pytest.raises(EmptyDocument, match=r"^'page\.html' holds no text: put text into it or leave it out\.$"):
        read(page)


def test_reading_a_page_writes_nothing_to_the_terminal() -> None:
    # Not in this process, where pytest catches what is logged.
    script = "from corpus.formats.html import read_html; read_html(b'<p><img></p>')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
