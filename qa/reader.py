"""The reader: the sentence of each passage that says most about a question."""

from collections.abc import Sequence

from corpus import Passage, sentences
from index import Encoder
from index.lexical import terms
from qa.types import Candidate

# How much the share of the question's words found in a sentence adds to its cosine (chosen on the development half
# of the gold set).
_LEXICAL_WEIGHT = 0.5
# The score at which a sentence is as likely to answer as not (fitted on the same questions).
_NULL_SCORE = 0.68


class SentenceReader:
    """Scores every sentence by the encoder's cosine to the question and the share of its words that it holds."""

    def __init__(self, encoder: Encoder) -> None:
        """Use the encoder of the index, so that no second model is loaded."""
        self._encoder = encoder

    @property
    def name(self) -> str:
        """The kind of reader and the model that it scores with."""
        return f"sentence/{self._encoder.name}"

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """The best sentence of each passage, in the order of the passages."""
        spans = [(p, p.start + s.start, p.start + s.end) for p in passages for s in sentences(p.text)]
        texts = [p.text[start - p.start : end - p.start] for p, start, end in spans]
        if not texts:
            return []
        cosines = self._encoder.encode_passages(texts) @ self._encoder.encode_query(question)
        wanted = set(terms(question))
        best: dict[Passage, Candidate] = {}
        for (passage, start, end), text, cosine in zip(spans, texts, cosines, strict=True):
            share = len(wanted & set(terms(text))) / max(len(wanted), 1)
            candidate = Candidate(passage, start, end, float(cosine) + _LEXICAL_WEIGHT * share, _NULL_SCORE)
            if passage not in best or candidate.score > best[passage].score:
                best[passage] = candidate
        return [best[passage] for passage in passages if passage in best]
