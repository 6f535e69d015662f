"""Passages in, searchable generations out."""

from index.changes import RECIPE, Progress
from index.encoder import DEFAULT_ENCODER, OnnxEncoder, load_encoder
from index.generation import indexed
from index.index import Index, Mode
from index.types import Encoder, Hit, Manifest, VectorStore

__all__ = [
    "DEFAULT_ENCODER",
    "RECIPE",
    "Encoder",
    "Hit",
    "Index",
    "Manifest",
    "Mode",
    "OnnxEncoder",
    "Progress",
    "VectorStore",
    "indexed",
    "load_encoder",
]
