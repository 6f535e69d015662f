"""What every reader promises, for the shipped one and for models of Hugging Face in its place."""

import hashlib
import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    BertTokenizerFast,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForQuestionAnswering,
)

from corpus import Passage, read_builtin
from index.errors import ModelUnusable
from qa import Reader, load_reader
from qa.reading import QUICK, SpanReader, TwoReaders
from qa.reading.candidates import SPANS
from qa.reading.spans import QUESTION_TOKENS
from qa.reading.transformers_reader import TransformersReader

SIZES = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
ODD = ["", "?", "🙂🙂🙂", "كيف حالك", "谁是发言人？", "\x00\x07\x1b[31m", "e\u0301" * 900, "a" * 2000, "who " * 500]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A question-answering model of chance weights over the shipped vocabulary."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    tokenizer = BertTokenizerFast(tokenizer_object=Tokenizer.from_file(str(QUICK / "tokenizer.json")))
    tokenizer.save_pretrained(folder)
    BertForQuestionAnswering(BertConfig(vocab_size=30522, **SIZES)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with byte-level tokens that carry their blanks, and two separators, as RoBERTa has them."""
    folder = tmp_path_factory.mktemp("roberta")
    torch.manual_seed(0)
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([document.text for document in read_builtin()], trainer)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=False)
    PreTrainedTokenizerFast(
        tokenizer_object=made, cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>"
    ).save_pretrained(folder)
    config = RobertaConfig(vocab_size=600, max_position_embeddings=400, type_vocab_size=1, pad_token_id=1, **SIZES)
    RobertaForQuestionAnswering(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["shipped", "quick", "bert", "roberta"])
def reader(request: pytest.FixtureRequest) -> Reader:
    if request.param in {"shipped", "quick"}:
        return load_reader(None if request.param == "shipped" else "quick")
    return load_reader(str(request.getfixturevalue(request.param)))


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    text = read_builtin()[0].text
    cuts = [0, 600, 1300, 1301, 2400]
    return [passage(text[a:b], a) for a, b in pairwise(cuts)]


def passage(text: str, start: int = 7, title: str = "A title", section: str | None = "A section") -> Passage:
    return Passage("d.txt", start, start + len(text), text, section, title)


def check(reader: Reader, question: str, passages: list[Passage]) -> None:
    read = reader.read(question, passages)
    assert all(c.passage == one for one, candidates in zip(passages, read, strict=True) for c in candidates)
    assert max(map(len, read), default=0) <= SPANS
    for candidate in (c for candidates in read for c in candidates):
        start, end = candidate.start - candidate.passage.start, candidate.end - candidate.passage.start
        text = candidate.passage.text
        assert 0 <= start < end <= len(text)
        assert not text[start].isspace()
        for at in (start, end):
            cut = 0 < at < len(text) and text[at - 1].isascii() and text[at].isascii()
            assert not (cut and text[at - 1].isalnum() and text[at].isalnum()), "no word is cut"


def test_spans_lie_in_their_passages_at_word_bounds_best_first(reader: Reader, passages: list[Passage]) -> None:
    check(reader, "Who is Meta's spokesperson?", passages)
    margins = [c.margin for c in reader.read("Who is Meta's spokesperson?", passages[:1])[0]]
    assert margins == sorted(margins, reverse=True) and len(margins) == SPANS


def test_scores_do_not_depend_on_what_is_read_beside(reader: Reader, passages: list[Passage]) -> None:
    question = "What did the Pentagon brand Anthropic?"
    together = reader.read(question, passages)
    alone = [reader.read(question, [one])[0] for one in passages]
    backwards = reader.read(question, passages[::-1])[::-1]
    exact = isinstance(reader, SpanReader)
    # Which passages two readers reread depends on the others; what they make of those does not.
    read = [n for n, candidates in enumerate(together) if candidates or not isinstance(reader, TwoReaders)]
    assert len(read) > 1
    for other in (alone, backwards):
        for n in read:
            assert [(c.start, c.end) for c in other[n]] == [(c.start, c.end) for c in together[n]]
            for a, b in zip(other[n], together[n], strict=True):
                expected = b.score if exact else pytest.approx(b.score, abs=1e-4)
                assert a.score == expected and (not exact or a.null_score == b.null_score)


def test_nothing_to_read(reader: Reader) -> None:
    assert reader.read("Who?", []) == []
    assert reader.read("Who?", [passage(""), passage(" \n\t ")]) == [[], []]


def test_what_a_passage_stands_under_is_read_and_never_answers(reader: Reader) -> None:
    text = "Twenty-six weeks at full pay."
    bare, headed = passage(text, title="", section=None), passage(text, title="Parental leave")
    best, under = [reader.read("How long is parental leave?", [one])[0][0] for one in (bare, headed)]
    assert best.margin != under.margin
    if isinstance(reader, SpanReader):
        assert under.margin > best.margin + 1
    check(reader, "What is paid in full?", [headed, passage(text, title="leave " * 400)])


def test_a_model_that_reads_too_little_at_once_is_refused(bert: Path, tmp_path: Path) -> None:
    shutil.copytree(bert, tmp_path / "small")
    BertTokenizerFast.from_pretrained(bert, model_max_length=128).save_pretrained(tmp_path / "small")
    with pytest.raises(ModelUnusable, match="reads 128 tokens at once"):
        load_reader(str(tmp_path / "small"))


@pytest.mark.parametrize("question", ODD)
def test_odd_questions(reader: Reader, passages: list[Passage], question: str) -> None:
    check(reader, question, passages[:2])


@pytest.mark.parametrize("unit", ["word ", "x", "😀", "谁", "1,000.5 ", "\u0301e"])
def test_a_passage_that_is_one_line_of_50_000_characters(reader: Reader, unit: str) -> None:
    # Two readings of it take a minute of the suite, and are made of one that is tested.
    length = 5_000 if isinstance(reader, TwoReaders) else 50_000
    check(reader, "Who is it?", [passage((unit * length)[:length])])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(max_size=80), text=st.text(max_size=300))
def test_any_text(reader: Reader, question: str, text: str) -> None:
    clean: Callable[[str], str] = lambda s: s.encode("utf-8", "ignore").decode()  # noqa: E731
    check(reader, clean(question), [passage(clean(text))])


def test_a_long_question_is_read_to_the_same_length(reader: Reader, passages: list[Passage]) -> None:
    asked = " ".join(["who"] * QUESTION_TOKENS)
    one, other = reader.read(asked, passages[:1]), reader.read(f"{asked} is Francis Brennan?", passages[:1])
    if isinstance(reader, SpanReader):
        assert one == other


def test_a_reader_that_no_machine_can_open_is_told_with_what_mends_a_reader(tmp_path: Path) -> None:
    shutil.copytree(QUICK, tmp_path / "reader")
    (tmp_path / "reader" / "model.onnx").write_bytes(b"no model, and signed as it is")
    record = json.loads((tmp_path / "reader" / "reader.json").read_text())
    record["files"]["model.onnx"] = "sha256:" + hashlib.sha256(b"no model, and signed as it is").hexdigest()
    (tmp_path / "reader" / "reader.json").write_text(json.dumps(record))
    with pytest.raises(ModelUnusable, match=r"model\.onnx cannot be loaded .* install Pincite again"):
        load_reader(str(tmp_path / "reader"))


def test_a_damaged_or_incomplete_reader_is_refused(tmp_path: Path) -> None:
    shutil.copytree(QUICK, tmp_path / "reader")
    with (tmp_path / "reader" / "model.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2")
    with pytest.raises(ModelUnusable, match=r"model\.onnx .* is damaged"):
        load_reader(str(tmp_path / "reader"))
    (tmp_path / "reader" / "tokenizer.json").unlink()
    (tmp_path / "reader" / "reader.json").write_text("[]")
    with pytest.raises(ModelUnusable, match="cannot be loaded"):
        load_reader(str(tmp_path / "reader"))


def test_a_careful_reader_reads_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.reading.CAREFUL", tmp_path / "careful")
    assert load_reader(None).name == load_reader("quick").name
    for way in ("careful", "both"):
        with pytest.raises(ModelUnusable, match=r"no careful reader in .* --reader quick"):
            load_reader(way)
    shutil.copytree(QUICK, tmp_path / "careful")
    quick = load_reader("quick").name
    assert load_reader(None).name == load_reader("both").name == f"{quick}+{quick}"
    assert load_reader("careful").name == quick


def test_what_is_no_question_answering_model_is_refused(tmp_path: Path, bert: Path) -> None:
    with pytest.raises(ModelUnusable, match="'no/such-model' cannot be loaded"):
        load_reader("no/such-model")
    shutil.copytree(bert, tmp_path / "encoder")
    BertModel(BertConfig(vocab_size=30522, **SIZES)).save_pretrained(tmp_path / "encoder")
    with pytest.raises(ModelUnusable, match="not trained to answer questions"):
        TransformersReader(str(tmp_path / "encoder"))


def test_weights_as_pickle_are_refused(tmp_path: Path, bert: Path) -> None:
    shutil.copytree(bert, tmp_path / "old")
    (tmp_path / "old" / "model.safetensors").unlink()
    torch.save(
        BertForQuestionAnswering(BertConfig(vocab_size=30522, **SIZES)).state_dict(),
        tmp_path / "old" / "pytorch_model.bin",
    )
    with pytest.raises(ModelUnusable, match="weights as safetensors"):
        load_reader(str(tmp_path / "old"))
