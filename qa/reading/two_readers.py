"""Two readings: a quick one of all passages, and a careful one of those that it likes best."""

from collections.abc import Sequence
from dataclasses import replace

from corpus import Passage
from qa.types import Candidate, Reader

DEPTH = 16
"""How many passages the quick reader reads."""
REREAD = 6
"""How many of them are read twice at most."""
BEHIND = 6.0
"""By how many logits of margin a passage may be behind the best one to be read twice.

Chosen by right first candidates on the development halves: of 240 questions about the development articles, of 78 about
other people's documents, of 73 about the built-in article; and by how many passages are reread for that.

The best 2, 3, 4, 6: 0.725, 0.746, 0.750, 0.750 (articles); 4, 6: 0.564, 0.590 (others'), 0.959, 0.959 (built-in).
Of the best 6 those within 4, 6, 8: 0.738 (1.6 reread), 0.746 (1.9), 0.746 (2.2); 0.551, 0.564, 0.564; 0.959, 0.945,
0.959.
The quick reader alone, of 8: 0.675, 0.462, 0.822.
"""


class TwoReaders:
    """The quick reader chooses the passages, the careful one the span, and how much it is believed.

    Two readings are right about different questions, so each candidate keeps what the quick reader made of it.
    """

    def __init__(self, quick: Reader, careful: Reader, *, reread: int = REREAD, behind: float = BEHIND) -> None:
        """Both readers stay usable by themselves."""
        self.quick, self.careful, self.reread, self.behind = quick, careful, reread, behind
        self.name, self.depth = f"{quick.name}+{careful.name}", DEPTH

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Candidate]]:
        """The careful reader's candidates of the best passages; the others have none."""
        first = self.quick.read(question, passages)
        margins = {number: max(c.margin for c in candidates) for number, candidates in enumerate(first) if candidates}
        # Equal margins keep the order in which the passages were found.
        liked = sorted(margins, key=lambda number: -margins[number])[: self.reread]
        chosen = sorted(number for number in liked if margins[number] >= margins[liked[0]] - self.behind)
        again = dict(zip(chosen, self.careful.read(question, [passages[n] for n in chosen]), strict=True))
        return [
            [replace(candidate, first=_same(candidate, quick)) for candidate in again.get(number, [])]
            for number, quick in enumerate(first)
        ]


def _same(candidate: Candidate, first: Sequence[Candidate]) -> Candidate | None:
    """The quick reader's best span in the passage that overlaps, else its best."""
    return max(first, key=lambda other: (other.overlaps(candidate), other.margin), default=None)
