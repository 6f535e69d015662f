"""Passages to candidates: the readers, and from logits to spans."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from index.errors import ModelUnusable
from index.offline import stay_offline
from qa.reading.onnx_reader import CAREFUL, QUICK, SpanReader
from qa.reading.two_readers import TwoReaders
from qa.types import Reader

__all__ = ["CAREFUL", "QUICK", "WAYS", "SpanReader", "TwoReaders", "load_reader"]

WAYS = ("quick", "careful", "both")
"""What can be asked to read by a word alone."""


def load_reader(model: str | None) -> Reader:
    """A reader of Pincite's (``quick``, ``careful``, ``both``), or another by name or folder; None: the best there is.

    Another is a folder that ``qa.training`` exported, or a Hugging Face model. Raises ModelUnusable.
    """
    if model is None:
        model = "both" if CAREFUL.is_dir() else "quick"
    if model != "quick" and model in WAYS and not CAREFUL.is_dir():
        raise ModelUnusable(
            f"There is no careful reader in {CAREFUL}; read with --reader quick, or train one: python -m qa.training."
        )
    if model == "both":
        with ThreadPoolExecutor(1) as opening:  # the larger one takes most of a second
            careful = opening.submit(SpanReader, CAREFUL)
            return TwoReaders(SpanReader(QUICK), careful.result())
    if model in WAYS:
        return SpanReader(QUICK if model == "quick" else CAREFUL)
    if (Path(model) / "reader.json").is_file():
        return SpanReader(Path(model))
    stay_offline()
    from qa.reading.transformers_reader import TransformersReader  # needs torch, which the shipped reader does without

    return TransformersReader(model)
