"""Small stand-ins for tests of what surrounds a model; the models themselves are tested for real."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from corpus import Document, Passage
from index.types import Matrix, Vector
from qa.types import Candidate


class HashEncoder:
    """Words hashed into a vector: texts that share words are near. Counts what it was asked to encode."""

    def __init__(self, name: str = "hash", dimension: int = 64) -> None:
        self.name = name
        self.dimension = dimension
        self.max_tokens = 200
        self.encoded: list[str] = []

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(f"{self.name}/{self.dimension}".encode()).hexdigest()

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_passages(self, texts: Sequence[str]) -> Matrix:
        self.encoded += texts
        return np.stack([self.encode_query(text) for text in texts])

    def encode_query(self, text: str) -> Vector:
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in text.casefold().split():
            vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.dimension] += 1
        return vector / np.linalg.norm(vector)


def document(doc_id: str, text: str, title: str = "A title") -> Document:
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return Document(doc_id, text, title, digest, digest)


class FixedReader:
    """Finds the given words wherever a passage holds them, with the given margin; a rule in the place of a model."""

    def __init__(self, margins: Mapping[str, float], name: str = "fixed") -> None:
        self.margins, self.name, self.depth = margins, name, 0

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        return [
            [
                Candidate(passage, passage.start + at, passage.start + at + len(words), margin, 0.0)
                for words, margin in sorted(self.margins.items(), key=lambda item: -item[1])
                if (at := passage.text.find(words)) >= 0
            ]
            for passage in passages
        ]
