"""Data sets from disk, plain or gzipped. Whatever is wrong is named with its file and line."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from corpus import Document
from corpus.characters import is_text
from qa.evaluation.errors import InvalidDataset
from qa.types import Turn

_T = TypeVar("_T")


Format = Literal["questions", "squad", "beir"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a set, with whatever its format knows of the right answer.

    ``evidence`` are verbatim substrings of the corpus, each enough alone; ``relevant`` maps documents to grades, where
    the set judges documents; ``document`` is the one that it was asked of. ``history`` are the turns before it.
    Questions of one ``cluster`` (an article) are not independent. ``line`` is where it stands in its file. One that is
    not ``labelled`` was collected, and nobody has said yet whether the corpus answers it. ``doc_ids`` are the documents
    it is asked of, None asks all.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    answerable: bool = True
    type: str | None = None
    style: str | None = None
    cluster: str | None = None
    relevant: Mapping[str, int] | None = None
    document: str | None = None
    history: tuple[Turn, ...] = ()
    line: int | None = None
    labelled: bool = True
    doc_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A set to evaluate on. ``documents`` is the corpus that comes with it; None asks the open index."""

    name: str
    format: Format
    questions: list[Question]
    documents: list[Document] | None = None

    def check_labelled(self) -> None:
        """Raises InvalidDataset where a question still waits for its label, so that nothing is counted as wrong."""
        waiting = [question for question in self.questions if not question.labelled]
        if waiting:
            raise InvalidDataset(
                f"{len(waiting)} of {len(self.questions)} questions are not labelled, the first is {waiting[0].id!r} "
                f"(line {waiting[0].line}); set answerable, answers and evidence: pincite dataset check names each."
            )


def read_dataset(path: Path, format: Format | None = None) -> Dataset:
    """A set of any format; None tells it by its form. Raises InvalidDataset."""
    reading = {"questions": read_questions, "squad": read_squad, "beir": read_beir}
    return reading[format or _format_of(path)](path)


def _format_of(path: Path) -> Format:
    if path.is_dir():
        return "beir"
    if not path.is_file():
        raise InvalidDataset(f"There is no file or folder {path}; check the path.")
    names = path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]
    return "squad" if names[:1] == [".json"] else "questions"


def read_questions(path: Path) -> Dataset:
    """A question set: JSON lines with id, question, answers, evidence and answerable, and maybe type, style and turns.

    Where ``answerable`` is null, the question waits for its label.
    """
    questions: dict[str, Question] = {}
    for line, place, row in _json_lines(path):
        labelled = "answerable" not in row or row["answerable"] is not None
        question = Question(
            id=_field(place, row, "id", str),
            question=_field(place, row, "question", str),
            answers=tuple(_strings(place, row, "answers")),
            evidence=tuple(_strings(place, row, "evidence")),
            answerable=labelled and _field(place, row, "answerable", bool),
            type=_field(place, row, "type", str) if row.get("type") is not None else None,
            style=_field(place, row, "style", str) if row.get("style") is not None else None,
            history=tuple(_turns(place, row)),
            line=line,
            labelled=labelled,
        )
        if question.id in questions:
            raise InvalidDataset(f"{place}: the id {question.id!r} stands twice; give each question its own.")
        questions[question.id] = question
    if not questions:
        raise InvalidDataset(f"{path} holds no question; write one JSON object a line.")
    return Dataset(_name_of(path), "questions", list(questions.values()))


def read_squad(path: Path) -> Dataset:
    """A SQuAD 1.1 or 2.0 file. Each paragraph is a document, named by its article's title and its number there."""
    articles = _json(path).get("data")
    if not isinstance(articles, list):
        raise InvalidDataset(f"{path} has no list 'data'; is it a SQuAD file?")
    documents: dict[str, Document] = {}
    questions: dict[str, Question] = {}
    for number, article in enumerate(articles):
        title = _field(f"{path}: data[{number}]", _object(f"{path}: data[{number}]", article), "title", str)
        for count, paragraph in enumerate(_objects(f"{path}: data[{number}]", article, "paragraphs")):
            place = f"{path}: data[{number}].paragraphs[{count}]"
            doc_id = f"{title}/{count}"
            if doc_id in documents:
                raise InvalidDataset(f"{path}: the title {title!r} stands twice; give each article its own.")
            context = _field(place, paragraph, "context", str)
            documents[doc_id] = Document.of(doc_id, context, title.replace("_", " "))
            for asked in _objects(place, paragraph, "qas"):
                question = _squad_question(place, asked, title, doc_id, context)
                if question.id in questions:
                    raise InvalidDataset(f"{place}: the id {question.id!r} stands twice; give each question its own.")
                questions[question.id] = question
    if not questions:
        raise InvalidDataset(f"{path} holds no question; is it a SQuAD file?")
    return Dataset(_name_of(path), "squad", list(questions.values()), list(documents.values()))


def _squad_question(place: str, row: dict[str, Any], title: str, doc_id: str, context: str) -> Question:
    identifier = _field(place, row, "id", str)
    place = f"{place}, question {identifier}"
    answers = [] if row.get("is_impossible") else _objects(place, row, "answers")
    texts = [_field(place, answer, "text", str) for answer in answers]
    for answer, text in zip(answers, texts, strict=True):
        start = _field(place, answer, "answer_start", int)
        if context[start : start + len(text)] != text:
            raise InvalidDataset(f"{place}: the answer {text!r} does not stand at {start}; mend its answer_start.")
    answerable = bool(texts)
    return Question(
        id=identifier,
        question=_field(place, row, "question", str),
        answers=tuple(dict.fromkeys(texts)),
        answerable=answerable,
        type=None if row.get("is_impossible") is None else ("answerable" if answerable else "unanswerable"),
        cluster=title,
        relevant={doc_id: 1} if answerable else {},
        document=doc_id,
    )


def read_beir(folder: Path) -> Dataset:
    """A folder with corpus.jsonl, queries.jsonl and qrels/*.tsv (Thakur et al. 2021).

    Queries without qrels are left out, as in BEIR.
    """
    documents: dict[str, Document] = {}
    for _, place, row in _json_lines(_found(folder, "corpus.jsonl")):
        doc_id, text = _field(place, row, "_id", str), _field(place, row, "text", str)
        if doc_id in documents:
            raise InvalidDataset(f"{place}: the document id {doc_id!r} stands twice; give each its own.")
        documents[doc_id] = Document.of(doc_id, text, str(row.get("title") or ""))
    queries = {
        _field(place, row, "_id", str): _field(place, row, "text", str)
        for _, place, row in _json_lines(_found(folder, "queries.jsonl"))
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
    questions = [Question(query, queries[query], relevant=grades) for query, grades in qrels.items()]
    return Dataset(folder.resolve().name, "beir", questions, list(documents.values()))


def _name_of(path: Path) -> str:
    return path.name.removesuffix(".gz").rsplit(".", 1)[0]


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


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_text(path).getvalue())
    except (ValueError, RecursionError) as error:
        raise InvalidDataset(f"{path} is not JSON ({error}); name a SQuAD file.") from error
    return _object(str(path), content)


def _json_lines(path: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Line number, how to name the line, and its object."""
    for number, line in enumerate(_text(path), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidDataset(f"{place} is not JSON ({error}); write one object a line.") from error
        yield number, place, _object(place, row)


def _object(place: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidDataset(f"{place} is not a JSON object; mend it.")
    return value


def _objects(place: str, row: dict[str, Any], name: str) -> list[dict[str, Any]]:
    values = row.get(name)
    if not isinstance(values, list):
        raise InvalidDataset(f"{place}: the field {name!r} must be a list; mend it.")
    return [_object(f"{place}.{name}[{number}]", value) for number, value in enumerate(values)]


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
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
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


def _turns(place: str, row: dict[str, Any]) -> Iterator[Turn]:
    for number, turn in enumerate(_objects(place, row, "turns") if row.get("turns") is not None else []):
        where = f"{place}.turns[{number}]"
        answer = _field(where, turn, "answer", str) if turn.get("answer") is not None else None
        yield Turn(_field(where, turn, "question", str), answer)


def _check_text(place: str, name: str, text: str) -> None:
    if not is_text(text):
        raise InvalidDataset(f"{place}: the field {name!r} holds half of a surrogate pair; mend the line.")
