"""What one pass over the data is made of. Every pass draws anew; the same seed and pass give the same examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from qa.training import nearmiss, negatives
from qa.training.data import Example
from qa.training.noise import noisy
from qa.training.pieces import Piece, Sentence, around

NEAR_YIELD = 0.6  # of the questions some near-miss rule applies to (measured on the train part)

Group = tuple[Example, ...]  # an example alone, or an answerable one followed by its hard negative


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each kind is drawn; all are shares of the answerable SQuAD questions unless they say otherwise."""

    hard: float = 0.3
    cross: float = 0.08
    near: float = 0.1
    topic: float = 0.01
    short: float = 0.75  # of the contexts cut to a piece of at most PIECE_TOKENS
    noise: float = 0.15  # of all questions
    qamr: float = 0.25  # of the QAMR questions


# For a run that goes on from a trained reader: passages of other topics are told apart by then, and what is left to
# learn are exact spans and questions that almost fit. (Drawing SQuAD's own unanswerable ones twice had them learnt by
# heart.)
CONTINUED = Shares(hard=0.2, cross=0.05, near=0.2, short=0.7, noise=0.2, qamr=0.15)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a pass is drawn from; `hard` maps question ids to numbers of `pieces`."""

    examples: Sequence[Example]
    table: Mapping[str, Sequence[Sentence]]
    pieces: Sequence[Piece]
    hard: Mapping[str, Sequence[int]]


def one_pass(material: Material, shares: Shares, seed: int, number: int) -> list[Group]:
    """The groups of pass `number`, in the order of the examples."""
    random = Random(f"mixture {seed} {number}")
    known = nearmiss.mentions(e for e in material.examples if e.source == "squad")
    groups: list[Group] = []
    for given in material.examples:
        if given.source == "qamr" and random.random() >= shares.qamr:
            continue
        example = _one_answer(given, random)
        first = _shorten(example, material, shares, random)
        if example.source == "squad" and example.answerable:
            groups.append((first, *_hard(example, material, shares, random, whole=first.context == example.context)))
            groups.extend((made,) for made in _negatives(example, material, known, shares, random))
        else:
            groups.append((first,))
            if example.answerable and random.random() < shares.cross:
                crossed = negatives.cross_negative(example, material.pieces, random)
                groups.extend([(crossed,)] if crossed else [])
    return [_with_noise(group, shares, random) for group in groups]


def _one_answer(example: Example, random: Random) -> Example:
    """Of several gold answers one by chance, so that over the passes all are learnt."""
    if len(example.answers) < 2:
        return example
    answer = random.choice(example.answers)
    return replace(example, answers=(answer,), focus=answer[1])


def _shorten(example: Example, material: Material, shares: Shares, random: Random) -> Example:
    """By chance, only the sentences around the answer (or around what makes the question tempting)."""
    if example.source not in ("squad", "near") or example.focus is None or random.random() >= shares.short:
        return example
    size = len(example.answers[0][0]) if example.answers else 1
    sentences = material.table[example.context]
    start, end = around(sentences, example.focus, example.focus + size, negatives.PIECE_TOKENS, random)
    answers = tuple((text, at - start) for text, at in example.answers)
    return replace(example, context=example.context[start:end], answers=answers, focus=example.focus - start)


def _hard(example: Example, material: Material, shares: Shares, random: Random, *, whole: bool) -> list[Example]:
    """At most one hard negative, short or whole like the example's own context, so that length tells nothing."""
    candidates = material.hard.get(example.id, ())
    if not candidates or random.random() >= shares.hard:
        return []
    return [negatives.hard_negative(example, material.pieces[random.choice(candidates)], whole=whole)]


def _negatives(
    example: Example, material: Material, known: nearmiss.Mentions, shares: Shares, random: Random
) -> list[Example]:
    made: list[Example | None] = []
    if random.random() < shares.cross:
        made.append(negatives.cross_negative(example, material.pieces, random))
    if random.random() < shares.topic:
        made.append(negatives.topic_negative(example.title, material.pieces, random))
    if random.random() < shares.near / NEAR_YIELD:
        near = nearmiss.near_miss(example, known, random)
        made.append(_shorten(near, material, shares, random) if near else None)
    return [negative for negative in made if negative]


def _with_noise(group: Group, shares: Shares, random: Random) -> Group:
    """By chance a noisy question, the same for both of a pair."""
    if random.random() >= shares.noise:
        return group
    question = noisy(group[0].question, random)
    return tuple(replace(example, question=question) for example in group)
