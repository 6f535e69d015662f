"""How often each kind of example is drawn for a pass."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each kind is drawn; shares of the answerable questions about documents unless they say otherwise."""

    hard: float = 0.3
    most_hard: int = 1  # so many hard negatives at most, whose number is drawn
    cross: float = 0.08
    near: float = 0.1
    topic: float = 0.01
    short: float = 0.75  # of the contexts cut to a piece of at most PIECE_TOKENS
    heading: float = 0.5  # of the passages of documents with a title
    noise: float = 0.15  # of all questions
    reworded: float = 0.0  # of all questions whose words are replaced by synonyms, where these were prepared
    squad: float = 1.0  # of SQuAD's answerable questions
    refused: float = 1.0  # of SQuAD's unanswerable ones
    shifted: float = 1.0  # of the questions about reviews and posts
    sentences: float = 0.08  # of the questions about single sentences
    twice: float = 0.0  # of the questions asked without seeing the text, and of near misses in time, once more


# For a run that goes on from a trained reader: passages of other topics are told apart by then, and what is left to
# learn are exact spans and questions that almost fit. (Drawing SQuAD's own unanswerable ones twice had them learnt by
# heart.)
CONTINUED = Shares(hard=0.2, cross=0.05, near=0.2, short=0.7, noise=0.2)
# For a larger mind, that needs fewer questions of one kind and more passages which do not answer.
LISTWISE = Shares(
    hard=0.35, most_hard=3, short=0.8, reworded=0.25, squad=0.8, refused=0.8, shifted=0.6, sentences=0.04, twice=1.0
)
# What a teacher reads to label: more of what does not answer, since how sure null is has to be taught.
VIEWS = Shares(hard=0.6, most_hard=2, near=0.12, reworded=0.25, sentences=0.04, heading=0.5)
