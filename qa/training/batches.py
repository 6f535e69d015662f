"""Batches of similar length in a fixed shuffled order, and how they are padded."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch

from qa.training.features import Feature


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of int64: `ids`, `types`, `mask` of shape (rows, tokens); `start`, `end`, `partner` (rows,).

    `partner[i]` is the row of the hard negative of row i's question, or i itself where there is none.
    """

    ids: torch.Tensor
    types: torch.Tensor
    mask: torch.Tensor
    start: torch.Tensor
    end: torch.Tensor
    partner: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        return Batch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


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
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, feature in enumerate(features):
        ids[row, : len(feature.ids)] = torch.from_numpy(feature.ids)
        types[row, feature.first : len(feature.ids)] = 1
        mask[row, : len(feature.ids)] = 1
    partner: list[int] = []
    for group in groups:
        here = len(partner)
        partner += [here + 1, here + 1] if len(group) == 2 else [here]
    spans = torch.tensor([(f.start, f.end) for f in features])
    return Batch(ids, types, mask, spans[:, 0], spans[:, 1], torch.tensor(partner))
