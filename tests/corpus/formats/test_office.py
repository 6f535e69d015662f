import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Inches

from corpus import Document, parse_document
from corpus.errors import DocumentTooLarge, UnreadableDocument
from tests.corpus.makers import archive, headings_stand_in_text, outline, pages


def saved(file: Any) -> bytes:
    stream = BytesIO()
    file.save(stream)
    return stream.getvalue()


def word() -> Any:
    file = docx.Document()
    file.core_properties.title = "Word Document"
    return file


def read_word(file: Any) -> Document:
    return parse_document(saved(file), "a.docx")


def test_word_headings_paragraphs_and_tables_in_order() -> None:
    file = word()
    file.add_paragraph("Leave policy", style="Title")
    file.add_paragraph("For all staff.")
    file.add_heading("Parental leave", 1)
    file.add_paragraph("")
    paragraph = file.add_paragraph("Parents get ")
    paragraph.add_run("18 weeks").bold = True
    paragraph.add_run(" of leave.\nIt is paid.")
    table = file.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ["Weeks", "Pay", "1-6", "90\n%"], strict=True):
        cell.text = text
    file.add_heading("Contact", 2)
    file.add_paragraph("Write to us.")
    document = read_word(file)
    assert document.title == "Leave policy"
    assert outline(document) == [
        ("Leave policy", "For all staff."),
        ("Parental leave", "Parents get 18 weeks of leave.\nIt is paid.\n\nWeeks | Pay\n1-6 | 90 %"),
        ("Contact", "Write to us."),
    ]
    assert headings_stand_in_text(document)


def test_word_headings_by_a_style_of_ones_own_and_by_outline_level() -> None:
    file = word()
    style = file.styles.add_style("Chapter", 1)
    style.base_style = file.styles["Heading 2"]
    file.add_paragraph("By style", style="Chapter")
    file.add_paragraph("Text.")
    by_level = file.add_paragraph("By level")
    by_level._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>'))
    file.add_paragraph("More.")
    assert outline(read_word(file)) == [("By style", "Text."), ("By level", "More.")]


def test_a_text_box_within_text_boxes_is_read_once() -> None:
    """Each box was read by every paragraph around it: twelve deep, 2,048 times."""
    file = word()
    inner = "<w:p><w:r><w:t>The innermost.</w:t></w:r></w:p>"
    for _ in range(12):
        inner = f"<w:p><w:r><w:txbxContent>{inner}</w:txbxContent></w:r></w:p>"
    file.element.body.insert(0, parse_xml(inner.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)))
    assert read_word(file).text == "The innermost."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("before", ["", "<!-- a comment -->" * 100])
def test_a_document_type_in_an_office_file_is_refused(before: str, encoding: str) -> None:
    """What stands behind an entity that is not resolved would be lost without a word."""
    file = BytesIO()
    made = word()
    made.add_paragraph("Before and after.")
    made.save(file)
    changed = BytesIO()
    with ZipFile(file) as old, ZipFile(changed, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename == "word/document.xml":
                text = data.decode().partition("?>")[2]
                head = f'<?xml version="1.0" encoding="{encoding}"?>{before}<!DOCTYPE d [<!ENTITY x "y">]>'
                data = (head + text).encode(encoding)
            new.writestr(member, data)
    with pytest.raises(UnreadableDocument, match="entities"):
        parse_document(changed.getvalue(), "a.docx")


def test_word_text_that_a_plain_reader_misses_or_doubles() -> None:
    file = word()
    body = file.element.body
    namespaces = (
        f'{nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    )
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    parts = [
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a content control.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        "<w:p><w:r><w:t>We </w:t></w:r><w:ins><w:r><w:t>now </w:t></w:r></w:ins><w:del><w:r><w:delText>never "
        '</w:delText></w:r></w:del><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:r><w:br w:type="page"/>'
        "<w:t>on</w:t></w:r></w:p>",
        f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent><w:t>Beside the box.</w:t></w:r></w:p>",
        "<w:p><m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath></w:p>",
    ]
    for number, part in enumerate(parts):
        body.insert(number, parse_xml(part.replace(">", f" {namespaces}>", 1)))
    assert read_word(file).text == ("In a content control.\n\nWe now link on\n\nBeside the box.\n\nIn a box.\n\nE=mc")


def test_a_word_table_that_lays_out_the_page_is_read_as_paragraphs() -> None:
    file = word()
    left, right = file.add_table(rows=1, cols=2).rows[0].cells
    left.text = "Long. " * 200
    right.add_paragraph("The heading", style="Heading 1")
    right.add_paragraph("Its text.")
    assert outline(read_word(file)) == [("The heading", "Its text.")]


def slides() -> Any:
    file = pptx.Presentation()
    first = file.slides.add_slide(file.slide_layouts[1])
    first.shapes.title.text = "Results\vof 2025"
    first.placeholders[1].text = "Sales rose.\nCosts fell."
    first.notes_slide.notes_text_frame.text = "Thank the team."
    file.slides.add_slide(file.slide_layouts[6])
    third = file.slides.add_slide(file.slide_layouts[6])
    group = third.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.text = "In a group"
    table = third.shapes.add_table(1, 2, 0, 0, Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Profit", "7 %"
    return file


def test_slides_are_pages_and_their_titles_sections() -> None:
    document = parse_document(saved(slides()), "a.PPTX")
    assert document.title == "Results of 2025"
    assert pages(document) == [
        (1, "Results of 2025\n\nSales rose.\n\nCosts fell.\n\nThank the team."),
        (3, "In a group\n\nProfit | 7 %"),
    ]
    assert outline(document) == [
        ("Results of 2025", "Sales rose.\n\nCosts fell.\n\nThank the team."),
        ("Slide 3", "In a group\n\nProfit | 7 %"),
    ]


def workbook() -> Any:
    file = openpyxl.Workbook()
    sheet = file.active
    sheet.title = "Budget"
    sheet.append(["Item", "Cost", "Share", "Paid"])
    sheet.append(["Rent", 1200, 0.255, datetime.datetime(2026, 3, 1)])
    sheet["C2"].number_format = "0.0%"
    sheet.append([])
    sheet.append(["A note on its own."])
    sheet.append(["two\nlines", 0.1 + 0.2, True, datetime.datetime(2026, 3, 1, 9, 30)])
    sheet["F9"] = "far off"
    other = file.create_sheet("People")
    other.append(["Ann", "Berlin"])
    other.append(["=1+1", None])
    return file


def test_sheets_are_sections_of_rows() -> None:
    document = parse_document(saved(workbook()), "budget.xlsx")
    assert document.title == "budget"
    assert outline(document) == [
        (
            "Budget",
            "Item | Cost | Share | Paid\nRent | 1200 | 25.5% | 2026-03-01\n\nA note on its own.\n\n"
            "two lines | 0.3 | TRUE | 2026-03-01 09:30:00\n\nfar off",
        ),
        ("People", "Ann | Berlin"),
    ]
    assert headings_stand_in_text(document)


def test_a_sheet_that_claims_or_spans_millions_of_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.formats.office.MAX_CELLS", 1000)
    file = openpyxl.Workbook()
    file.active["A2000"] = "far down"
    with pytest.raises(DocumentTooLarge, match=r"^'a\.xlsx' has more than 1,000 cells: split it into smaller files\.$"):
        parse_document(saved(file), "a.xlsx")


def test_what_a_sheet_claims_of_its_size_is_not_believed() -> None:
    file = openpyxl.Workbook()
    for _ in range(400):
        file.active.append(["one cell"])
    members = dict(_members(saved(file)))
    sheet = "xl/worksheets/sheet1.xml"
    members[sheet] = members[sheet].replace(b'<dimension ref="A1:A400"', b'<dimension ref="A1:XFD1048576"')
    assert b"XFD1048576" in members[sheet]
    assert parse_document(archive(members), "a.xlsx").text.count("one cell") == 400


def test_entities_that_multiply_are_refused() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    members = dict(_members(saved(workbook())))
    members["xl/workbook.xml"] = bomb.encode() + b"]><workbook>&a9;</workbook>"
    with pytest.raises(UnreadableDocument, match=r"^'a\.xlsx' defines its own XML entities"):
        parse_document(archive(members), "a.xlsx")


def _members(data: bytes) -> list[tuple[str, bytes]]:
    with ZipFile(BytesIO(data)) as packed:
        return [(name, packed.read(name)) for name in packed.namelist()]
