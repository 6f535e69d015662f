"""The records and protocols of the index."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus import Passage

Vector = NDArray[np.float32]
"""Shape (dimension,), of unit length."""
Matrix = NDArray[np.float32]
"""Shape (n, dimension), rows of unit length."""
Scores = NDArray[np.float32]
"""Shape (n,); higher is better."""
Ids = NDArray[np.int64]
"""Shape (n,); positions of passages in a generation."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found.

    ``rank`` counts from 1; a higher ``score`` is better, comparable only within one list. ``dense`` is the mean of the
    passage's and its nearest sentence's cosine to the query, ``lexical`` the BM25 score; a leg's rank is None where
    that leg did not find the passage.
    """

    passage: Passage
    rank: int
    score: float
    dense: float | None = None
    lexical: float | None = None
    dense_rank: int | None = None
    lexical_rank: int | None = None


class Encoder(Protocol):
    """Text to unit vectors. A vector does not depend on what else is encoded with it."""

    @property
    def name(self) -> str:
        """The model's name, as configured."""

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` of the weights and the settings that shape the vectors."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the encoder sees, its special tokens not counted."""

    def count_tokens(self, text: str) -> int:
        """The number of tokens of a text, special tokens not counted, however long it is."""

    def encode_passages(self, texts: Sequence[str]) -> Matrix:
        """One row for each text, in order."""

    def encode_query(self, text: str) -> Vector:
        """The vector of a query."""


class VectorStore(Protocol):
    """Exact search over unit vectors by inner product."""

    def search(self, query: Vector, k: int, allowed: Ids | None = None) -> tuple[Scores, Ids]:
        """The best ``min(k, candidates)`` by falling score, ties by rising id; only ``allowed`` ids if given."""

    def scores(self, query: Vector, ids: Ids) -> Scores:
        """The scores of the given ids, in their order."""

    def vectors(self) -> Matrix:
        """All rows."""


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """Which encoder made the vectors."""

    name: str
    digest: str
    dimension: int


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """One document as the manifest lists it."""

    doc_id: str
    title: str
    characters: int
    passages: int
    source_digest: str
    text_digest: str
    extraction: int = 0  # as ``corpus.EXTRACTION``; 0 from before it was counted


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. ``files`` maps each file's name to its ``sha256:<hex>``."""

    format: int
    encoder: EncoderRecord
    target_tokens: int
    overlap: int
    documents: tuple[DocumentRecord, ...]
    files: dict[str, str]
    recipe: int = 0  # as ``index.RECIPE``; 0 from before it was counted
