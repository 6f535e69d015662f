"""Batches of similar length in a fixed shuffled order, and how they are padded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
import torch

from qa.training.data.features import Feature


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows padded to one length, as tensors of int64.

    `ids`, `types`, `mask` and `inside` have the shape (rows, tokens), `start`, `end`, `group` and `place` (rows,).
    `inside` marks the passage's tokens, `types` those and the heading's before them. Rows of one `group` ask the same
    question of several passages, of which at most one answers; `place` numbers them within their group. There are
    `groups` of them, of at most `largest` rows. `soft` (rows, tokens, 2) holds a teacher's logits, None where there is
    no teacher.
    """

    ids: torch.Tensor
    types: torch.Tensor
    mask: torch.Tensor
    inside: torch.Tensor
    start: torch.Tensor
    end: torch.Tensor
    group: torch.Tensor
    place: torch.Tensor
    groups: int
    largest: int
    soft: torch.Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device; an accelerator goes on with its work meanwhile."""
        moved: dict[str, Any] = {}
        for name in self.__dataclass_fields__:
            if torch.is_tensor(value := getattr(self, name)):
                # What is pinned is read by the accelerator itself; for anything else it would be waited for.
                held = value.pin_memory() if device.type == "cuda" else value
                moved[name] = held.to(device, non_blocking=True)
        return replace(self, **moved)


def plan(lengths: Sequence[Sequence[int]], rows: int, seed: int, number: int) -> list[list[int]]:
    """Numbers of groups for each batch of pass `number`: groups alike in length, at most `rows` rows together.

    `lengths[i]` holds the tokens of each row of group i. The same seed and pass give the same plan.
    """
    random = Random(f"batches {seed} {number}")
    order = sorted(range(len(lengths)), key=lambda i: (max(lengths[i]) + random.uniform(-4, 4), i))
    batches: list[list[int]] = [[]]
    filled = 0
    for i in order:
        if filled + len(lengths[i]) > rows:
            batches.append([])
            filled = 0
        batches[-1].append(i)
        filled += len(lengths[i])
    random.shuffle(batches)
    return batches


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
    rows = torch.tensor([(number, place) for number, members in enumerate(groups) for place in range(len(members))])
    return Batch(
        ids,
        types,
        mask,
        inside,
        start=spans[:, 0],
        end=spans[:, 1],
        group=rows[:, 0],
        place=rows[:, 1],
        groups=len(groups),
        largest=max(map(len, groups)),
        soft=_soft(features, ids.shape),
    )


def _soft(features: Sequence[Feature], shape: torch.Size) -> torch.Tensor | None:
    if any(feature.soft is None for feature in features):
        return None
    soft = torch.full((*shape, 2), float("-inf"))
    for row, feature in enumerate(features):
        logits = torch.from_numpy(np.asarray(feature.soft, dtype=np.float32))
        soft[row, 0] = logits[0]
        soft[row, feature.first : feature.first + len(logits) - 1] = logits[1:]
    return soft
