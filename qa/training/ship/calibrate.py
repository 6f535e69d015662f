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
from qa.evaluation.fit import Asked, Outcomes, best_floor, fit, outcomes
from qa.evaluation.measures.answers import normalise
from qa.evaluation.measures.confidence import auroc, calibration_error
from qa.reading import load_reader
from qa.training.data.examples import Example, read_examples
from qa.training.mixture import nearmiss
from qa.training.mixture.noise import noisy
from qa.types import Turn

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
    found, answerers = {}, {}
    for name, other in (("calibration", "development"), ("development", "calibration")):
        answerers[name] = Answerer(Index.build(articles(parts[name]), work / "indexes" / name), reader=model)
        found[name] = outcomes(answerers[name], mix(parts[name], parts[other], mixture, seed))
    fitted = fit(leniently(found["calibration"]), answerers["calibration"])
    written = []
    for name, documents in (("the-last-holdout", read_builtin()), ("library", read_folder(gold / "library"))):
        asked = Answerer(Index.build(documents, work / "indexes" / name), reader=model)
        sets = [name, "conversations"] if name == "the-last-holdout" else [name]
        written.append(outcomes(asked, [each for of in sets for each in development_half(gold / f"{of}.jsonl")]))
    both = joined([found["calibration"], *written])
    threshold = keeping_promise(fitted, both)
    floor = best_floor(probabilities(fitted, both), both.answerable, threshold)
    fitted = replace(fitted, threshold=threshold, floor=floor)
    into.parent.mkdir(parents=True, exist_ok=True)
    fitted.save(into)
    return figures(fitted, found["development"])


def keeping_promise(fitted: Calibration, found: Outcomes) -> float:
    """The smallest threshold that abstains from enough of each kind of unanswerable question; 1 if only that does."""
    sure = probabilities(fitted, found)
    promised = [
        (sure[members], least)
        for kinds, least in ABSTAINED.items()
        if (members := np.array([each.kind in kinds and not each.golds for each in found.asked])).any()
    ]
    tried = np.round(np.arange(0.05, 0.95, 0.01), 2)
    kept = (float(t) for t in tried if all((some < t).mean() >= least for some, least in promised))
    return next(kept, 1.0)


def joined(found: Sequence[Outcomes]) -> Outcomes:
    """The outcomes of several sets as one."""
    return Outcomes(
        np.concatenate([each.features for each in found]),
        np.concatenate([each.right for each in found]),
        [asked for each in found for asked in each.asked],
        [text for each in found for text in each.texts],
    )


def leniently(found: Outcomes) -> Outcomes:
    """The same, and once more as right each wrong span that holds a gold answer's words or is held by them."""
    half = [
        number
        for number, (each, text) in enumerate(zip(found.asked, found.texts, strict=True))
        if not found.right[number] and any(_holds(text, gold) or _holds(gold, text) for gold in each.golds)
    ]
    return Outcomes(
        np.concatenate([found.features, found.features[half]]),
        np.concatenate([found.right, np.ones(len(half), dtype=bool)]),
        found.asked + [found.asked[number] for number in half],
        found.texts + [found.texts[number] for number in half],
    )


def _holds(text: str, part: str) -> bool:
    return bool(normalise(part)) and f" {normalise(part)} " in f" {normalise(text)} "


def probabilities(fitted: Calibration, found: Outcomes) -> NDArray[np.float64]:
    """Shape (questions,)."""
    return np.array([fitted.probability(row) for row in found.features])


def development_half(path: Path) -> list[Asked]:
    """The questions or conversations of a gold set on which settings are chosen."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        Asked(
            row["question"],
            row["type"],
            tuple(row["answers"]) if row["answerable"] else (),
            history=tuple(Turn(turn["question"], turn["answer"]) for turn in row.get("turns", ())),
        )
        for row in rows
        if row["half"] == "development"
    ]


def articles(examples: Sequence[Example]) -> list[Document]:
    """Each article as one document: its paragraphs, parted by blank lines."""
    paragraphs = dict.fromkeys((e.title, e.context) for e in examples)
    documents = []
    for title, group in groupby(sorted(paragraphs), key=lambda pair: pair[0]):
        text = "\n\n".join(context for _, context in group)
        documents.append(Document.of(title, text, title.replace("_", " ")))
    return documents


def mix(examples: Sequence[Example], others: Sequence[Example], mixture: Mixture, seed: int) -> list[Asked]:
    """The questions, drawn from the seed."""
    random = Random(f"calibrate {seed}")
    known = nearmiss.mentions(examples)
    answerable = _of_all_kinds([e for e in examples if e.answerable], mixture.answerable + 6 * mixture.near, random)
    unanswerable = [e for e in examples if not e.answerable]
    asked, rest = answerable[: mixture.answerable], answerable[mixture.answerable :]
    near = [made for e in rest if (made := nearmiss.near_miss(e, known, random))][: mixture.near]
    # Of sets whose questions name what they are about: "What did I buy?" is asked of every review.
    elsewhere = random.sample([e for e in others if e.answerable and e.source in NAMING], mixture.elsewhere)
    titles = sorted({e.title for e in examples})

    def made_of(example: Example, kind: str) -> Asked:
        golds = tuple(text for text, _ in example.answers) if kind == "answerable" else ()
        title = random.choice(titles) if kind == "elsewhere" else example.title
        question = noisy(example.question, random) if random.random() < NOISY else example.question
        return Asked(question, kind, golds, (title,) if random.random() < ALONE else None)

    kinds = {
        "answerable": asked,
        "unanswerable": random.sample(unanswerable, mixture.unanswerable),
        "near": near,
        "elsewhere": elsewhere,
    }
    return [made_of(example, kind) for kind, members in kinds.items() for example in members]


def _of_all_kinds(examples: Sequence[Example], count: int, random: Random) -> list[Example]:
    """So many, half of them of SQuAD and half of the other sets, as far as there are."""
    squad = [e for e in examples if e.source == "squad"]
    others = [e for e in examples if e.source != "squad"]
    chosen = random.sample(others, min(count // 2, len(others)))
    chosen += random.sample(squad, min(count - len(chosen), len(squad)))
    random.shuffle(chosen)
    return chosen


def figures(fitted: Calibration, found: Outcomes) -> dict[str, float]:
    """What the calibration reaches on questions that it was not fitted on, by how many articles they are asked of."""
    sure = probabilities(fitted, found)
    answered = sure >= fitted.threshold
    kinds = np.array([each.kind for each in found.asked])
    alone = np.array([each.doc_ids is not None for each in found.asked])
    reached = {"threshold": fitted.threshold, "floor": fitted.floor}
    silent, answerable = ~answered, found.answerable
    reached["said_low_of_answerable"] = float((sure[silent & answerable] >= fitted.floor).mean())
    reached["said_none_of_others"] = float((sure[silent & ~answerable] < fitted.floor).mean())
    for name, of in (("alone", alone), ("all", ~alone)):
        asked = of & (kinds == "answerable")
        reached[f"{name}_auroc"] = auroc(sure[of], found.right[of])
        reached[f"{name}_ece"] = calibration_error(sure[of], found.right[of])
        reached[f"{name}_forced_right"] = float(found.right[asked].mean())
        reached[f"{name}_answered_right"] = float((found.right & answered)[asked].mean())
        for kind in ("unanswerable", "near", "elsewhere"):
            if (members := of & (kinds == kind)).any():
                reached[f"{name}_abstained_{kind}"] = float((~answered[members]).mean())
    return reached
