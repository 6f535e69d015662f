import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from safetensors import safe_open
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    MPNetConfig,
    MPNetForQuestionAnswering,
    PreTrainedModel,
)

from index.errors import ModelUnusable
from qa.reading import QUICK, SpanReader
from qa.training import checkpoint
from qa.training.data.batches import Batch, collate
from qa.training.data.examples import Example
from qa.training.data.features import Feature
from qa.training.data.pieces import Piece, Sentence
from qa.training.dropout import Masks
from qa.training.mixture.draw import pass_of
from qa.training.mixture.passes import Material
from qa.training.mixture.shares import Shares
from qa.training.model import freeze, keep_positions, span_logits, span_loss
from qa.training.schedule import rate
from qa.training.ship.export import INPUTS, onnx_inputs, onnx_scorer, ship, write_onnx
from qa.training.ship.quantise import largest_inputs, level_tokens, quantise, smooth
from qa.training.ship.restore import restore
from qa.training.train import Pace, Recipe, RowsOf, ahead, scorer, step, steps

SHIPPED_TOKENIZER = QUICK / "tokenizer.json"
RECIPE = Recipe(rows=4, warm_up=2, shares=Shares(hard=1.0, short=0, noise=0.3))
PACE = Pace(passes=3, precision="float32")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


SIZES = {
    "vocab_size": 200,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}


def reader(family: str = "bert") -> PreTrainedModel:
    torch.manual_seed(0)
    if family == "mpnet":
        return MPNetForQuestionAnswering(MPNetConfig(**SIZES))
    return BertForQuestionAnswering(BertConfig(**SIZES))


@pytest.fixture
def tokenizer() -> Tokenizer:
    words = ["?", "[CLS]", "[SEP]", *(f"w{n}" for n in range(100))]
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


@pytest.fixture
def material() -> Material:
    examples, table, pieces = [], {}, []
    for n in range(12):
        context = " ".join(f"w{(7 * n + i) % 50}" for i in range(10 + n))
        table[context] = [Sentence(0, len(context), 10 + n)]
        pieces.append(Piece(f"t{n}", context, 0, len(context)))
        at = context.index(" ") + 1
        answer = context[at:].split(" ")[0]
        examples.append(Example(str(n), f"what w{50 + n} ?", context, ((answer, at),), True, f"t{n}", "squad", at))
    return Material(examples, table, pieces, {str(n): [(n + 5) % 12] for n in range(12)})


def rows_of(material: Material, tokenizer: Tokenizer) -> RowsOf:
    return lambda number: pass_of(material, tokenizer, RECIPE.shares, RECIPE.seed, number)


def start() -> checkpoint.Run:
    return checkpoint.start_run(reader(), body_rate=1e-3, head_rate=1e-2, weight_decay=0.01)


def same(one: Batch, other: Batch) -> bool:
    names = [name for name in Batch.__dataclass_fields__ if torch.is_tensor(getattr(one, name))]
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in names)


def test_going_on_gives_the_batches_that_would_have_come(material: Material, tokenizer: Tokenizer) -> None:
    whole = [batch for batch, _ in steps(rows_of(material, tokenizer), RECIPE, PACE, 0)]
    assert len(whole) > 10
    for done in (1, len(whole) // 2, len(whole) - 1):
        rest = [batch for batch, _ in steps(rows_of(material, tokenizer), RECIPE, PACE, done)]
        assert len(rest) == len(whole) - done
        assert all(same(a, b) for a, b in zip(whole[done:], rest, strict=True))


def test_an_interrupted_run_ends_with_the_same_weights(
    material: Material, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    def go_on(run: checkpoint.Run, until: int) -> None:
        masks = Masks(run.reader, share=0.2, seed=1)
        for batch, total in steps(rows_of(material, tokenizer), RECIPE, PACE, run.step):
            masks.draw(run.step)
            step(run, batch, RECIPE, PACE, total, torch.float32)
            if run.step == until:
                return

    straight, first, second = start(), start(), start()
    go_on(straight, 8)
    go_on(first, 3)
    checkpoint.save(first, tmp_path / "c.safetensors", {"seed": 1})
    checkpoint.load(second, tmp_path / "c.safetensors", {"seed": 1})
    assert second.step == 3
    go_on(second, 8)
    for name, weight in straight.reader.named_parameters():
        torch.testing.assert_close(second.reader.get_parameter(name), weight, rtol=1e-5, atol=1e-7)
        torch.testing.assert_close(second.mean[name], straight.mean[name], rtol=1e-5, atol=1e-7)


def test_batches_made_ahead_are_the_same_and_a_fault_in_them_is_raised(
    material: Material, tokenizer: Tokenizer
) -> None:
    def made() -> Iterator[tuple[Batch, int]]:
        return steps(rows_of(material, tokenizer), RECIPE, PACE, 0)

    makers: list[int] = []

    def watched() -> Iterator[tuple[Batch, int]]:
        for batch in made():
            makers.append(threading.get_ident())
            yield batch

    straight, early = list(made()), list(ahead(watched()))
    assert set(makers).isdisjoint({threading.get_ident()}), "in a thread beside"
    assert len(straight) == len(early) > 10
    assert all(same(a, b) and m == n for (a, m), (b, n) in zip(straight, early, strict=True))

    def broken() -> Iterator[tuple[Batch, int]]:
        yield next(made())
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(ahead(broken()))


def test_positions_that_are_kept_change_no_logit() -> None:
    batch, model = batch_of_groups(), reader("mpnet").eval()
    before = span_logits(model, batch, torch.float32)
    encoder = model.base_model.encoder
    worked_out, bucket = [], encoder.relative_position_bucket
    encoder.relative_position_bucket = lambda far: worked_out.append(far.shape) or bucket(far)
    keep_positions(model)
    for _ in range(3):
        assert all(torch.equal(a, b) for a, b in zip(before, span_logits(model, batch, torch.float32), strict=True))
    assert len(worked_out) == 1, "once for a length"


def test_dropout_zeroes_its_share_in_training_alone_and_anew_at_each_step(
    material: Material, tokenizer: Tokenizer
) -> None:
    model, plain = reader(), reader()
    batch, _ = next(steps(rows_of(material, tokenizer), RECIPE, PACE, 0))
    masks = Masks(model, share=0.25, seed=1)

    def start_logits(step: int) -> torch.Tensor:
        masks.draw(step)
        return span_logits(model, batch, torch.float32)[0]

    assert torch.equal(start_logits(1), start_logits(1))
    assert not torch.equal(start_logits(1), start_logits(2))
    model.eval()
    torch.testing.assert_close(start_logits(1), span_logits(plain.eval(), batch, torch.float32)[0])
    site = model.train().base_model.embeddings.dropout
    kept = site(torch.ones(16, 100, 32))
    assert (kept == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert kept.mean().item() == pytest.approx(1, abs=0.02), "what is kept makes up for what is not"


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    checkpoint.save(start(), tmp_path / "c.safetensors", {"seed": 1})
    with pytest.raises(ValueError, match="use these settings"):
        checkpoint.load(start(), tmp_path / "c.safetensors", {"seed": 2})


def test_the_loss_falls_and_the_batch_is_learnt(material: Material, tokenizer: Tokenizer) -> None:
    run = start()
    batch, _ = next(steps(rows_of(material, tokenizer), RECIPE, PACE, 0))
    recipe = replace(RECIPE, warm_up=1)
    losses = [step(run, batch, recipe, PACE, 10_000, torch.float32) for _ in range(60)]
    assert losses[-1] < 0.1 < losses[0]


def batch_of_groups() -> Batch:
    """A question asked of three passages, of which the first answers, and one asked of a single passage."""
    positive = Feature(np.array([101, 5, 102, 7, 8, 9, 102], dtype=np.int32), 3, 4, 5)
    negative = Feature(np.array([101, 5, 102, 6, 102], dtype=np.int32), 3, 0, 0)
    headed = Feature(np.array([101, 5, 102, 44, 6, 7, 102], dtype=np.int32), 4, 0, 0, heading=1)
    alone = Feature(np.array([101, 5, 102, 6, 102], dtype=np.int32), 3, 3, 3)
    return collate([(positive, negative, headed), (alone,)])


def test_the_shared_norm_by_hand() -> None:
    batch = batch_of_groups()
    torch.manual_seed(1)
    start_logits, end_logits = torch.randn(2, 4, 7).masked_fill((batch.inside == 0), float("-inf"))
    start_logits[:, 0], end_logits[:, 0] = torch.randn(4), torch.randn(4)
    plain = span_loss(start_logits, end_logits, batch, 0.0)
    expected = torch.tensor(0.0)
    for logits, gold in ((start_logits, 4), (end_logits, 5)):
        inside = {0: (3, 4, 5), 1: (3,), 2: (4, 5)}
        margins = [logits[row, i] - logits[row, 0] for row, places in inside.items() for i in places]
        expected += torch.log(1 + torch.stack(margins).exp().sum()) - (logits[0, gold] - logits[0, 0])
    torch.testing.assert_close(span_loss(start_logits, end_logits, batch, 1.0), plain + 0.5 * expected / 4)


@pytest.mark.parametrize("family", ["bert", "mpnet"])
def test_only_the_passage_and_null_can_be_chosen(family: str) -> None:
    batch = batch_of_groups()
    model = reader(family).eval()
    for logits in span_logits(model, batch, torch.float32):
        assert torch.isfinite(logits[1]).tolist() == [True, False, False, True, False, False, False]
        assert torch.isfinite(logits[2]).tolist() == [True, False, False, False, True, True, False]


def test_frozen_layers_stay_as_they_were_and_go_into_no_checkpoint(
    material: Material, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    model = reader("mpnet")
    freeze(model, 1)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    run = checkpoint.start_run(model, body_rate=1e-3, head_rate=1e-2, weight_decay=0.01)
    batch, _ = next(steps(rows_of(material, tokenizer), RECIPE, PACE, 0))
    step(run, batch, replace(RECIPE, warm_up=1), PACE, 100, torch.float32)
    moved = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    free = ("layer.1.", "qa_outputs", "relative_attention_bias")
    assert moved and all(any(part in name for part in free) for name in moved)
    checkpoint.save(run, tmp_path / "c.safetensors", {})
    with safe_open(tmp_path / "c.safetensors", framework="pt") as file:
        assert not any("embeddings" in name or "layer.0." in name for name in file.keys())  # noqa: SIM118
    other = reader("mpnet")
    assert checkpoint.load_mean(other, tmp_path / "c.safetensors") == 1
    assert torch.equal(other.qa_outputs.weight, run.mean["qa_outputs.weight"])


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    rates = [rate(s, 1000, warm_up=100, decay=0.4) for s in range(1001)]
    assert rates[0] == 0.01
    assert rates[100:600] == [1.0] * 500
    assert rates[800] == pytest.approx(0.5)
    assert rates[1000] == 0.0
    assert rates[:600] == [rate(s, 2000, warm_up=100, decay=0.4) for s in range(600)]


@pytest.mark.parametrize("family", ["bert", "mpnet"])
def test_the_exported_reader_agrees_and_the_small_one_nearly(family: str, tmp_path: Path) -> None:
    model = reader(family)
    write_onnx(model, tmp_path / "full.onnx")
    features = [Feature(np.arange(2, n, dtype=np.int32), 3, 0, 0) for n in (9, 40)]
    names = INPUTS if family == "bert" else INPUTS[:2]
    calibration = [onnx_inputs(feature, names) for feature in features]
    quantise(tmp_path / "full.onnx", tmp_path / "small.onnx", calibration)
    smoothed = onnx.load(str(tmp_path / "full.onnx"))
    smooth(smoothed, largest_inputs(tmp_path / "full.onnx", calibration))
    onnx.save(smoothed, str(tmp_path / "smoothed.onnx"))
    level_tokens(smoothed)
    onnx.checker.check_model(smoothed)
    onnx.save(smoothed, str(tmp_path / "levelled.onnx"))
    expected = scorer(model, torch.float32)(features)
    exact = ("full.onnx", "smoothed.onnx", "levelled.onnx")
    for file, tolerance in (*((name, 1e-4) for name in exact), ("small.onnx", 0.05)):
        for feature, ours, theirs in zip(features, expected, onnx_scorer(tmp_path / file)(features), strict=True):
            inside = slice(feature.first, len(feature.ids) - 1)
            np.testing.assert_allclose(ours[0][inside], theirs[0][inside], atol=tolerance)
            np.testing.assert_allclose(ours[1][0], theirs[1][0], atol=tolerance)


@pytest.mark.parametrize("family", ["bert", "mpnet"])
@pytest.mark.parametrize(("file", "tolerance"), [("full.onnx", 1e-6), ("small.onnx", 0.08)])
def test_an_exported_reader_is_restored(tmp_path: Path, file: str, tolerance: float, family: str) -> None:
    model, other = reader(family), reader(family)
    names = INPUTS if family == "bert" else INPUTS[:2]
    with torch.no_grad():
        for parameter in model.parameters():  # the exporter merges parameters that are equal
            parameter.add_(0.02 * torch.randn_like(parameter))
    write_onnx(model, tmp_path / "full.onnx")
    features = [Feature(np.arange(2, n, dtype=np.int32), 3, 0, 0) for n in (9, 40)]
    quantise(tmp_path / "full.onnx", tmp_path / "small.onnx", [onnx_inputs(feature, names) for feature in features])
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    restore(tmp_path / file, other)
    theirs = dict(other.named_parameters())
    for name, parameter in model.named_parameters():
        assert (parameter - theirs[name]).abs().max() <= tolerance * parameter.abs().max(), name


def test_what_was_not_exported_here_is_not_restored(tmp_path: Path) -> None:
    onnx.save(helper.make_model(helper.make_graph([], "nothing", [], [])), str(tmp_path / "other.onnx"))
    with pytest.raises(ValueError, match=r"other\.onnx lacks"):
        restore(tmp_path / "other.onnx", reader())


def test_a_continued_run_draws_by_the_weights_that_it_starts_from(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
    first, second = (RECIPE.continued(tmp_path / name) for name in "ab")
    assert len({RECIPE.seed, first.seed, second.seed}) == 3
    assert first == RECIPE.continued(tmp_path / "a")
    assert first.shares == RECIPE.shares


def test_a_large_reader_ships_in_files_that_a_repository_can_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_onnx(reader("mpnet"), tmp_path / "full.onnx")
    features = [Feature(np.arange(2, 40, dtype=np.int32), 3, 0, 0)]
    quantise(tmp_path / "full.onnx", tmp_path / "small.onnx", [onnx_inputs(f, INPUTS[:2]) for f in features])
    monkeypatch.setattr("qa.training.ship.export.LARGEST", 1000)
    ship(tmp_path / "small.onnx", SHIPPED_TOKENIZER, tmp_path / "reader")
    ours, theirs = (onnx_scorer(tmp_path / name)(features)[0] for name in ("small.onnx", "reader/model.onnx"))
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert (tmp_path / "reader" / "words.bin").stat().st_size >= 200 * 32
    SpanReader(tmp_path / "reader")
    with (tmp_path / "reader" / "words.bin").open("r+b") as file:
        file.write(b"\7\7\7")
    with pytest.raises(ModelUnusable, match=r"words\.bin .* is damaged"):
        SpanReader(tmp_path / "reader")
