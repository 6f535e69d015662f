"""Questions about paragraphs, from JSON lines or the official SQuAD files, split by whole articles.

Offsets are half-open code-point offsets into the context, and checked on reading.
"""

import gzip
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from qa.evaluation.measures.answers import normalise

Part = Literal["report", "development", "calibration", "train"]
SHIFTED = frozenset({"amazon", "reddit"})  # parts of SQuADShifts, where several annotators answered each question
SENTENCES = frozenset({"qamr", "qasrl"})  # many questions about single sentences, without a document around them
OTHERS = SHIFTED | SENTENCES | {"qed", "tydi", "fairytaleqa", "timeqa", "quoref", "covidqa", "tatqa", "duorc"}
"""Data sets beside SQuAD, by the first word of their files' names; any other file holds questions of SQuAD."""
TEXTS = "news"
"""The first word of the names of files that hold texts without questions."""
HELD_OUT: dict[Part, int] = {"report": 48, "development": 24, "calibration": 24}
"""How many articles of SQuAD stand in each part."""
HELD_BACK: dict[Part, range] = {"development": range(1), "calibration": range(1, 3)}
"""Which of 24 in the documents of other sets do: what confidence is fitted on has to have several kinds of text."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question asked of one context; `answers` are (text, start) pairs, empty if unanswerable.

    `focus` is the offset a shortened context has to keep: an answer's, or that of the answer
    which makes an unanswerable question tempting; None where there is no such place. `heading` is read before the
    context, as a passage's title and section are.
    """

    id: str
    question: str
    context: str
    answers: tuple[tuple[str, int], ...]
    answerable: bool
    title: str
    source: str
    focus: int | None = None
    heading: str = ""


def read_folder(folder: Path) -> list[Example]:
    """All examples of a folder's `*.jsonl[.gz]` and official SQuAD `*.json`, each question once per context."""
    paths = sorted(p for p in folder.iterdir() if re.search(r"\.(json|jsonl|jsonl\.gz)$", p.name))
    paths = [path for path in paths if _named(path) != TEXTS]
    if not paths:
        raise FileNotFoundError(f"No .json, .jsonl or .jsonl.gz file in {folder}: give the folder of the data.")
    examples: dict[tuple[str, str], Example] = {}
    for path in paths:
        named = _named(path)
        source = named if named in OTHERS else "squad"
        rows = _official_rows(path) if path.suffix == ".json" else _line_rows(path)
        for number, row in enumerate(_agreed(rows) if source in SHIFTED else rows):
            example = _example({"id": f"{named}-{number}"} | dict(row), source)
            # Some questions stand twice, once in lower case: the file that comes first by name has them as typed.
            examples.setdefault((example.question.casefold(), example.context), example)
    return _focus_on_twins(list(examples.values()), paths)


def read_texts(folder: Path) -> list[tuple[str, str]]:
    """Title and text of each document of the folder's `news*.jsonl[.gz]`, of which nobody has asked anything."""
    paths = sorted(path for path in folder.iterdir() if _named(path) == TEXTS)
    return [(row["title"], html.unescape(row["text"])) for path in paths for row in _line_rows(path)]


def _named(path: Path) -> str:
    return re.split(r"[_.-]", path.name)[0]


def _line_rows(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _official_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a SQuAD 1.1 or 2.0 file (https://rajpurkar.github.io/SQuAD-explorer/)."""
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                yield {**question, "context": paragraph["context"], "title": article["title"]}


def _example(row: Mapping[str, Any], source: str) -> Example:
    context = even_quotes(row["context"])
    answers = []
    for answer in row["answers"]:
        start, end = answer["answer_start"], answer["answer_start"] + len(answer["text"])
        if row["context"][start:end] != answer["text"]:
            raise ValueError(f"Answer {answer!r} of question {row['id']} is not at its offset: mend the file.")
        answers.append((context[start:end], start))
    tempting = row.get("plausible_answers") or row.get("plausible") or row["answers"]
    return Example(
        id=row["id"],
        question=tidy_question(row["question"], ask=source == "squad"),
        context=context,
        answers=tuple(dict.fromkeys(answers)),
        answerable=bool(answers),
        title=row.get("title", ""),
        source=source,
        focus=tempting[0]["answer_start"] if tempting else None,
    )


def _focus_on_twins(examples: list[Example], paths: list[Path]) -> list[Example]:
    """Give an unanswerable question the place of its answerable twin's answer, where a file names the twin."""
    twins = {
        row["id"]: tidy_question(row["twin"], ask=True)
        for path in paths
        if path.suffix != ".json"
        for row in _line_rows(path)
        if row.get("twin")
    }
    places = {(e.question, e.context): e.focus for e in examples if e.answerable}
    return [
        replace(e, focus=places.get((twins[e.id], e.context))) if e.focus is None and e.id in twins else e
        for e in examples
    ]


def _agreed(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows with the answers that two annotators gave alike (as SQuAD's measure compares them), where there are."""
    for row in rows:
        given = Counter(normalise(answer["text"]) for answer in row["answers"])
        if answers := [answer for answer in row["answers"] if given[normalise(answer["text"])] > 1]:
            yield {**row, "answers": answers}


def tidy_question(question: str, *, ask: bool) -> str:
    """Make spacing, quotes and the closing mark alike, so that they tell nothing about answerability.

    The unanswerable questions come from a tokenised, lower-cased copy that always ends in "?".
    `ask` adds a missing question mark; queries that never had one (Natural Questions) keep none.
    """
    text = re.sub(r"[’‘`´]", "'", question)
    text = re.sub(r"[“”]|''", '"', text)
    text = " ".join(text.split())
    text = re.sub(r"\s+([?.,;:!%)\]])", r"\1", text)
    text = re.sub(r"\s+(n't|'(?:s|re|ve|ll|d|m)\b)", r"\1", text)
    text = re.sub(r"\?{2,}|[.!,:;]+\?", "?", text)
    if ask and not text.endswith("?"):
        text = text.rstrip(" .!,:;") + "?"
    return text


def even_quotes(context: str) -> str:
    """Tokenised quotes (`` and '') as plain ones, without moving any offset."""
    return context.replace("``", ' "').replace("''", '" ')


def title_key(title: str) -> str:
    """One form for a title with underscores, with spaces, in any case."""
    return " ".join(title.replace("_", " ").casefold().split())


def article_parts(titles: Iterable[str]) -> dict[str, Part]:
    """Put whole articles in parts, in the order of the SHA-256 of their titles; keys are `title_key`s."""
    keys = {title_key(title) for title in titles if title}
    ordered = sorted(keys, key=lambda key: hashlib.sha256(key.encode()).hexdigest())
    parts: dict[str, Part] = dict.fromkeys(ordered, "train")
    first = 0
    for part, count in HELD_OUT.items():
        parts.update(dict.fromkeys(ordered[first : first + count], part))
        first += count
    return parts


def split(examples: Iterable[Example]) -> dict[Part, list[Example]]:
    """Split SQuAD by article, and a smaller share of the documents of other sets.

    Of those, what shares an article that SQuAD's part holds out is left out, and what shares another trains. So do sets
    of single sentences, and rows without a title. A question or a paragraph that stands in an earlier part is left out
    of the later ones.
    """
    examples = list(examples)
    parts = article_parts(e.title for e in examples if e.source == "squad")
    split_up: dict[Part, list[Example]] = {part: [] for part in (*HELD_OUT, "train")}
    for example in examples:
        part = parts.get(title_key(example.title), "train")
        if example.source == "squad":
            split_up[part].append(example)
        elif part == "train":
            split_up["train" if title_key(example.title) in parts else _held_back(example)].append(example)
    seen: set[str] = set()
    for part, members in split_up.items():
        split_up[part] = [e for e in members if e.context not in seen and e.question.casefold() not in seen]
        seen.update(text for e in split_up[part] for text in (e.context, e.question.casefold()))
    return split_up


def _held_back(example: Example) -> Part:
    if not example.title or example.source in SENTENCES:
        return "train"
    # All posts of a forum stand under one title.
    document = example.context if example.source == "reddit" else title_key(example.title)
    place = int(hashlib.sha256(document.encode()).hexdigest()[:8], 16) % 24
    return next((part for part, places in HELD_BACK.items() if place in places), "train")


def write_examples(examples: Iterable[Example], path: Path) -> None:
    """Write JSON lines; the same examples give the same bytes."""
    lines = "".join(json.dumps(asdict(e), ensure_ascii=False) + "\n" for e in examples)
    path.write_bytes(gzip.compress(lines.encode(), compresslevel=5, mtime=0))


def read_examples(path: Path) -> list[Example]:
    """Read what `write_examples` wrote."""
    return [
        Example(**{**row, "answers": tuple((text, start) for text, start in row["answers"])})
        for row in _line_rows(path)
    ]


def write_squad(examples: Iterable[Example], path: Path) -> None:
    """Write the official form of SQuAD 2.0, which ``pincite evaluate`` reads."""
    articles: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for example in examples:
        answers = [{"text": text, "answer_start": start} for text, start in example.answers]
        row: dict[str, Any] = {"id": example.id, "question": example.question, "answers": answers}
        row["is_impossible"] = not example.answerable
        articles.setdefault(example.title, {}).setdefault(example.context, []).append(row)
    data = [
        {"title": title, "paragraphs": [{"context": context, "qas": rows} for context, rows in paragraphs.items()]}
        for title, paragraphs in articles.items()
    ]
    path.write_text(json.dumps({"version": "v2.0", "data": data}, ensure_ascii=False), encoding="utf-8")
