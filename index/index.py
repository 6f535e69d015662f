"""The index: built from documents, opened, searched."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from corpus import EXTRACTION, Document, Page, Passage, Section
from index import generation
from index.changes import RECIPE, Progress, Reusable, write
from index.encoder.export import DEFAULT_ENCODER, load_encoder
from index.errors import EmptyCorpus, IndexCorrupt, IndexFault, IndexForeign, IndexMissing, UnknownDocument
from index.faiss_store import FaissStore
from index.fusion import convex
from index.lexical import LexicalIndex
from index.searchable import searchable
from index.sentence_vectors import SentenceVectors
from index.types import Encoder, Hit, Ids, Manifest, Scores, Vector

Mode = Literal["hybrid", "dense", "lexical"]
TARGET_TOKENS = 120
OVERLAP = 1
DEPTH = 100
"""How many passages each leg gives to the fusion."""
SENTENCE_SHARE = 0.5
"""How much of a dense score is that of the passage's nearest sentence.

RR@10 of the fusion at 0 and 0.5: 0.552 and 0.569 (other people's documents, development half; in other words than the
text's 0.264 and 0.303), 0.912 and 0.930 (built-in article), 0.939 and 0.947 (SelQA), 0.834 and 0.859 (FairytaleQA),
0.976 and 0.972 (SQuAD), 0.955 and 0.948 (TyDi QA); nDCG@10 0.808 and 0.812 (MED), 0.448 and 0.452 (CISI).
"""


class Index:
    """One generation, in memory and immutable: updating returns another ``Index``."""

    def __init__(self, directory: Path, identifier: str, encoder: Encoder, checked: tuple[Path, Manifest]) -> None:
        """Use ``build`` or ``open``. ``checked`` is what ``generation.load_manifest`` gave: every file was checked."""
        folder, self.manifest = checked
        self.directory = directory
        self.generation = identifier
        self.encoder = encoder
        self.documents = {d.doc_id: d for d in map(_document_from, _lines(folder / "documents.jsonl"))}
        self.passages = [self._passage_from(row) for row in _lines(folder / "passages.jsonl")]
        self._store = FaissStore.load(folder / "vectors.faiss")
        self._lexical = LexicalIndex.load(folder / "lexical")
        kept = folder / "sentences"  # from format 3 on
        self._sentences = SentenceVectors.load(kept) if kept.is_dir() else None

    @classmethod
    def build(
        cls,
        documents: Iterable[Document],
        directory: str | Path,
        *,
        encoder: Encoder | str = DEFAULT_ENCODER,
        target_tokens: int = TARGET_TOKENS,
        overlap: int = OVERLAP,
        progress: Progress | None = None,
    ) -> "Index":
        """Make the index in ``directory`` hold exactly these documents, and open it.

        Vectors of an index that is there already are reused for passages that did not change. Raises
        EmptyCorpus, ModelUnusable, IndexBusy, IndexUnwritable; then the index is as it was.
        """
        directory = Path(directory)
        wanted = {document.doc_id: document for document in documents}
        with generation.writing(directory):
            encoder = _loaded(encoder, directory)
            try:
                before = cls._open(directory, encoder)
            except IndexFault:
                before = None  # nothing to reuse: missing, damaged or of another encoder, which is why one builds
            old = before.reusable(encoder) if before else None
            identifier = write(directory, wanted, encoder, target_tokens, overlap, old, progress)
            return cls(directory, identifier, encoder, generation.load_manifest(directory, identifier))

    @classmethod
    def open(cls, directory: str | Path, *, encoder: Encoder | str | None = None) -> "Index":
        """The current generation in ``directory``; ``encoder`` None takes the one that the index names.

        Raises IndexMissing, IndexCorrupt, IndexForeign (made with another encoder), IndexTooNew, ModelUnusable.
        """
        return cls._open(Path(directory), encoder)

    def update(
        self, *, add: Iterable[Document] = (), remove: Iterable[str] = (), progress: Progress | None = None
    ) -> "Index":
        """Add (or replace) and remove documents of what is current on disk now; only what changed is encoded.

        Raises UnknownDocument for an id to remove that is not there, EmptyCorpus if nothing would be left; IndexBusy,
        IndexUnwritable, and what ``open`` raises of the index on disk. Then the index is as it was.
        """
        with generation.writing(self.directory):
            before = self._open(self.directory, self.encoder)
            documents, added = dict(before.documents), list(add)
            for doc_id in remove:
                if documents.pop(doc_id, None) is None:
                    raise UnknownDocument(unknown(doc_id))
            documents.update({document.doc_id: document for document in added})
            if not documents:
                raise EmptyCorpus("The index keeps at least one document; add another before you remove the last.")
            settings = before.manifest
            sizes = settings.target_tokens, settings.overlap
            relieves = not added  # a full disk can be made emptier, if only by what rollback would need
            old = before.reusable(self.encoder)
            identifier = write(self.directory, documents, self.encoder, *sizes, old, progress, relieves=relieves)
            checked = generation.load_manifest(self.directory, identifier)
            return type(self)(self.directory, identifier, self.encoder, checked)

    @classmethod
    def rollback(cls, directory: str | Path, *, encoder: Encoder | str | None = None) -> "Index":
        """What the index held before its last change, made current again; once more, and the change is back.

        Raises IndexMissing where nothing is kept from before, IndexBusy, IndexUnwritable, and what ``open`` raises
        of what is kept. Then the index is as it was.
        """
        directory = Path(directory)
        with generation.writing(directory):
            identifier = generation.previous(directory)
            opened = cls._checked(directory, identifier, encoder)
            generation.turn_to(directory, identifier)
            return opened

    @property
    def outdated(self) -> list[str]:
        """The documents that an earlier version has read or split; indexing their files reads them again."""
        split_before = self.manifest.recipe != RECIPE
        return [r.doc_id for r in self.manifest.documents if split_before or r.extraction != EXTRACTION]

    def latest(self) -> str | None:
        """The id of the newest generation that was committed. Raises IndexCorrupt."""
        return generation.current(self.directory)

    def document(self, doc_id: str) -> Document:
        """The document of that id. Raises UnknownDocument."""
        try:
            return self.documents[doc_id]
        except KeyError:
            raise UnknownDocument(unknown(doc_id)) from None

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        mode: Mode = "hybrid",
        doc_ids: Sequence[str] | None = None,
        vector: Vector | None = None,
    ) -> list[Hit]:
        """The best ``top_k`` passages, of ``doc_ids`` alone if given. Raises UnknownDocument.

        ``vector`` is the query's, where the caller has encoded it already.
        """
        allowed = None if doc_ids is None else self._ids_of(doc_ids)
        vector = self.encoder.encode_query(query) if vector is None else vector
        depth = max(DEPTH, top_k)
        near = self._store.search(vector, depth, allowed)[1]
        dense = near[np.lexsort((near, -self._cosines(vector, near)))].tolist()
        lexical = self._lexical.search(query, depth, allowed)[1].tolist()
        candidates = {"dense": dense, "lexical": lexical, "hybrid": sorted({*dense, *lexical})}[mode]
        ids = np.array(candidates, dtype=np.int64)
        cosines, bm25 = self._cosines(vector, ids), self._lexical.scores(query)[ids]
        fused = convex(cosines, bm25, self._lexical.highest(query))
        scores = {"dense": cosines, "lexical": bm25, "hybrid": fused}[mode]
        best = np.lexsort((ids, -scores))[:top_k]
        dense_rank = {item: rank for rank, item in enumerate(dense, start=1)}
        lexical_rank = {item: rank for rank, item in enumerate(lexical, start=1)}
        return [
            Hit(
                passage=self.passages[ids[place]],
                rank=rank,
                score=float(scores[place]),
                dense=float(cosines[place]),
                lexical=float(bm25[place]),
                dense_rank=dense_rank.get(int(ids[place])),
                lexical_rank=lexical_rank.get(int(ids[place])),
            )
            for rank, place in enumerate(best, start=1)
        ]

    def _cosines(self, vector: Vector, ids: Ids) -> Scores:
        """Of each passage the mean of its own and its nearest sentence's: what answers is often one of several."""
        whole = self._store.scores(vector, ids)
        if self._sentences is None:
            return whole
        return (1 - SENTENCE_SHARE) * whole + SENTENCE_SHARE * self._sentences.best(vector, ids)

    def holds(self, word: str) -> bool:
        """Whether a passage, or what it stands under, holds the word in one form or another."""
        return self._lexical.holds(word)

    def _ids_of(self, doc_ids: Sequence[str]) -> Ids:
        wanted = {self.document(doc_id).doc_id for doc_id in doc_ids}
        return np.array([i for i, p in enumerate(self.passages) if p.doc_id in wanted], dtype=np.int64)

    def _passage_from(self, row: Mapping[str, Any]) -> Passage:
        document = self.documents[row["doc_id"]]
        return Passage(text=document.text[row["start"] : row["end"]], title=document.title, **row)

    def reusable(self, encoder: Encoder) -> Reusable | None:
        """The vectors by the text that was encoded, if ``encoder`` made them, of sentences too."""
        if self.manifest.encoder.digest != encoder.digest or self._sentences is None:
            return None
        rows = {searchable(passage, encoder): row for row, passage in enumerate(self.passages)}
        return Reusable(rows, self._store.vectors(), self._sentences)

    @classmethod
    def _open(cls, directory: Path, encoder: Encoder | str | None) -> "Index":
        try:
            if directory.is_file() or (directory / "CURRENT").is_dir():
                raise IndexMissing(f"{directory} is not an index folder; choose another with --index.")
        except OSError as error:
            raise IndexMissing(
                f"{directory} cannot be opened ({error.strerror}); choose another with --index."
            ) from error
        identifier = generation.current(directory)
        if identifier is None:
            raise IndexMissing(f"There is no index in {directory}; build one from your files with: pincite index")
        try:
            return cls._checked(directory, identifier, encoder)
        except (IndexMissing, IndexCorrupt):
            latest = generation.current(directory)
            if latest is None or latest == identifier:
                raise
            return cls._checked(directory, latest, encoder)  # it was pruned while we opened it

    @classmethod
    def _checked(cls, directory: Path, identifier: str, encoder: Encoder | str | None) -> "Index":
        checked = generation.load_manifest(directory, identifier)
        made_with = checked[1].encoder
        if isinstance(encoder, str) and encoder != made_with.name:
            raise IndexForeign(_foreign(directory, made_with.name, encoder))
        encoder = _loaded(encoder or made_with.name, directory)
        if encoder.digest != made_with.digest:
            raise IndexForeign(_foreign(directory, made_with.name, encoder.name))
        try:
            return cls(directory, identifier, encoder, checked)
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError is FAISS's
            raise IndexCorrupt(
                f"The index in {directory} cannot be read ({error}); build it again with: pincite index and your files."
            ) from error


def unknown(doc_id: str) -> str:
    """The sentence for a document that is not there."""
    return f"There is no document {doc_id!r} in the index; see: pincite documents list"


def _loaded(encoder: Encoder | str, directory: Path) -> Encoder:
    return load_encoder(encoder, directory / "encoders") if isinstance(encoder, str) else encoder


def _foreign(directory: Path, made_with: str, configured: str) -> str:
    return (
        f"The index in {directory} was made with the encoder {made_with!r}, not this {configured!r}; "
        "build it again with: pincite index and your files, or choose another folder with --index."
    )


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from map(json.loads, file)


def _document_from(row: Mapping[str, Any]) -> Document:
    pages = tuple(Page(**page) for page in row["pages"])
    sections = tuple(Section(**section) for section in row["sections"])
    return Document(**{"extraction": 0, **row, "pages": pages, "sections": sections})  # 0 from before it was counted
