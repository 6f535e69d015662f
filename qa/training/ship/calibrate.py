"""The shipped confidence: fitted on held-out articles with retrieval in the loop, measured on others.

The questions are asked of the calibration articles as a user would: which paragraph answers is not told. Half are about
Wikipedia, half about posts, reviews, stories, reports and tables, since confidence that is fitted on one kind of text
misleads on others (Kamath, Jia and Liang, ACL 2020). Half are asked of all articles as one corpus, half of their own
article alone, since a corpus may be a library or a single text; half are misspelt, keywords or informal, since SQuAD's
writers saw the paragraph and kept to its words, which users do not. The mixture, by what a question is: answerable
there; unanswerable near its paragraph (SQuAD 2.0's own); a near miss made by rule; about other documents. SQuAD names
one span where several would do: to fit, though never to measure, a span that holds the named one or is held by it
counts as half right.

The threshold is the smallest one that keeps a promise: most of the near misses that people wrote for the development
halves of the gold sets are abstained from, and nearly all questions about something else, theirs and the mixture's
together, since one answer to twenty of theirs would decide alone. (Of near misses made by rule some have an answer
after all: a threshold that abstains from as many of them is silent on half of what it knows.)
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from corpus import Document, read_builtin, read_folder
from index import Index
from qa.answerer import Answerer
from qa.confidence import Calibration
from qa.evaluation.data.formats import Question, read_questions
from qa.evaluation.fit import Outcomes, best_floor, fit, outcomes
from qa.evaluation.measures.answers import normalise
from qa.evaluation.measures.confidence import auroc, calibration_error
from qa.reading import load_reader
from qa.training.data.examples import Example, read_examples
from qa.training.mixture import nearmiss
from qa.training.mixture.noise import noisy

ALONE = 0.5
NOISY = 0.5
NAMING = ("squad", "qed", "tydi")
ABSTAINED = {("near-miss", "false-premise"): 0.85, ("far", "elsewhere"): 0.97}
"""The least share of questions of these kinds that the threshold abstains from."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """How many questions of each kind are asked: two thirds can be answered, about as SQuAD 2.0 and users have it."""

    answerable: int = 1600
    unanswerable: int = 200
    near: int = 400
    elsewhere: int = 200


def calibrate(
    work: Path, reader: str, into: Path, gold: Path, mixture: Mixture = Mixture(), seed: int = 1
) -> dict[str, float]:
    """Fit on the calibration articles, write the fit into the file ``into``, measure on the development articles.

    ``reader`` is what ``qa.load_reader`` takes, ``gold`` the folder of the question sets.
    """
    parts = {name: read_examples(work / f"{name}.jsonl.gz") for name in ("calibration", "development")}
    model = load_reader(reader)
    results, answerers = {}, {}
    for name, other in (("calibration", "development"), ("development", "calibration")):
        answerers[name] = Answerer(Index.build(articles(parts[name]), work / "indexes" / name), reader=model)
        results[name] = outcomes(answerers[name], mix(parts[name], parts[other], mixture, seed))
    fitted = fit(leniently(results["calibration"]), answerers["calibration"])
    written = []
    for name, documents in (("the-last-holdout", read_builtin()), ("library", read_folder(gold / "library"))):
        answerer = Answerer(Index.build(documents, work / "indexes" / name), reader=model)
        sets = [name, "conversations"] if name == "the-last-holdout" else [name]
        questions = [question for of in sets for question in development_half(gold / f"{of}.jsonl")]
        written.append(outcomes(answerer, questions))
    both = joined([results["calibration"], *written])
    threshold = keeping_promise(fitted, both)
    floor = best_floor(probabilities(fitted, both), both.answerable, threshold)
    fitted = replace(fitted, threshold=threshold, floor=floor)
    into.parent.mkdir(parents=True, exist_ok=True)
    fitted.save(into)
    return figures(fitted, results["development"])


def keeping_promise(fitted: Calibration, result: Outcomes) -> float:
    """The smallest threshold that abstains from enough of each kind of unanswerable question; 1 if only that does."""
    sure = probabilities(fitted, result)
    promised = [
        (sure[members], least)
        for kinds, least in ABSTAINED.items()
        if (members := np.array([q.type in kinds and not q.answerable for q in result.questions])).any()
    ]
    tried = np.round(np.arange(0.05, 0.95, 0.01), 2)
    enough = (float(t) for t in tried if all((of_kind < t).mean() >= least for of_kind, least in promised))
    return next(enough, 1.0)


def joined(results: Sequence[Outcomes]) -> Outcomes:
    """The outcomes of several sets as one."""
    return Outcomes(
        np.concatenate([result.features for result in results]),
        np.concatenate([result.right for result in results]),
        [question for result in results for question in result.questions],
        [text for result in results for text in result.texts],
    )


def leniently(result: Outcomes) -> Outcomes:
    """The same, and once more as right each wrong span that holds a gold answer's words or is held by them."""
    half = [
        number
        for number, (question, text) in enumerate(zip(result.questions, result.texts, strict=True))
        if not result.right[number] and any(_holds(text, gold) or _holds(gold, text) for gold in question.answers)
    ]
    return Outcomes(
        np.concatenate([result.features, result.features[half]]),
        np.concatenate([result.right, np.ones(len(half), dtype=bool)]),
        result.questions + [result.questions[number] for number in half],
        result.texts + [result.texts[number] for number in half],
    )


def _holds(text: str, part: str) -> bool:
    return bool(normalise(part)) and f" {normalise(part)} " in f" {normalise(text)} "


def probabilities(fitted: Calibration, result: Outcomes) -> NDArray[np.float64]:
    """Shape (questions,)."""
    return np.array([fitted.probability(row) for row in result.features])


def development_half(path: Path) -> list[Question]:
    """The questions or conversations of a gold set on which settings are chosen."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    members = {row["id"] for row in rows if row["half"] == "development"}
    return [question for question in read_questions(path).questions if question.id in members]


def articles(examples: Sequence[Example]) -> list[Document]:
    """Each article as one document: its paragraphs, parted by blank lines."""
    paragraphs = dict.fromkeys((e.title, e.context) for e in examples)
    documents = []
    for title, group in groupby(sorted(paragraphs), key=lambda pair: pair[0]):
        text = "\n\n".join(context for _, context in group)
        documents.append(Document.of(title, text, title.replace("_", " ")))
    return documents


def mix(examples: Sequence[Example], others: Sequence[Example], mixture: Mixture, seed: int) -> list[Question]:
    """The questions, drawn from the seed."""
    random = Random(f"calibrate {seed}")
    known = nearmiss.mentions(examples)
    drawn = _of_all_kinds([e for e in examples if e.answerable], mixture.answerable + 6 * mixture.near, random)
    unanswerable = [e for e in examples if not e.answerable]
    answerable, rest = drawn[: mixture.answerable], drawn[mixture.answerable :]
    near = [miss for e in rest if (miss := nearmiss.near_miss(e, known, random))][: mixture.near]
    # Of sets whose questions name what they are about: "What did I buy?" is asked of every review.
    elsewhere = random.sample([e for e in others if e.answerable and e.source in NAMING], mixture.elsewhere)
    titles = sorted({e.title for e in examples})

    def asked(example: Example, kind: str, number: int) -> Question:
        golds = tuple(text for text, _ in example.answers) if kind == "answerable" else ()
        title = random.choice(titles) if kind == "elsewhere" else example.title
        text = noisy(example.question, random) if random.random() < NOISY else example.question
        doc_ids = (title,) if random.random() < ALONE else None
        return Question(f"{kind}-{number}", text, golds, answerable=bool(golds), type=kind, doc_ids=doc_ids)

    kinds = {
        "answerable": answerable,
        "unanswerable": random.sample(unanswerable, mixture.unanswerable),
        "near": near,
        "elsewhere": elsewhere,
    }
    return [asked(example, kind, number) for kind, members in kinds.items() for number, example in enumerate(members)]


def _of_all_kinds(examples: Sequence[Example], count: int, random: Random) -> list[Example]:
    """So many, half of them of SQuAD and half of the other sets, as far as there are."""
    squad = [e for e in examples if e.source == "squad"]
    others = [e for e in examples if e.source != "squad"]
    chosen = random.sample(others, min(count // 2, len(others)))
    chosen += random.sample(squad, min(count - len(chosen), len(squad)))
    random.shuffle(chosen)
    return chosen


def figures(fitted: Calibration, result: Outcomes) -> dict[str, float]:
    """What the calibration reaches on questions that it was not fitted on, by how many articles they are asked of."""
    sure = probabilities(fitted, result)
    answered = sure >= fitted.threshold
    kinds = np.array([question.type for question in result.questions])
    alone = np.array([question.doc_ids is not None for question in result.questions])
    reached = {"threshold": fitted.threshold, "floor": fitted.floor}
    silent, answerable = ~answered, result.answerable
    reached["said_low_of_answerable"] = float((sure[silent & answerable] >= fitted.floor).mean())
    reached["said_none_of_others"] = float((sure[silent & ~answerable] < fitted.floor).mean())
    for name, of in (("alone", alone), ("all", ~alone)):
        asked = of & (kinds == "answerable")
        reached[f"{name}_auroc"] = auroc(sure[of], result.right[of])
        reached[f"{name}_ece"] = calibration_error(sure[of], result.right[of])
        reached[f"{name}_forced_right"] = float(result.right[asked].mean())
        reached[f"{name}_answered_right"] = float((result.right & answered)[asked].mean())
        for kind in ("unanswerable", "near", "elsewhere"):
            if (members := of & (kinds == kind)).any():
                reached[f"{name}_abstained_{kind}"] = float((~answered[members]).mean())
    return reached
