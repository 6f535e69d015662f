"""Learning rate and weight averaging as functions of the step."""

from collections.abc import Iterable

import torch


def rate(step: int, total: int, *, warm_up: int, decay: float) -> float:
    """Share of the full learning rate: linear warm-up, constant, then linear to 0 over the last `decay` of `total`.

    The constant stretch does not depend on `total`, so that passes may be added while it lasts.
    """
    first_decay = total * (1 - decay)
    if step < warm_up:
        return (step + 1) / warm_up
    if step < first_decay:
        return 1.0
    return max(0.0, (total - step) / (total - first_decay))


@torch.no_grad()
def average(mean: Iterable[torch.Tensor], weights: Iterable[torch.Tensor], step: int, decay: float) -> None:
    """Move the averaged weights towards the current ones (EMA); early steps average over fewer."""
    torch._foreach_lerp_(list(mean), list(weights), 1 - min(decay, (1 + step) / (10 + step)))
