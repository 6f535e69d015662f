"""What a change of an index does: documents are split, what is new of them is encoded, a generation is written."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from corpus import Document, Passage, sentences, split
from index import generation
from index.errors import EmptyCorpus
from index.faiss_store import FaissStore
from index.lexical import LexicalIndex
from index.searchable import searchable
from index.sentence_vectors import SentenceVectors
from index.types import DocumentRecord, Encoder, EncoderRecord, Manifest, Matrix

Progress = Callable[[int, int], None]
"""Called with (passages done, passages in all)."""

RECIPE = 2
"""Which version of splitting, of what is encoded and of the lexical terms makes an index of documents: raised with
every change to them. Each change of an index makes all of it by the current one."""
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Reusable:
    """What the generation before has encoded: ``rows`` maps the text of a passage to its row."""

    rows: Mapping[str, int]
    vectors: Matrix
    sentences: SentenceVectors


def write(
    directory: Path,
    documents: Mapping[str, Document],
    encoder: Encoder,
    target_tokens: int,
    overlap: int,
    before: Reusable | None,
    progress: Progress | None,
    *,
    relieves: bool = False,
) -> str:
    """Write the generation of exactly these documents and make it current; the write lock must be held.

    Returns its id. ``relieves`` is as ``generation.commit`` has it. Raises EmptyCorpus, IndexUnwritable.
    """
    ordered = [documents[doc_id] for doc_id in sorted(documents)]
    if not ordered:
        raise EmptyCorpus("There is no document to index; name at least one file or folder with text in it.")
    of_documents = [
        split(
            document,
            count_tokens=encoder.count_tokens,
            max_tokens=encoder.max_tokens,
            target_tokens=target_tokens,
            overlap=overlap,
        )
        for document in ordered
    ]
    passages = [passage for some in of_documents for passage in some]
    if not passages:
        raise EmptyCorpus("The documents hold no passage of text to index; name others.")
    texts = [searchable(passage, encoder) for passage in passages]
    vectors, of_sentences = _encode(passages, texts, encoder, before, progress)
    records = tuple(
        DocumentRecord(d.doc_id, d.title, len(d.text), len(ps), d.source_digest, d.text_digest, d.extraction)
        for d, ps in zip(ordered, of_documents, strict=True)
    )
    encoder_record = EncoderRecord(encoder.name, encoder.digest, encoder.dimension)
    manifest = Manifest(generation.FORMAT, encoder_record, target_tokens, overlap, records, files={}, recipe=RECIPE)

    def fill(folder: Path) -> None:
        _write_lines(folder / "documents.jsonl", [asdict(document) for document in ordered])
        rows = [{k: v for k, v in asdict(p).items() if k not in {"text", "title"}} for p in passages]
        _write_lines(folder / "passages.jsonl", rows)
        FaissStore.build(vectors).save(folder / "vectors.faiss")
        SentenceVectors.build(of_sentences).save(folder / "sentences")
        LexicalIndex.build(texts).save(folder / "lexical")

    return generation.commit(directory, manifest, fill, relieves=relieves)


def _encode(
    passages: Sequence[Passage],
    texts: Sequence[str],
    encoder: Encoder,
    before: Reusable | None,
    progress: Progress | None,
) -> tuple[Matrix, list[Matrix]]:
    """One row for each passage, and one for each of its sentences; ``texts`` are what is encoded of the passages."""
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    of_sentences = [vectors[:0]] * len(texts)
    known = [i for i, text in enumerate(texts) if before and text in before.rows]
    if before and known:
        vectors[known] = before.vectors[[before.rows[texts[i]] for i in known]]
        for i in known:
            of_sentences[i] = before.sentences.of(before.rows[texts[i]])
    done = set(known)
    fresh = [i for i in range(len(texts)) if i not in done]
    for first in range(0, len(fresh), _CHUNK):
        if progress:
            progress(len(known) + first, len(texts))
        chunk = fresh[first : first + _CHUNK]
        vectors[chunk] = encoder.encode_passages([texts[i] for i in chunk])
        parts = [[passages[i].text[s.start : s.end] for s in sentences(passages[i].text)] for i in chunk]
        rows = encoder.encode_passages([sentence for some in parts for sentence in some])
        for i, of_one in zip(chunk, np.split(rows, np.cumsum([len(some) for some in parts])[:-1]), strict=True):
            of_sentences[i] = of_one
    if progress:
        progress(len(texts), len(texts))
    return vectors, of_sentences


def _write_lines(path: Path, rows: Iterable[object]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
