"""When to answer."""

from qa.types import Candidate

MINIMAL_MARGIN = 0.0
"""The smallest margin of the best candidate over its null score at which Pincite answers."""


def is_answer(candidate: Candidate) -> bool:
    """Whether the evidence is good enough to answer with."""
    return candidate.margin >= MINIMAL_MARGIN
