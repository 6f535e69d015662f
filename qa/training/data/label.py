"""What a teacher makes of fresh views of the data: passages in which it finds an answer or refuses one.

A label says which span is right; a teacher says how nearly every other one was, and how sure null is. Views are drawn
as a pass of training is, read by the teacher once, and kept in shards, the student's own tokens beside the teacher's
logits, so that a run may stop anywhere and training needs nothing else. Both must have the same pieces of words, as
BERT and MPNet do; a passage that either model would have to cut is left out.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from qa.training.data.features import Feature, example_windows, null_feature, training_feature
from qa.training.data.shards import Rows, write_shard
from qa.training.develop import Scorer
from qa.training.mixture.passes import Group, Material, one_pass
from qa.training.mixture.shares import VIEWS

LOG = logging.getLogger(__name__)

SHARD = 2000  # groups


def label(
    material: Material, tokenizers: tuple[Tokenizer, Tokenizer], teacher: Scorer, folder: Path, shards: int, seed: int
) -> None:
    """Write shards of labelled views until there are so many; what is there already is kept.

    ``tokenizers`` are the student's and the teacher's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = _drawn(material, seed)
    for number in range(shards):
        groups = [next(drawn) for _ in range(SHARD)]
        if (path := folder / f"{number:05}.safetensors").exists():
            continue
        rows = labelled(groups, tokenizers, teacher)
        write_shard(rows, path)
        LOG.info("shard %d of %d: %d views", number + 1, shards, sum(map(len, rows)))


def _drawn(material: Material, seed: int) -> Iterator[Group]:
    """The groups of one pass after another."""
    number = 0
    while True:
        yield from one_pass(material, VIEWS, seed, number)
        number += 1


def labelled(groups: Sequence[Group], tokenizers: tuple[Tokenizer, Tokenizer], teacher: Scorer) -> list[Rows]:
    """The student's features of each group with what the teacher makes of them."""
    examples = [example for group in groups for example in group]
    ours, theirs = (example_windows(examples, tokenizer) for tokenizer in tokenizers)
    whole = [len(a) == len(b) == 1 and a[0].offsets == b[0].offsets for a, b in zip(ours, theirs, strict=True)]
    read = iter(teacher([null_feature(window[0]) for window, fits in zip(theirs, whole, strict=True) if fits]))
    features: list[Feature | None] = []
    for example, our, their, fits in zip(examples, ours, theirs, whole, strict=True):
        feature = training_feature(example, our) if fits else None
        if fits:
            passage = slice(their[0].first, their[0].first + len(their[0].offsets))
            logits = [np.concatenate([[0.0], scores[passage] - scores[0]]) for scores in next(read)]
            feature = feature and replace(feature, soft=np.stack(logits, axis=1).astype(np.float16))
        features.append(feature)
    rest = iter(features)
    rows = [[next(rest) for _ in group] for group in groups]
    return [tuple(f for f in row if f is not None) for row in rows if None not in row]
