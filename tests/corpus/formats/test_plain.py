import codecs
import re

import pytest

from corpus import parse_document, read_builtin
from corpus.errors import UnreadableDocument
from tests.corpus.makers import headings_stand_in_text, outline


def headings(text: str) -> list[str]:
    return [section.heading for section in parse_document(text.encode(), "a.txt").sections]


def test_the_article_has_its_title_and_exactly_its_sections() -> None:
    [article] = read_builtin()
    title = "The Last Holdout: Washington Presses Meta to Open Its AI to Federal Security Review"
    assert article.doc_id == "the-last-holdout.txt"
    assert article.title == title
    assert [section.heading for section in article.sections] == [
        title,
        "A request, not a rule",
        "Why Meta, and why the timing fits",
        "The Anthropic episode hanging over the talks",
        "What a federal review would actually involve",
        "A government that changed its mind on AI",
        "Comments",
    ]
    assert headings_stand_in_text(article)
    assert outline(article)[-1][1] == "Join the discussion and share your perspective."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain \xc3\xa9 text", "plain é text"),
        (codecs.BOM_UTF8 + "é\r\nzwei\r\n".encode(), "é\r\nzwei\r\n"),
        (codecs.BOM_UTF16_LE + "é 😀".encode("utf-16-le"), "é 😀"),
        (codecs.BOM_UTF16_BE + "é 😀".encode("utf-16-be"), "é 😀"),
        (codecs.BOM_UTF32_LE + "é 😀".encode("utf-32-le"), "é 😀"),
        ("Café à 5 € – schön".encode("cp1252"), "Café à 5 € – schön"),
        ("Привет, как дела? Это простой текст.".encode("cp1251"), "Привет, как дела? Это простой текст."),
        ("これは日本語のテキストです。".encode("shift_jis"), "これは日本語のテキストです。"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.".encode("cp1250"), "Příliš žluťoučký kůň úpěl ďábelské ódy."),
        (b"  kept\f as it is \r\r\n\n", "  kept\f as it is \r\r\n\n"),
    ],
)
def test_text_is_decoded_and_otherwise_verbatim(data: bytes, text: str) -> None:
    assert parse_document(data, "a.txt").text == text


MARKED = "The “trusted partners” receive access — early. Meta’s shares closed at €5. "
NAMED = "“Not yet,” said José Muñoz of Zürich’s Café Ångström — it costs £5. "
FINNISH = "Pääministeri sanoi, että työn määrä ei lisäänny tänä vuonna. "


@pytest.mark.parametrize("times", [1, 3, 10, 50])
@pytest.mark.parametrize("text", [MARKED, NAMED, FINNISH, "It costs £5 and that is that. "])
def test_windows_1252_is_told_by_its_quotes_and_accents(text: str, times: int) -> None:
    assert parse_document((text * times).encode("cp1252"), "a.txt").text == text * times


def test_the_article_with_curly_quotes_is_read_from_windows_1252() -> None:
    text = re.sub(r'"([^"\n]*)"', r"“\1”", read_builtin()[0].text).replace("'", "’")
    assert {*"“”’"} <= {*text}
    assert parse_document(text.encode("cp1252"), "a.txt").text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("„Będzie dobrze” – powiedział minister. Łódź jest większa niż Gdańsk, a koszt to 5 €.", "cp1250"),
        ("Ministar je rekao da to nije moguće jer vlada još nije odlučila. Čovjek je žedan.", "cp1250"),
        ("The Russian word for hello is привет, and goodbye is до свидания. He said so in Moscow.", "cp1251"),
        ("Ο υπουργός είπε ότι αυτό δεν είναι δυνατόν, γιατί η κυβέρνηση δεν έχει αποφασίσει ακόμη.", "cp1253"),
        ("Die Straße war für die Größe des Ortes zu schmal. Die Prüfung dauert drei Wochen.", "cp850"),
        ("The “trusted partners” receive access — early. Meta’s shares closed.", "mac_roman"),
        ("部长说这是不可能的，因为政府还没有决定。孩子们去上学了。", "gbk"),
    ],
)
def test_other_encodings_are_not_taken_for_windows_1252(text: str, encoding: str) -> None:
    assert parse_document(text.encode(encoding), "a.txt").text == text


GERMAN = "Grüße aus Köln. The mayor is Anna Weiß… "


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize(
    ("data", "text"),
    [
        ((GERMAN * 100).encode() + b"\xc3", GERMAN * 100 + "\ufffd"),
        ((GERMAN * 50).encode() + b"\x92" + (GERMAN * 50).encode(), GERMAN * 50 + "\ufffd" + GERMAN * 50),
        ("Größe, Länge ".encode() + b"\xff", "Größe, Länge \ufffd"),
    ],
    ids=["cut off", "a stray byte", "few letters"],
)
def test_a_damaged_byte_costs_one_character_and_not_the_text(data: bytes, text: str, mark: bytes) -> None:
    assert parse_document(mark + data, "a.txt").text == text


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a\x00\x01\x00",
        b"text with one \x00 byte",
        "UTF-16 without a mark".encode("utf-16-le"),
        codecs.BOM_UTF16_LE + b"odd",
        codecs.BOM_UTF8 + b"\xff",
        bytes(range(1, 256)) * 4,
        b"\x01\x02\x03\x04 almost only control characters",
    ],
)
def test_what_is_no_text_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"^'a\.txt' is not text.*: save it as UTF-8 text\.$"):
        parse_document(data, "a.txt")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headings_of_plain_text_at_any_line_end(end: str) -> None:
    lines = ["A title", "", "The first paragraph.", "It goes on.", " ", "Second part", "", "More text."]
    document = parse_document(end.join(lines).encode(), "a.txt")
    assert document.title == "A title"
    assert outline(document) == [("A title", f"The first paragraph.{end}It goes on."), ("Second part", "More text.")]
    assert headings_stand_in_text(document)


@pytest.mark.parametrize(
    "line",
    [
        "This is a sentence.",
        "It ends in a colon:",
        "He said “no.”",
        "这是一个句子。",
        "two\nlines",
        "12.5",
        "- an item of a list",
        "| a | row |",
        "word " * 17,
        "x" * 101,
    ],
)
def test_what_is_no_heading(line: str) -> None:
    assert headings(f"Here is some text.\n\n{line}\n\nHere is more text.") == []


@pytest.mark.parametrize(
    "line", ["What is the notice period?", "3. Scope (all staff)", "“Quoted” words", "第二章", "E-mail"]
)
def test_what_is_a_heading(line: str) -> None:
    assert headings(f"Here is some text.\n\n{line}\n\nHere is more text.") == [line]


def test_a_list_of_short_lines_stays_searchable_text() -> None:
    document = parse_document(b"Menu\n\nSoup of the day\n\nRoast chicken\n\nIce cream", "a.txt")
    assert outline(document) == [("Menu", "Soup of the day\n\nRoast chicken\n\nIce cream")]


def test_a_text_without_a_title_takes_the_name_of_its_file() -> None:
    assert parse_document(b"Only a sentence stands here. And one more.", "notes/of-today.txt").title == "of-today"
    assert parse_document(b"Only one line", "one.txt").title == "one"


MARKDOWN = """\
# The *Handbook* of `work` & [play](http://x)

Intro.

```sh
# not a heading
```

Setext
heading
---

> # quoted

- # in a list

## Part two ##
Text\x0bwith\u2028odd line ends.
### Last
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_markdown_headings_are_those_of_a_parser(end: str) -> None:
    source = MARKDOWN.replace("\n", end)
    document = parse_document(source.encode(), "a.md")
    assert document.text == source
    assert document.title == "The Handbook of work & play"
    assert [s.heading for s in document.sections] == [
        "The Handbook of work & play", "Setext heading", "Part two", "Last",
    ]  # fmt: skip
    assert [source[s.start : s.body].strip() for s in document.sections] == [
        "# The *Handbook* of `work` & [play](http://x)", f"Setext{end}heading{end}---", "## Part two ##", "### Last",
    ]  # fmt: skip
    assert outline(document)[2][1] == "Text\x0bwith\u2028odd line ends."


def test_front_matter_names_the_title_and_stays_out_of_the_sections() -> None:
    source = '---\ntitle: "Leave: the rules"\ndate: 2026-01-01\n---\nFirst words.\n\n## Who\n\nEveryone.\n'
    document = parse_document(source.encode(), "a.md")
    assert document.text == source
    assert document.title == "Leave: the rules"
    assert outline(document) == [("Leave: the rules", "First words."), ("Who", "Everyone.")]


def test_a_heading_of_level_one_wins_over_front_matter() -> None:
    document = parse_document(b"---\ntitle: x\n---\n# Real title\n\nText.", "a.md")
    assert document.title == "Real title"


def test_a_rule_at_the_start_is_no_front_matter() -> None:
    document = parse_document(b"---\n\nText and no end of a header.\n\n# Head\n\nMore.", "b.md")
    assert (document.title, [s.heading for s in document.sections]) == ("Head", ["Head"])
