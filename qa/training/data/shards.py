"""Rows of training on disk: tokens, labels and what a teacher makes of them, in files that a run reads as they are.

Whoever has a machine with an accelerator and little else draws the passes beforehand, and carries these.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from qa.training.data.features import Feature

Rows = tuple[Feature, ...]
"""The features of a group: a question asked of one or several passages."""


def write_shard(rows: Sequence[Rows], path: Path) -> None:
    """One file, whole or not at all. Either all rows have a teacher's logits or none has."""
    features = [feature for group in rows for feature in group]
    numbers = [(len(f.ids), f.first, f.start, f.end, f.heading) for f in features]
    stored = {
        "ids": np.concatenate([f.ids for f in features]).astype(np.uint16),  # a vocabulary of 30,527 pieces
        "numbers": np.array(numbers, dtype=np.int16),
        "groups": np.array([len(group) for group in rows], dtype=np.int16),
    }
    soft = [feature.soft for feature in features if feature.soft is not None]
    if len(soft) not in (0, len(features)):
        raise ValueError(f"{len(features) - len(soft)} of {len(features)} rows were not labelled: label all or none.")
    if soft:
        stored["soft"] = np.concatenate(soft)
    part = path.with_suffix(".part")
    save_file(stored, part)
    part.replace(path)


def read_shards(folder: Path) -> list[Rows]:
    """The groups of every shard, in order. Raises FileNotFoundError where there is none."""
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise FileNotFoundError(f"No rows in {folder}: run the step draw or label first.")
    return [group for path in paths for group in _read_shard(path)]


def _read_shard(path: Path) -> Iterator[Rows]:
    stored = load_file(path)
    ids, soft = stored["ids"].astype(np.int32), stored.get("soft")
    features, at, place = [], 0, 0
    for length, first, start, end, heading in stored["numbers"].tolist():
        tokens = length - first  # the passage's and null, for which the closing mark makes room
        taught = None if soft is None else soft[place : place + tokens]
        features.append(Feature(ids[at : at + length], first, start, end, heading, taught))
        at, place = at + length, place + tokens
    rest = iter(features)
    return (tuple(next(rest) for _ in range(size)) for size in stored["groups"].tolist())
