"""A reader of one's own: any extractive question-answering model of Hugging Face, through transformers and torch."""

import hashlib
from collections.abc import Iterator, Sequence
from threading import Lock

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from corpus import Passage
from index.errors import ModelUnusable
from qa.reading.candidates import DEPTH, candidates_of
from qa.reading.spans import HEADING_TOKENS, QUESTION_TOKENS, STRIDE_TOKENS, WINDOW_TOKENS, Logits, Window, before
from qa.types import Candidate

_ROWS = 16  # windows of one forward pass
_LEAST_TOKENS = 256  # a question, a heading and a stride must leave room for a passage


class TransformersReader:
    """Works in the shipped reader's place; slower, in float32, and without a fitted confidence until one is fitted."""

    def __init__(self, model: str) -> None:
        """Load a model by name (from the local cache) or folder. Raises ModelUnusable."""
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True, use_fast=True)
            self._model, report = AutoModelForQuestionAnswering.from_pretrained(
                model, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelUnusable(
                f"The reader {model!r} cannot be loaded ({_first_line(error)}); name a question-answering model "
                "that is on this machine, with its weights as safetensors."
            ) from error
        if report["missing_keys"]:
            raise ModelUnusable(f"The model {model!r} was not trained to answer questions; name one that was.")
        if not self._tokenizer.is_fast or self._tokenizer.cls_token_id is None:
            raise ModelUnusable(f"The tokenizer of {model!r} gives no offsets or has no [CLS]; name another model.")
        self._model.eval()
        self.name, self.depth = f"{model}/{_digest(self._model)}", DEPTH
        self._tokens = min(WINDOW_TOKENS, self._tokenizer.model_max_length)
        if self._tokens < _LEAST_TOKENS:
            raise ModelUnusable(
                f"The model {model!r} reads {self._tokens} tokens at once, {_LEAST_TOKENS} are needed; name another."
            )
        self._tokenizing = Lock()  # each call sets the tokenizer's own truncation anew

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        """The best spans of each passage, best first."""
        if not passages:
            return []
        scored: list[list[tuple[Window, Logits, Logits]]] = [[] for _ in passages]
        for number, window, start, end in self._scored(question, passages):
            scored[number].append((window, start, end))
        return [candidates_of(passage, rows) for passage, rows in zip(passages, scored, strict=True)]

    def _cut(self, text: str, tokens: int) -> str:
        """The text's first tokens, as many as the shipped reader sees."""
        offsets = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        return text if len(offsets) <= tokens else text[: offsets[tokens - 1][1]] + " "

    def _scored(self, question: str, passages: Sequence[Passage]) -> Iterator[tuple[int, Window, Logits, Logits]]:
        """Every window with the number of its passage and its logits; the first of each begins with the heading."""
        with self._tokenizing:
            headings = [self._cut(before(passage.context), HEADING_TOKENS) for passage in passages]
            encoded = self._tokenizer(
                [self._cut(question, QUESTION_TOKENS)] * len(passages),
                [heading + passage.text for heading, passage in zip(headings, passages, strict=True)],
                truncation="only_second",
                max_length=self._tokens,
                stride=STRIDE_TOKENS,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
                padding=True,
                return_tensors="pt",
            )
        numbers = encoded.pop("overflow_to_sample_mapping").tolist()
        offsets = encoded.pop("offset_mapping").tolist()
        for first in range(0, len(numbers), _ROWS):
            rows = slice(first, first + _ROWS)
            with torch.inference_mode():
                out = self._model(**{name: tensor[rows] for name, tensor in encoded.items()})
            starts, ends = out.start_logits.float().numpy(), out.end_logits.float().numpy()
            for row, start, end in zip(range(first, len(numbers)), starts, ends, strict=False):
                number = numbers[row]
                shift = len(headings[number])
                inner = [
                    place
                    for place, part in enumerate(encoded.sequence_ids(row))
                    if part == 1 and offsets[row][place][1] > shift
                ]
                if inner:
                    within = [(max(left - shift, 0), right - shift) for left, right in (offsets[row][i] for i in inner)]
                    ids = encoded["input_ids"][row].tolist()
                    yield number, Window(ids, inner[0], _trimmed(passages[number].text, within)), start, end


def _digest(model: torch.nn.Module) -> str:
    """The beginning of the weights' SHA-256: confidence that was fitted for others must not be used."""
    digest = hashlib.sha256()
    for _, weight in sorted(model.state_dict().items()):
        digest.update(weight.flatten().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:8]


def _trimmed(text: str, offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Offsets without the blank that some tokenizers count to the word after it."""
    return [(left + (right - left > 1 and text[left].isspace()), right) for left, right in offsets]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
