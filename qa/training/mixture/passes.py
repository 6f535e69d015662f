"""What one pass over the data is made of. Every pass draws anew; the same seed and pass give the same examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from qa.training.data.examples import SENTENCES, SHIFTED, Example
from qa.training.data.pieces import Piece, Sentence, around
from qa.training.mixture import nearmiss, negatives
from qa.training.mixture.noise import noisy
from qa.training.mixture.shares import Shares
from qa.training.mixture.synonyms import Synonyms, reworded

NEAR_YIELD = 0.6  # of the questions some near-miss rule applies to (measured on the train part)

Group = tuple[Example, ...]  # an example alone, or an answerable one followed by its hard negatives


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a pass is drawn from; `hard` maps question ids to numbers of `pieces`."""

    examples: Sequence[Example]
    table: Mapping[str, Sequence[Sentence]]
    pieces: Sequence[Piece]
    hard: Mapping[str, Sequence[int]]
    synonyms: Synonyms = field(default_factory=dict)


def one_pass(material: Material, shares: Shares, seed: int, number: int) -> list[Group]:
    """The groups of pass `number`, in the order of the examples."""
    random = Random(f"mixture {seed} {number}")
    known = nearmiss.mentions(e for e in material.examples if e.source == "squad")
    groups: list[Group] = []
    for given in material.examples:
        for _ in range(_times(given, shares, random)):
            example = _one_answer(given, random)
            first = _shorten(example, material, shares, random)
            whole = first.context == example.context
            groups.append((first, *_hard(example, material, shares, random, whole=whole)))
            if example.answerable and example.source not in SENTENCES:
                groups.extend((negative,) for negative in _negatives(example, material, known, shares, random))
    return [_with_heading(_with_noise(group, material.synonyms, shares, random), shares, random) for group in groups]


def _times(example: Example, shares: Shares, random: Random) -> int:
    """How often the example is drawn in this pass."""
    if example.source in SENTENCES:
        return int(random.random() < shares.sentences)
    if example.source in SHIFTED:
        return int(random.random() < shares.shifted)
    if example.source == "squad":
        return int(random.random() < (shares.squad if example.answerable else shares.refused))
    unseen = example.source == "tydi" or (example.source == "timeqa" and not example.answerable)
    return 1 + int(unseen and random.random() < shares.twice)


def _one_answer(example: Example, random: Random) -> Example:
    """Of several gold answers one by chance, so that over the passes all are learnt."""
    if len(example.answers) < 2:
        return example
    answer = random.choice(example.answers)
    return replace(example, answers=(answer,), focus=answer[1])


def _shorten(example: Example, material: Material, shares: Shares, random: Random) -> Example:
    """By chance, only the sentences around the answer (or around what makes the question tempting)."""
    if example.focus is None or example.context not in material.table or random.random() >= shares.short:
        return example
    size = len(example.answers[0][0]) if example.answers else 1
    sentences = material.table[example.context]
    start, end = around(sentences, example.focus, example.focus + size, negatives.PIECE_TOKENS, random)
    answers = tuple((text, at - start) for text, at in example.answers)
    return replace(example, context=example.context[start:end], answers=answers, focus=example.focus - start)


def _hard(example: Example, material: Material, shares: Shares, random: Random, *, whole: bool) -> list[Example]:
    """Hard negatives, short or whole like the example's own context, so that length tells nothing."""
    candidates = material.hard.get(example.id, ()) if example.answerable else ()
    if not candidates or random.random() >= shares.hard:
        return []
    drawn = random.sample(candidates, min(len(candidates), random.randint(1, shares.most_hard)))
    return [negatives.hard_negative(example, material.pieces[number], whole=whole) for number in drawn]


def _negatives(
    example: Example, material: Material, known: nearmiss.Mentions, shares: Shares, random: Random
) -> list[Example]:
    examples: list[Example | None] = []
    if random.random() < shares.cross:
        examples.append(negatives.cross_negative(example, material.pieces, random))
    if random.random() < shares.topic:
        examples.append(negatives.topic_negative(example.title, material.pieces, random))
    if random.random() < shares.near / NEAR_YIELD:
        near = nearmiss.near_miss(example, known, random)
        examples.append(_shorten(near, material, shares, random) if near else None)
    return [negative for negative in examples if negative]


def _with_noise(group: Group, synonyms: Synonyms, shares: Shares, random: Random) -> Group:
    """By chance a question in other words, a noisy one or both, the same for all of a group."""
    question = group[0].question
    if random.random() < shares.reworded:
        question = reworded(question, synonyms, random)
    if random.random() < shares.noise:
        question = noisy(question, random)
    if question == group[0].question:
        return group
    return tuple(replace(example, question=question) for example in group)


def _with_heading(group: Group, shares: Shares, random: Random) -> Group:
    """By chance the titles before the passages of a group: all of them or none, so that having one tells nothing."""
    if group[0].source in SENTENCES or random.random() >= shares.heading:
        return group
    return tuple(replace(example, heading=" ".join(example.title.replace("_", " ").split())) for example in group)
