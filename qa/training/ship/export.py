"""Averaged weights -> ONNX -> the int8 file that ships, and what the smaller file costs.

Only weights and the inputs of matrix products become 8-bit. Scales of the inputs are taken when the
model runs, over the whole input: the reader must therefore be given one passage at a time, or logits
would depend on what else is in the batch. (One at a time takes as long as one padded batch, measured.)
"""

import json
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from random import Random

import onnx
import torch
from onnx.external_data_helper import set_external_data
from transformers import PreTrainedModel

from index.encoder.runtime import open_session, open_tokenizer
from index.generation import file_digest
from qa.reading.onnx_reader import ReaderRecord
from qa.reading.spans import Logits
from qa.training.checkpoint import load_mean
from qa.training.data.batches import collate
from qa.training.data.examples import read_examples
from qa.training.data.features import Feature, example_windows, layout_of, null_feature
from qa.training.develop import Scorer
from qa.training.model import has_segments, load_reader
from qa.training.ship.quantise import Inputs, quantise
from qa.training.ship.restore import restore

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUTS = ("start_logits", "end_logits")
CALIBRATION_SEED = 1
WORDS = "words.bin"
FILES = ("model.onnx", WORDS, "tokenizer.json")
LARGEST = 95_000_000


def export(work: Path, pretrained: Path, besides: Sequence[Path] = ()) -> Path:
    """Write `reader.fp32.onnx` and the quantised `reader.onnx` of the last checkpoint; returns the latter.

    With exported readers `besides`, of the mean of their weights and the checkpoint's (a uniform soup; Wortsman et al.,
    ICML 2022).
    """
    reader = load_reader(pretrained, seed=0)
    load_mean(reader, work / "checkpoint.safetensors")
    _mix_in(besides, reader, pretrained)
    full, small = work / "reader.fp32.onnx", work / "reader.onnx"
    write_onnx(reader, full)
    examples = Random(CALIBRATION_SEED).sample(read_examples(work / "train.jsonl.gz"), 96)
    windows = [group[0] for group in example_windows(examples, open_tokenizer(pretrained / "tokenizer.json"))]
    names = INPUTS if has_segments(reader) else INPUTS[:2]
    quantise(full, small, [onnx_inputs(null_feature(w), names) for w in windows])
    return small


@torch.no_grad()
def _mix_in(others: Sequence[Path], reader: PreTrainedModel, pretrained: Path) -> None:
    other = load_reader(pretrained, seed=0)
    for number, path in enumerate(others, start=1):
        restore(path, other)
        torch._foreach_lerp_(list(reader.parameters()), list(other.parameters()), 1 / (number + 1))


def ship(model: Path, tokenizer: Path, folder: Path) -> None:
    """Put the reader into a folder that ``qa.reading.onnx_reader`` opens, named by the checksum of its weights.

    A file of more than ``LARGEST`` bytes is no guest in a repository: the table of words then stands beside the model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    (folder / WORDS).unlink(missing_ok=True)
    if model.stat().st_size <= LARGEST:
        shutil.copyfile(model, folder / "model.onnx")
    else:
        parted = onnx.load(str(model))
        words = max(parted.graph.initializer, key=lambda tensor: len(tensor.raw_data))
        set_external_data(words, WORDS)
        onnx.save(parted, str(folder / "model.onnx"))
    files = {name: file_digest(path) for name in FILES if (path := folder / name).exists()}
    version = sha256("".join(files[name] for name in sorted(files)).encode()).hexdigest()[:8]
    layout = layout_of(open_tokenizer(folder / "tokenizer.json"))
    record = ReaderRecord(f"pincite-reader/{version}", layout.first, list(layout.between), layout.last, files)
    (folder / "reader.json").write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")


class _Spans(torch.nn.Module):
    """The reader with tensors in, and a pair of tensors out."""

    def __init__(self, reader: PreTrainedModel) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        out = self.reader(**dict(zip(INPUTS, inputs, strict=False)))
        return out.start_logits, out.end_logits


def write_onnx(reader: PreTrainedModel, path: Path) -> None:
    """Export with int64 inputs and float32 outputs, all of shape (rows, tokens), both free.

    A model that knows no segments (MPNet) has no input for them.
    """
    inputs = INPUTS if has_segments(reader) else INPUTS[:2]
    example = torch.ones(2, 16, dtype=torch.long)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's remarks on constants; the test compares the logits
        torch.onnx.export(
            _Spans(reader).eval(),
            (example, example, torch.zeros_like(example))[: len(inputs)],
            str(path),
            input_names=list(inputs),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "rows", 1: "tokens"} for name in (*inputs, *OUTPUTS)},
            opset_version=17,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))


def onnx_inputs(feature: Feature, names: Sequence[str] = INPUTS) -> Inputs:
    """One feature as those named inputs of an exported reader, each of shape (1, tokens)."""
    batch = collate([[feature]])
    given = dict(zip(INPUTS, (t.numpy() for t in (batch.ids, batch.mask, batch.types)), strict=True))
    return {name: given[name] for name in names}


def onnx_scorer(path: Path, threads: int = 2) -> Scorer:
    """Logits of an exported reader, one feature at a time; positions outside the context are -inf."""
    session = open_session(path, threads=threads)
    names = [given.name for given in session.get_inputs()]

    def score(features: Sequence[Feature]) -> list[tuple[Logits, Logits]]:
        logits = []
        for feature in features:
            start, end = session.run(list(OUTPUTS), onnx_inputs(feature, names))
            logits.append((start[0], end[0]))
        return logits

    return score
