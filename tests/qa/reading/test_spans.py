from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index import OnnxEncoder
from qa.reading.spans import ANSWER_TOKENS, STRIDE_TOKENS, WINDOW_TOKENS, Layout, Window, best_spans, windows

CLS, SEP = 101, 102
BERT, MPNET = Layout(CLS, (SEP,), SEP), Layout(0, (2, 2), 2)


def words(text: str) -> Window:
    """A window whose tokens are the text's words."""
    offsets, at = [], 0
    for word in text.split(" "):
        offsets.append((at, at + len(word)))
        at += len(word) + 1
    return Window([CLS, 7, SEP, *range(1000, 1000 + len(offsets)), SEP], 3, offsets)


def logits(window: Window, **peaks: float) -> np.ndarray:
    values = np.zeros(len(window.ids), np.float32)
    for token, value in peaks.items():
        values[window.first + int(token[1:])] = value
    return values


def test_the_best_span_and_its_null() -> None:
    window = words("the cat sat on the mat")
    start, end = logits(window, t1=5, t3=2), logits(window, t2=4, t5=3)
    start[0], end[0] = 1.5, 0.5
    (best, second) = best_spans("the cat sat on the mat", window, start, end, limit=2)
    assert best == (4, 11, 9.0, 2.0)
    assert second == (12, 22, 5.0, 2.0), "the second best does not overlap the best"


def test_a_mark_without_its_partner_goes_with_the_blank_beside_it() -> None:
    text = "say ( so and \xbb"
    window = words(text)
    (best,) = best_spans(text, window, logits(window, t1=5), logits(window, t2=5), limit=1)
    assert text[best.start : best.end] == "so"
    (best,) = best_spans(text, window, logits(window, t3=5), logits(window, t4=5), limit=1)
    assert text[best.start : best.end] == "and"


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 45), seed=st.integers(0, 2**16))
def test_the_best_of_all_allowed_spans(count: int, seed: int) -> None:
    window = words(" ".join("w" * count))
    start, end = np.random.default_rng(seed).normal(size=(2, len(window.ids))).astype(np.float32)
    allowed = [(i, j) for i in range(count) for j in range(i, min(count, i + ANSWER_TOKENS))]
    i, j = max(allowed, key=lambda span: float(start[3 + span[0]] + end[3 + span[1]]))
    (best, *_) = best_spans(" ".join("w" * count), window, start, end, limit=1)
    assert (best.start, best.end) == (2 * i, 2 * j + 1)
    assert (best.score, best.null_score) == (pytest.approx(start[3 + i] + end[3 + j]), pytest.approx(start[0] + end[0]))


def test_a_span_never_runs_backwards() -> None:
    window = words("a b c d")
    (best,) = best_spans("a b c d", window, logits(window, t3=9), logits(window, t0=9), limit=1)
    assert best.start < best.end


def test_a_long_span_is_not_considered() -> None:
    text = " ".join("w" for _ in range(ANSWER_TOKENS + 5))
    window = words(text)
    (best, *_) = best_spans(text, window, logits(window, t0=9), logits(window, **{f"t{ANSWER_TOKENS}": 9}), limit=3)
    assert best.score < 18
    (best, *_) = best_spans(text, window, logits(window, t0=9), logits(window, **{f"t{ANSWER_TOKENS - 1}": 9}), limit=3)
    assert best.score == 18


def test_a_span_stays_within_a_paragraph() -> None:
    text = "A headline\n\nand its text"
    window = Window([CLS, 7, SEP, *range(5), SEP], 3, [(0, 1), (2, 10), (12, 15), (16, 19), (20, 24)])
    (best, *_) = best_spans(text, window, logits(window, t1=9, t2=1), logits(window, t2=9, t1=1), limit=1)
    assert text[best.start : best.end] in {"headline", "and"}


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ('a "supply chain risk," they said', 'a "supply chain risk', 'a "supply chain risk,"'),
        ("called “the last holdout”. Then", "called “the last holdout", "called “the last holdout”"),
        ('a "risk" and more," they said', 'a "risk" and more', 'a "risk" and more'),
        ('a "risk that grows" with time', 'a "risk', 'a "risk'),
    ],
)
def test_a_quotation_within_a_span_is_closed_where_it_closes_right_behind(text: str, found: str, expected: str) -> None:
    window = Window([CLS, 7, SEP, 1, SEP], 3, [(0, len(found))])
    start = np.array([0, 0, 0, 5, 0], np.float32)
    (span,) = best_spans(text, window, start, start, limit=1)
    assert text[span.start : span.end] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Promoting Security." It', "Promoting Security"),
        ('"Promoting Security" It', '"Promoting Security"'),
        ("(the lab", "the lab"),
        ("lab (new)", "lab (new)"),
        ("the lab)", "the lab"),
        ('lab")', "lab"),
        ("`--dry-run`", "--dry-run"),
        ("``pip install``", "pip install"),
        ("**Four weeks**", "Four weeks"),
        ("*per week*", "per week"),
        ("*one* and *two*", "*one* and *two*"),
        ("**Four weeks", "Four weeks"),
        ("Four weeks**", "Four weeks"),
        ("**`--force`**", "--force"),
        ("*args", "*args"),
        ("__init__", "__init__"),
        ("5 * 3", "5 * 3"),
    ],
)
def test_neither_half_of_a_pair_nor_markup_is_kept(text: str, expected: str) -> None:
    end = (
        len(text) - 5 if text.endswith(" It") and '."' in text else len(text) - 3 if text.endswith(" It") else len(text)
    )
    window = Window([CLS, 7, SEP, 1, SEP], 3, [(0, end)])
    (best,) = best_spans(text, window, logits(window, t0=1), logits(window, t0=1), limit=1)
    assert text[best.start : best.end] == expected


@pytest.mark.parametrize(("text", "expected"), [("# Visitors", "Visitors"), ('"', None), ("- *", None), ("a ||", "||")])
def test_punctuation_alone_says_nothing(text: str, expected: str | None) -> None:
    window = words(text)
    peak = 1 if expected == "||" else 0
    found = best_spans(text, window, logits(window, **{f"t{peak}": 9}), logits(window, **{f"t{peak}": 9}), limit=1)
    assert [expected in text[span.start : span.end] for span in found] == ([True] if expected else [])


def test_a_window_without_passage_has_no_span() -> None:
    assert (
        best_spans("", Window([CLS, SEP, SEP], 2, []), np.zeros(3, np.float32), np.zeros(3, np.float32), limit=3) == []
    )


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (300, 1), (316, 1), (317, 2), (5000, 23)])
def test_windows_cover_the_passage_and_share_their_stride(size: int, count: int) -> None:
    passage = list(range(1000, 1000 + size))
    offsets = [(i, i + 1) for i in range(size)]
    made = windows([7], passage, offsets, BERT)
    assert len(made) == count
    assert all(len(window.ids) <= WINDOW_TOKENS for window in made)
    covered = [offset for window in made for offset in window.offsets]
    assert set(covered) == set(offsets)
    for one, other in pairwise(made):
        assert len(set(one.offsets) & set(other.offsets)) == STRIDE_TOKENS


@pytest.mark.parametrize("layout", [BERT, MPNET])
def test_a_window_has_the_marks_of_its_model(layout: Layout) -> None:
    (made,) = windows([7, 8], [1000, 1001], [(0, 1), (2, 3)], layout, heading=[500])
    assert made.ids == [layout.first, 7, 8, *layout.between, 500, 1000, 1001, layout.last]
    assert made.ids[made.first : made.first + 2] == [1000, 1001]
    assert made.ids[made.second] == 500


@pytest.fixture(scope="module")
def tokenizer(encoder: OnnxEncoder) -> Tokenizer:
    return encoder._tokenizer


# Words, and where within them a span may begin or end.
TRICKY = {
    "$14.3 billion": {1, 5, 6},
    "90-day": {2, 3},
    "東京都": {1, 2},
    **dict.fromkeys(("café", "e\u0301tude", "👩‍👩‍👧", "unbelievably", "1,234.5", "x\u200dy", "ﬁnd", "İ"), frozenset()),
    **dict.fromkeys(("don't", "O\u2019Brien", "हिन्दी", "مُحَمَّدٌ", "co\u00adop", "a\u200cb"), frozenset()),
    ". ": {1},
    "the": frozenset(),
}


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.sampled_from(sorted(TRICKY)), min_size=1, max_size=12), seed=st.integers(0, 999))
def test_no_span_begins_or_ends_inside_a_word(tokenizer: Tokenizer, parts: list[str], seed: int) -> None:
    text = " ".join(parts)
    allowed, at = set(), 0
    for part in parts:
        allowed |= {at + cut for cut in (0, len(part), *TRICKY[part])}
        at += len(part) + 1
    encoded = tokenizer.encode(text, add_special_tokens=False)
    (window,) = windows([7], encoded.ids, encoded.offsets, BERT)
    random = np.random.default_rng(seed)
    start, end = random.normal(size=(2, len(window.ids))).astype(np.float32)
    for span in best_spans(text, window, start, end, limit=5):
        assert 0 <= span.start < span.end <= len(text)
        assert {span.start, span.end} <= allowed, f"{text[span.start : span.end]!r} cuts a word of {text!r}"


def test_a_span_may_end_before_a_genitive_and_never_begins_with_it(tokenizer: Tokenizer) -> None:
    text = "Meta's chip"
    encoded = tokenizer.encode(text, add_special_tokens=False)
    (window,) = windows([7], encoded.ids, encoded.offsets, BERT)
    assert [text[slice(*offsets)] for offsets in encoded.offsets] == ["Meta", "'", "s", "chip"]
    found = best_spans(text, window, logits(window, t0=9), logits(window, t0=9), limit=1)
    assert text[found[0].start : found[0].end] == "Meta"
    found = best_spans(text, window, logits(window, t1=9, t2=9), logits(window, t3=9), limit=1)
    assert text[found[0].start : found[0].end] in {"Meta's chip", "chip"}
