"""Batches of similar length in a fixed shuffled order, and how they are padded."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch

from qa.training.data.features import Feature


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of int64: `ids`, `types`, `mask`, `inside` of shape (rows, tokens); `start`, `end`, `group` (rows,).

    `inside` marks the passage's tokens, `types` those and the heading's before them. Rows of one `group` ask the same
    question of several passages, of which at most one answers. `soft` (rows, tokens, 2) holds a teacher's logits, None
    where there is no teacher.
    """

    ids: torch.Tensor
    types: torch.Tensor
    mask: torch.Tensor
    inside: torch.Tensor
    start: torch.Tensor
    end: torch.Tensor
    group: torch.Tensor
    soft: torch.Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        moved = {
            name: value.to(device) for name in self.__dataclass_fields__ if (value := getattr(self, name)) is not None
        }
        return Batch(**moved)


def plan(lengths: Sequence[Sequence[int]], rows: int, seed: int, number: int) -> list[list[int]]:
    """Numbers of groups for each batch of pass `number`: groups alike in length, at most `rows` rows together.

    `lengths[i]` holds the tokens of each row of group i. The same seed and pass give the same plan.
    """
    random = Random(f"batches {seed} {number}")
    order = sorted(range(len(lengths)), key=lambda i: (max(lengths[i]) + random.uniform(-4, 4), i))
    made: list[list[int]] = [[]]
    filled = 0
    for i in order:
        if filled + len(lengths[i]) > rows:
            made.append([])
            filled = 0
        made[-1].append(i)
        filled += len(lengths[i])
    random.shuffle(made)
    return made


def collate(groups: Sequence[Sequence[Feature]]) -> Batch:
    """Pad the features of some groups to the longest of them."""
    features = [feature for group in groups for feature in group]
    ids = torch.zeros(len(features), max(len(f.ids) for f in features), dtype=torch.long)
    types, mask, inside = torch.zeros_like(ids), torch.zeros_like(ids), torch.zeros_like(ids)
    for row, feature in enumerate(features):
        ids[row, : len(feature.ids)] = torch.from_numpy(feature.ids)
        types[row, feature.first - feature.heading : len(feature.ids)] = 1
        mask[row, : len(feature.ids)] = 1
        inside[row, feature.first : len(feature.ids) - 1] = 1
    spans = torch.tensor([(f.start, f.end) for f in features])
    group = torch.tensor([number for number, members in enumerate(groups) for _ in members])
    return Batch(ids, types, mask, inside, spans[:, 0], spans[:, 1], group, _soft(features, ids.shape))


def _soft(features: Sequence[Feature], shape: torch.Size) -> torch.Tensor | None:
    if any(feature.soft is None for feature in features):
        return None
    soft = torch.full((*shape, 2), float("-inf"))
    for row, feature in enumerate(features):
        logits = torch.from_numpy(np.asarray(feature.soft, dtype=np.float32))
        soft[row, 0] = logits[0]
        soft[row, feature.first : feature.first + len(logits) - 1] = logits[1:]
    return soft
