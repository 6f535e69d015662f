"""The reader: a trained span model on ONNX Runtime, read one passage at a time."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus import Passage
from corpus.digest import digest
from index.encoder.runtime import open_session, open_tokenizer
from index.errors import ModelUnusable
from qa.reading.candidates import DEPTH, candidates_of
from qa.reading.spans import Layout, Logits, Window, before, windows
from qa.types import Candidate

_MODELS = Path(__file__).parents[1] / "models"
QUICK, CAREFUL = _MODELS / "quick", _MODELS / "careful"
"""The folders of the readers that Pincite ships."""
_REMEDY = "install Pincite again, or configure another reader"
_SLOW_FUSIONS = ("SkipLayerNormFusion", "DynamicQuantizeMatMulFusion")
"""ONNX Runtime's own optimisations without which the model takes a tenth less time (measured with 1.32)."""


@dataclass(frozen=True, slots=True)
class ReaderRecord:
    """What an exported reader says of itself; ``files`` maps names to ``sha256:<hex>``.

    ``cls``, ``between`` and ``sep`` are the token ids of its layout.
    """

    name: str
    cls: int
    between: list[int]
    sep: int
    files: dict[str, str]

    @property
    def layout(self) -> Layout:
        """The marks around question and passage."""
        return Layout(self.cls, tuple(self.between), self.sep)


class SpanReader:
    """Scores every span of a passage against "this does not answer".

    The model's activations are quantised with scales taken from the whole input, so that in a batch logits would
    depend on what else is in it: each passage is read alone, on any free core, and nothing is spent on padding.
    """

    def __init__(self, folder: Path = QUICK) -> None:
        """Open an exported reader. Raises ModelUnusable where a file is missing or not what the record says."""
        record = _record_of(folder)
        self.name, self.depth = record.name, DEPTH
        self._layout = record.layout
        self._tokenizer = open_tokenizer(folder / "tokenizer.json", remedy=_REMEDY)
        # Passages side by side, each on one core, take three fifths of the time of one after another on all cores.
        self._session = open_session(folder / "model.onnx", remedy=_REMEDY, threads=1, without=_SLOW_FUSIONS)
        self._has_segments = any(feed.name == "token_type_ids" for feed in self._session.get_inputs())
        self._workers = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="reader")

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        """The best spans of each passage, at most ``SPANS``, best first."""
        ids = self._tokenizer.encode(question, add_special_tokens=False).ids
        windows_of = [self._windows(ids, passage) for passage in passages]
        logits = self._all_logits([window for windows in windows_of for window in windows])
        scored = [[(window, *next(logits)) for window in windows] for windows in windows_of]
        return [candidates_of(passage, rows) for passage, rows in zip(passages, scored, strict=True)]

    def _windows(self, question: Sequence[int], passage: Passage) -> list[Window]:
        encoded = self._tokenizer.encode(passage.text, add_special_tokens=False)
        heading = self._tokenizer.encode(before(passage.context), add_special_tokens=False).ids
        return windows(question, encoded.ids, encoded.offsets, self._layout, heading=heading)

    def _all_logits(self, inputs: Sequence[Window]) -> Iterator[tuple[Logits, Logits]]:
        """In the order of the windows; the longest are read first, so that no core waits long for the last one."""
        longest_first = sorted(range(len(inputs)), key=lambda number: -len(inputs[number].ids))
        reading = {number: self._workers.submit(self._logits, inputs[number]) for number in longest_first}
        return (reading[number].result() for number in range(len(inputs)))

    def _logits(self, window: Window) -> tuple[Logits, Logits]:
        ids = np.array([window.ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        if self._has_segments:
            feeds["token_type_ids"] = types = np.zeros_like(ids)
            types[0, window.second :] = 1
        start, end = self._session.run(["start_logits", "end_logits"], feeds)
        return start[0], end[0]


def _record_of(folder: Path) -> ReaderRecord:
    try:
        record = ReaderRecord(**json.loads((folder / "reader.json").read_text(encoding="utf-8")))
        if missing := {"model.onnx", "tokenizer.json"} - record.files.keys():
            raise ValueError(f"its record lacks {min(missing)}")
        for name, expected in record.files.items():
            if digest((folder / name).read_bytes()) != expected:
                raise ModelUnusable(f"The file {name} of the reader in {folder} is damaged; {_REMEDY}.")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelUnusable(f"The reader in {folder} cannot be loaded ({error}); {_REMEDY}.") from error
    return record
