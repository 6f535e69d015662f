"""What every reader does with the logits of its windows: the best spans of each passage, as candidates."""

from collections.abc import Iterable

from corpus import Passage
from qa.reading.spans import Logits, ScoredSpan, Window, best_spans
from qa.types import Candidate

DEPTH = 8
"""A reader by itself decides over the best passages alone: more of them cost time, and bring more that mislead."""
SPANS = 3
"""How many spans of each passage become candidates."""


def candidates_of(passage: Passage, scored: Iterable[tuple[Window, Logits, Logits]]) -> list[Candidate]:
    """The best spans over all windows of a passage (with their start and end logits), none overlapping a better one."""
    spans: list[ScoredSpan] = []
    for window, start, end in scored:
        spans += best_spans(passage.text, window, start, end, limit=SPANS)
    spans.sort(key=lambda span: span.null_score - span.score)
    return [
        Candidate(passage, passage.start + span.start, passage.start + span.end, span.score, span.null_score)
        for place, span in enumerate(spans)
        if not any(span.start < better.end and better.start < span.end for better in spans[:place])
    ][:SPANS]
