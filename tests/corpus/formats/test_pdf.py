from concurrent.futures import ThreadPoolExecutor

import pytest

from corpus import Document, parse_document, sentences, split
from corpus.errors import EmptyDocument, EncryptedDocument, UnreadableDocument
from tests.corpus.makers import Lines, outline, pages, pdf

FIRST: Lines = [
    (24, "The annual report"),
    (16, "Staff and their"),
    (16, "working hours"),
    (11, "All staff work 38 hours a week, and the inter-"),
    (11, "national office works 40. Dr. Lee said \u201cthat"),
    (11, "is enough.\u201d The rule is older and was"),
]
SECOND: Lines = [
    (11, "kept when the offices merged (see p. 3)."),
    (11, "\u2022 first item"),
    (11, "\u2022 second item"),
    (16, "Costs"),
    (11, "The offices cost 5.2 million."),
]
THIRD: Lines = [(16, "Staff . . . . . 1"), (11, "A new page begins here.")]


def report(**kwargs: bool | str) -> Document:
    return parse_document(pdf([FIRST, SECOND, [], THIRD], **kwargs), "report.pdf")  # type: ignore[arg-type]


def test_pages_keep_their_lines_and_numbers() -> None:
    document = report()
    assert pages(document) == [
        (1, "\n".join(text for _, text in FIRST)),
        (2, "\n".join(text for _, text in SECOND)),
        (4, "Staff . . . . . 1\nA new page begins here."),
    ]
    assert document.page_at(document.text.index("Costs")) == 2
    assert "\r" not in document.text


def test_sentences_run_over_lines_and_pages_but_not_over_headings_and_items() -> None:
    document = report()
    found = [
        document.text[start:end] for s in document.sections for start, end in sentences(document.text, s.body, s.end)
    ]
    assert found == [
        "All staff work 38 hours a week, and the inter-\nnational office works 40.",
        "Dr. Lee said \u201cthat\nis enough.\u201d",
        "The rule is older and was\nkept when the offices merged (see p. 3).",
        "\u2022 first item",
        "\u2022 second item",
        "The offices cost 5.2 million.",
        "Staff . . . . . 1\nA new page begins here.",
    ]


def test_larger_type_makes_headings() -> None:
    document = report()
    assert [heading for heading, _ in outline(document)] == [
        "The annual report",
        "Staff and their working hours",
        "Costs",
    ]
    assert document.text[document.sections[1].start :].startswith("Staff and their\nworking hours\nAll")
    assert all(passage.section != "The annual report" for passage in split(document, count_tokens=len, max_tokens=400))


def test_type_of_one_size_makes_no_sections() -> None:
    document = parse_document(pdf([[(11, "First line"), (11, "Second line.")]]), "a.pdf")
    assert (document.title, document.sections) == ("First line", ())


def test_a_heading_in_the_type_of_the_body_is_no_part_of_the_sentence_below_it() -> None:
    lines = [
        "Leave",
        "Parental leave is twelve weeks at full pay, and it may be taken by either of the",
        "parents. Nobody has to ask for it twice.",
        "Pay",
        "Salaries are paid on the last working day of the month. They are set by the board of",
        "the Company",
        "Office in March, and by nobody else who may want to set them at any other time.",
    ]
    document = parse_document(pdf([[(11, line) for line in lines]]), "a.pdf")
    assert [document.text[start:end] for start, end in sentences(document.text)] == [
        "Leave",
        "Parental leave is twelve weeks at full pay, and it may be taken by either of the\nparents.",
        "Nobody has to ask for it twice.",
        "Pay",
        "Salaries are paid on the last working day of the month.",
        "They are set by the board of\nthe Company\nOffice in March, and by nobody else who may want to set them at any"
        " other time.",
    ]
    assert (document.title, document.sections) == ("Leave", ())


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Report of 2025", "Report of 2025"),
        ("Microsoft Word - draft.doc", "The annual report"),
        ("", "The annual report"),
    ],
)
def test_the_title_is_from_the_properties_where_a_person_wrote_it(said: str, title: str) -> None:
    assert report(title=said).title == title


def test_a_password_is_asked_for() -> None:
    with pytest.raises(EncryptedDocument, match=r"^'report\.pdf' is protected by a password: save a copy without one"):
        report(encrypted=True)


@pytest.mark.parametrize("data", [b"%PDF-1.7\nbroken", b"not a PDF at all", pdf([FIRST])[:200]])
def test_a_broken_file_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"^'b\.pdf' is not a PDF, or a broken one: open it, save it again"):
        parse_document(data, "b.pdf")


def test_a_scan_is_told_from_an_empty_file() -> None:
    with pytest.raises(EmptyDocument, match=r"^'scan\.pdf' holds no text, so it may be a scan: run .*OCR.* first\.$"):
        parse_document(pdf([[], []]), "scan.pdf")


def test_many_threads_may_read_at_once() -> None:
    data = pdf([FIRST] * 20)
    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(lambda number: parse_document(data, f"{number}.pdf").text, range(24)))
    assert len(texts) == 1
