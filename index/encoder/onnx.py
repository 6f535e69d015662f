"""The encoder as it runs: an exported sentence-transformers model on ONNX Runtime, without torch."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.digest import digest
from index.encoder.runtime import RunOptions, frees_memory, open_session, open_tokenizer
from index.errors import ModelUnusable
from index.generation import file_digest
from index.types import Matrix, Vector

FILES = ("model.onnx", "tokenizer.json")
_BATCH = 32
_REMEDY = "build the index again"


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """What an exported encoder needs besides its weights and tokenizer; ``files`` maps them to ``sha256:<hex>``."""

    name: str
    source: str
    dimension: int
    window: int
    query_prompt: str
    passage_prompt: str
    files: dict[str, str]


class OnnxEncoder:
    """An exported encoder. Opened by ``index.encoder.export.load_encoder``; satisfies ``index.types.Encoder``."""

    def __init__(self, folder: Path) -> None:
        """Open the files that ``export_encoder`` wrote to ``folder``. Raises ModelUnusable where one is damaged."""
        try:
            content = dict(json.loads((folder / "encoder.json").read_text(encoding="utf-8")))
            digest = content.pop("digest", None)
            self._settings = EncoderSettings(**content)
            damaged = [name for name in FILES if file_digest(folder / name) != self._settings.files[name]]
            if digest != settings_digest(content):
                damaged.append("encoder.json")
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ModelUnusable(f"The exported encoder in {folder} is damaged ({error}).") from error
        if damaged:
            raise ModelUnusable(f"The file {damaged[0]} of the exported encoder in {folder} is damaged.")
        self._tokenizer = open_tokenizer(folder / "tokenizer.json", remedy=_REMEDY)
        self._special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        self._session = open_session(folder / "model.onnx", remedy=_REMEDY)
        self._inputs = [node.name for node in self._session.get_inputs()]

    @property
    def name(self) -> str:
        """The model's name, as configured."""
        return self._settings.name

    @property
    def digest(self) -> str:
        """Of the source weights and the settings that shape the vectors."""
        shaping = {key: value for key, value in asdict(self._settings).items() if key != "files"}
        return settings_digest(shaping)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._settings.dimension

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage that the encoder sees, special tokens and prompt not counted."""
        return self._settings.window - self._special - self.count_tokens(self._settings.passage_prompt)

    def count_tokens(self, text: str) -> int:
        """The number of tokens, special tokens not counted."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode_passages(self, texts: Sequence[str]) -> Matrix:
        """One unit row for each text, in order. The memory that this takes is given back."""
        return self._encode([self._settings.passage_prompt + text for text in texts], frees_memory())

    def encode_query(self, text: str) -> Vector:
        """The unit vector of a query."""
        vector: Vector = self._encode([self._settings.query_prompt + text])[0]
        return vector

    def _encode(self, texts: Sequence[str], options: RunOptions | None = None) -> Matrix:
        tokens = [self._window(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        by_length = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        for first in range(0, len(by_length), _BATCH):
            rows = by_length[first : first + _BATCH]
            vectors[rows] = self._run([tokens[row] for row in rows], options)
        return vectors

    def _window(self, ids: list[int]) -> list[int]:
        """At most the model's window, its closing special token kept."""
        window = self._settings.window
        return ids if len(ids) <= window else [*ids[: window - 1], ids[-1]]

    def _run(self, batch: list[list[int]], options: RunOptions | None) -> Matrix:
        longest = max(map(len, batch))
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask}
        vectors: Matrix = self._session.run(None, {name: feeds[name] for name in self._inputs}, options)[0]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Matrix = vectors / np.maximum(norms, np.float32(1e-12))
        return unit


def settings_digest(settings: dict[str, Any]) -> str:
    """``sha256:<hex>``, whatever the order of the keys."""
    return digest(json.dumps(settings, sort_keys=True).encode())
