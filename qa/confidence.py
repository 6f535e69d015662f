"""How sure an answer is: evidence from the whole path, and the probability fitted to it.

No feature depends on the size of the corpus. The weights are fitted on held-out questions with retrieval in the loop
(``qa.training.ship.calibrate``) and stored with the names of what they were fitted for.
"""

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus import sentences
from index import Hit
from index.errors import ModelUnusable
from index.lexical import terms
from qa.types import Candidate

FEATURES = (
    "margin",
    "gap",
    "support",
    "cosine",
    "passage_coverage",
    "sentence_coverage",
    "first_of_both",
    "first_margin",
    "first_gap",
    "agreed",
)
CALIBRATION = "confidence.json"
"""The name of a fit's file in the folder of an index."""
SHIPPED = Path(__file__).parent / "models" / "confidence"
"""The fits that Pincite ships, one for each way of reading."""
MINIMAL_MARGIN = 0.0
"""Without a fitted probability: the smallest margin at which Pincite answers."""
_LARGEST_GAP = 10.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model of "the answer is right", for one reader, encoder and splitter.

    ``weights`` apply to features less ``means``, over ``scales``. ``threshold`` is the smallest probability to answer;
    below ``floor`` the documents do not seem to speak of it at all.
    """

    reader: str
    encoder: str
    target_tokens: int
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    floor: float

    def fits(self, reader: str, encoder: str, target_tokens: int) -> bool:
        """Whether it was fitted for these."""
        return (self.reader, self.encoder, self.target_tokens) == (reader, encoder, target_tokens)

    def probability(self, features: Sequence[float]) -> float:
        """The probability in (0, 1) that an answer with these features is right."""
        parts = zip(features, self.means, self.scales, self.weights, strict=True)
        logit = self.bias + sum(weight * (value - mean) / scale for value, mean, scale, weight in parts)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))

    def save(self, path: Path) -> None:
        """Write JSON, whole or not at all."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"features": FEATURES, **asdict(self)}, indent=1) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """Read what ``save`` wrote. Raises ModelUnusable where it is damaged or of other features."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if tuple(content.pop("features")) != FEATURES:
                raise ValueError("it was fitted to other features")
            for name in ("means", "scales", "weights"):
                content[name] = tuple(map(float, content[name]))
            for name in ("bias", "threshold", "floor"):
                content[name] = float(content[name])
            made = cls(**content)
            made._check()
            return made
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelUnusable(
                f"The calibration {path} cannot be used ({error}); remove it, or fit it again: pincite fit-confidence"
            ) from error

    def _check(self) -> None:
        numbers = (*self.means, *self.scales, *self.weights, self.bias, self.threshold, self.floor)
        if not len(self.means) == len(self.scales) == len(self.weights) == len(FEATURES):
            raise ValueError("it has not one number for each feature")
        ordered = 0 <= self.floor <= self.threshold <= 1
        if not all(map(math.isfinite, numbers)) or min(self.scales) <= 0 or not ordered:
            raise ValueError("its numbers make no probability")


def stored_calibrations(directory: Path) -> list[Calibration]:
    """The one fitted for the index in ``directory``, if it can be used, and the shipped ones. Raises ModelUnusable.

    A fit of one's own that is damaged, or was made for other features, is logged and passed over: answers go on, and
    it can be fitted again.
    """
    found = []
    if (own := directory / CALIBRATION).exists():
        try:
            found.append(Calibration.load(own))
        except ModelUnusable as error:
            _LOG.warning("%s", error)
    return found + [Calibration.load(path) for path in sorted(SHIPPED.glob("*.json"))]


def features_of(query: str, best: Candidate, others: Sequence[Candidate], hits: Sequence[Hit]) -> tuple[float, ...]:
    """The evidence for ``best`` in the order of ``FEATURES``; ``others`` are all further candidates.

    The last three are of a first reading: its margin there, by how much that is ahead of what it makes of the
    candidates elsewhere, and whether it points at the same place. All are 0 where nobody read before.
    """
    hit = next(hit for hit in hits if hit.passage == best.passage)
    said = _words(best)
    agreeing = [other for other in others if _words(other) == said]
    rivals = [other.margin for other in others if _words(other) != said]
    asked = set(terms(query))
    around = [s for s in sentences(best.passage.text) if best.passage.start + s.end > best.start]
    sentence = best.passage.text[around[0].start : around[0].end] if around else ""
    return (
        best.margin,
        min(best.margin - max(rivals, default=-math.inf), _LARGEST_GAP),
        float(any(other.margin > 0 for other in agreeing)),
        hit.dense or 0.0,
        _coverage(asked, f"{best.passage.section or ''} {best.passage.text}"),
        _coverage(asked, sentence),
        float(hit.dense_rank == 1 and hit.lexical_rank == 1),
        *_first_reading(best, others),
    )


def _first_reading(best: Candidate, others: Sequence[Candidate]) -> tuple[float, float, float]:
    if best.first is None:
        return 0.0, 0.0, 0.0
    elsewhere = [c.first.margin for c in others if c.first and c.passage != best.passage]
    ahead = best.first.margin - max(elsewhere, default=-math.inf)
    return best.first.margin, max(-_LARGEST_GAP, min(ahead, _LARGEST_GAP)), float(best.first.overlaps(best))


def _words(candidate: Candidate) -> tuple[str, ...]:
    passage = candidate.passage
    return tuple(terms(passage.text[candidate.start - passage.start : candidate.end - passage.start]))


def _coverage(asked: set[str], text: str) -> float:
    """The share of the question's words (stems, without stop words) that the text holds."""
    return len(asked & set(terms(text))) / len(asked) if asked else 0.0
