"""Data sets from disk, plain or gzipped. Whatever is wrong is named with its file and line."""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from corpus import Document
from corpus.errors import InvalidDataset

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a question set. ``evidence`` are verbatim substrings of the corpus, each enough alone."""

    id: str
    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]
    answerable: bool
    type: str | None = None


@dataclass(frozen=True, slots=True)
class BeirSet:
    """A retrieval collection (Thakur et al. 2021). ``qrels`` maps query to document to grade."""

    name: str
    documents: list[Document]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def read_questions(path: Path) -> list[Question]:
    """A question set: JSON lines with id, question, answers, evidence and answerable. Raises InvalidDataset."""
    found: dict[str, Question] = {}
    for place, row in _json_lines(path):
        question = Question(
            id=_field(place, row, "id", str),
            question=_field(place, row, "question", str),
            answers=tuple(_strings(place, row, "answers")),
            evidence=tuple(_strings(place, row, "evidence")),
            answerable=_field(place, row, "answerable", bool),
            type=_field(place, row, "type", str) if row.get("type") is not None else None,
        )
        if question.id in found:
            raise InvalidDataset(f"{place}: the id {question.id!r} stands twice; give each question its own.")
        found[question.id] = question
    if not found:
        raise InvalidDataset(f"{path} holds no question; write one JSON object a line.")
    return list(found.values())


def read_beir(folder: Path) -> BeirSet:
    """A folder with corpus.jsonl, queries.jsonl and qrels/*.tsv. Queries without qrels are left out, as in BEIR."""
    documents: dict[str, Document] = {}
    for place, row in _json_lines(_found(folder, "corpus.jsonl")):
        doc_id, text = _field(place, row, "_id", str), _field(place, row, "text", str)
        if doc_id in documents:
            raise InvalidDataset(f"{place}: the document id {doc_id!r} stands twice; give each its own.")
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        documents[doc_id] = Document(doc_id, text, str(row.get("title") or ""), digest, digest)
    queries = {
        _field(place, row, "_id", str): _field(place, row, "text", str)
        for place, row in _json_lines(_found(folder, "queries.jsonl"))
    }
    qrels: dict[str, dict[str, int]] = {}
    for path in sorted([*(folder / "qrels").glob("*.tsv"), *(folder / "qrels").glob("*.tsv.gz")]):
        for place, query, document, grade in _qrels(path):
            if query not in queries:
                raise InvalidDataset(f"{place}: the query {query!r} is not in queries.jsonl; mend either file.")
            if document not in documents:
                raise InvalidDataset(f"{place}: the document {document!r} is not in corpus.jsonl; mend either file.")
            qrels.setdefault(query, {})[document] = grade
    if not qrels:
        raise InvalidDataset(f"{folder} has no judgement in qrels/*.tsv; see the BEIR format.")
    judged = {query: text for query, text in queries.items() if query in qrels}
    return BeirSet(folder.resolve().name, list(documents.values()), judged, qrels)


def _qrels(path: Path) -> Iterator[tuple[str, str, str, int]]:
    for number, line in enumerate(_text(path), start=1):
        place = f"{path}:{number}"
        row = line.rstrip("\r\n").split("\t")
        if not line.strip() or (number == 1 and row[0] in {"query-id", "query_id"}):
            continue
        try:
            query, document, grade = row
            yield place, query, document, int(grade)
        except ValueError as error:
            raise InvalidDataset(f"{place} is not 'query <tab> document <tab> grade'; mend the line.") from error


def _json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_text(path), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidDataset(f"{place} is not JSON ({error}); write one object a line.") from error
        if not isinstance(row, dict):
            raise InvalidDataset(f"{place} is not a JSON object; write one object a line.")
        yield place, row


def _text(path: Path) -> io.StringIO:
    try:
        data = path.read_bytes()
        return io.StringIO((gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig"), newline="\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise InvalidDataset(f"{path} cannot be read ({error}); name a UTF-8 file, plain or gzipped.") from error


def _found(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise InvalidDataset(f"{folder} has no {name}; a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/*.tsv.")


def _field(place: str, row: dict[str, Any], name: str, kind: type[_T]) -> _T:
    value = row.get(name)
    if not isinstance(value, kind):
        raise InvalidDataset(f"{place}: the field {name!r} must be a {kind.__name__}; mend the line.")
    if isinstance(value, str):
        _check_text(place, name, value)
    return value


def _strings(place: str, row: dict[str, Any], name: str) -> list[str]:
    values = row.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidDataset(f"{place}: the field {name!r} must be a list of strings; mend the line.")
    for value in values:
        _check_text(place, name, value)
        if not value.strip():
            raise InvalidDataset(f"{place}: the field {name!r} holds an empty string; remove it.")
    return values


def _check_text(place: str, name: str, text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidDataset(f"{place}: the field {name!r} holds half of a surrogate pair; mend the line.")
