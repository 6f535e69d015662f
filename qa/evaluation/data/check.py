"""Looking a question set over: what would make its figures wrong, with line numbers; and what to label next."""

import json
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from corpus import Document, Passage, sentences
from index import Index, Mode
from index.lexical import terms
from qa.evaluation.data.formats import Dataset, Question
from qa.evaluation.measures.answers import normalise

POOL_DEPTH = 10


class Finding(NamedTuple):
    """Something to look at. ``line`` is of the set's file, where it has lines."""

    line: int | None
    id: str
    problem: str


def check(dataset: Dataset, documents: Iterable[Document]) -> list[Finding]:
    """Answers and evidence that are not in the corpus, repeated questions, unanswerable ones that look answered."""
    texts = [document.text for document in documents]
    spoken = [(set(terms(text[s.start : s.end])), text[s.start : s.end]) for text in texts for s in sentences(text)]
    first: dict[tuple[str, object], Question] = {}
    findings: list[Finding] = []
    for question in dataset.questions:
        problems = [*_unfounded(question, texts), *_contradictory(question, dataset)]
        if question.labelled and not question.answerable:
            problems += _answered_after_all(question, spoken)
        twin = first.setdefault((normalise(question.question), question.history), question)
        if twin is not question:
            problems.append(f"asks the same as {twin.id!r}; remove one")
        findings += [Finding(question.line, question.id, problem) for problem in problems]
    return findings


def _unfounded(question: Question, texts: Sequence[str]) -> list[str]:
    """Verbatim strings that no document holds."""
    problems = [
        f"the evidence {_short(evidence)} is not in the corpus; copy it from the document"
        for evidence in question.evidence
        if not any(evidence in text for text in texts)
    ]
    wanted = [normalise(text) for text in (question.evidence or texts)]
    place = "evidence" if question.evidence else "corpus"
    problems += [
        f"the answer {_short(answer)} is not in the {place}; answers are verbatim"
        for answer in question.answers
        if not any(normalise(answer) in text for text in wanted)
    ]
    return problems


def _contradictory(question: Question, dataset: Dataset) -> list[str]:
    if dataset.format == "beir":
        return []
    if not question.labelled:
        return ["is not labelled; set answerable to true or false, and if it is, name its answers and evidence"]
    problems = []
    if question.answerable and not question.answers:
        problems.append("is answerable and names no answer; add one, or set answerable to false")
    if question.answerable and not question.evidence and dataset.format == "questions":
        problems.append("is answerable and names no evidence, so that retrieval cannot be measured; add a sentence")
    if not question.answerable and (question.answers or question.evidence):
        problems.append("is unanswerable and names an answer or evidence; remove them, or set answerable to true")
    return problems


def _answered_after_all(question: Question, spoken: Sequence[tuple[set[str], str]]) -> list[str]:
    """Unanswerable, yet one sentence holds all of its words (three at least): it may answer."""
    asked = set(terms(question.question))
    if len(asked) < 3:
        return []
    return [
        f"is unanswerable, and all of its words stand in {_short(sentence)}; make sure that this does not answer it"
        for words, sentence in spoken
        if asked <= words
    ][:1]


def pool(dataset: Dataset, index: Index, size: int) -> list[str]:
    """The questions where dense and lexical search disagree most, as JSON lines to label.

    Disagreement is one less the share of passages that both have among their best (Jaccard). Each line has the fields
    of a question set, unlabelled, and ``passages``: what either search found, best first by turns.
    """
    scored = []
    for number, question in enumerate(dataset.questions):
        dense, lexical = _found(index, question.question, "dense"), _found(index, question.question, "lexical")
        shared, either = set(dense) & set(lexical), set(dense) | set(lexical)
        scored.append((len(shared) / max(1, len(either)), number, question, dense, lexical))
    lines = []
    for agreement, _, question, dense, lexical in sorted(scored, key=lambda row: row[:2])[:size]:
        by_turns = _by_turns(dense, lexical)
        lines.append(
            json.dumps(
                {
                    "id": question.id,
                    "question": question.question,
                    "answerable": question.answerable if question.labelled else None,
                    "answers": list(question.answers),
                    "evidence": list(question.evidence),
                    "agreement": round(agreement, 3),
                    "passages": [{"doc_id": p.doc_id, "start": p.start, "text": p.text} for p in by_turns],
                },
                ensure_ascii=False,
            )
        )
    return lines


def _found(index: Index, query: str, leg: Mode) -> list[Passage]:
    return [hit.passage for hit in index.search(query, top_k=POOL_DEPTH, mode=leg)]


def _by_turns(one: Sequence[Passage], other: Sequence[Passage]) -> list[Passage]:
    """The first of both, then the second, each once."""
    pairs = [passage for pair in zip_longest(one, other) for passage in pair if passage is not None]
    return list(dict.fromkeys(pairs))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text if len(text) <= 80 else text[:79] + '…'}”"
