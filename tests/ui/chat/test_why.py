"""The fold-out that says why, without a browser."""

from lxml import html

from qa.wire.schemas import AnswerOut, HitOut, IndexOut
from tests.ui.chat.test_page import HOSTILE
from ui.chat.why import why

HITS = [
    HitOut(
        rank=1, doc_id="a.txt", start=0, end=4, text="One.", section="First", score=0.91234, dense=0.512, lexical=7.96,
        dense_rank=2, lexical_rank=1, reader=5.25, null=-0.5, title="A title", text_digest="sha256:0123456789abcdef",
    ),
    HitOut(
        rank=2, doc_id="a.txt", start=5, end=9, text="Two.", section=None, score=0.4, dense=0.3, lexical=None,
        dense_rank=7, lexical_rank=None, title="A title", text_digest="sha256:0123456789abcdef",
    ),
]  # fmt: skip
RECORD = AnswerOut(
    question="Who?", query="Who?", did_you_mean=None, answer="One", abstained=False, reason=None, message=None,
    confidence=0.71, citations=[], alternatives=[], hits=HITS,
    timings_ms={"encode": 6.1, "retrieve": 0.9, "read": 1048.0, "total": 1055.0},
    index=IndexOut(generation="abc123", encoder="some encoder", reader="some reader"),
)  # fmt: skip


def shown(record: AnswerOut) -> html.HtmlElement:
    return html.fragment_fromstring(why(record))


def test_every_leg_is_told_with_its_rank() -> None:
    rows = [[cell.text_content() for cell in row.xpath("th | td")] for row in shown(RECORD).xpath("//tbody/tr")]
    assert rows == [
        ["1. First", "0.51 (2)", "8.0 (1)", "0.912", "5.2", "−0.5"],
        ["2. A title", "0.30 (7)", "–", "0.400", "–", "–"],
    ]


def test_the_table_is_named_and_its_cells_have_heads() -> None:
    tree = shown(RECORD)
    assert len(tree.xpath("//caption")) == 1
    assert len(tree.xpath("//thead//th[@scope='col']")) == len(tree.xpath("//tbody/tr[1]/*")) == 6
    assert len(tree.xpath("//tbody//th[@scope='row']")) == 2


def test_times_index_and_models_are_named() -> None:
    told = shown(RECORD).xpath("//dl")[0].text_content()
    for part in ("searching 1 ms", "reading 1,048 ms", "generation abc123", "some encoder", "some reader"):
        assert part in told


def test_the_confidence_is_explained() -> None:
    def told(**changes: object) -> str:
        return str(shown(RECORD.model_copy(update=changes)).xpath("//p")[0].text_content())

    assert "the answer was right in 71%" in told()
    assert "too few" in told(abstained=True, confidence=0.2)
    assert "No confidence was fitted" in told(confidence=None)
    assert "No passage had to be read" in told(confidence=None, hits=[])
    assert "Why no answer" in shown(RECORD.model_copy(update={"abstained": True})).text_content()


HOSTILES = ({"section": HOSTILE}, {"section": None, "title": HOSTILE})


def test_nothing_hostile_becomes_markup() -> None:
    hit, other = (each.model_copy(update=update) for each, update in zip(HITS, HOSTILES, strict=True))
    index = IndexOut(generation=HOSTILE, encoder=HOSTILE, reader=HOSTILE)
    tree = shown(RECORD.model_copy(update={"hits": [hit, other], "index": index}))
    assert tree.text_content().count(HOSTILE) == 4 and HOSTILE[:8] in tree.text_content()
    assert not tree.xpath("//script | //img | //b")
