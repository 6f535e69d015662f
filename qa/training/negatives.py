"""Passages that do not answer: hard ones that retrieval ranks high, and random ones of other articles."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from qa.evaluation.squad import normalise
from qa.training.data import Example
from qa.training.pieces import Piece, Sentence, cut
from qa.training.retrieval import rank

PIECE_TOKENS = 120
DEEPEST_RANK = 10

TOPIC_QUESTIONS = ("Explain {}.", "What is {}?", "Tell me about {}.", "{}", "How does {} work?", "Who or what is {}?")


def all_pieces(examples: Sequence[Example], table: Mapping[str, Sequence[Sentence]]) -> list[Piece]:
    """Every SQuAD context cut into pieces, each once, in order."""
    titles = {e.context: e.title for e in examples if e.source == "squad"}
    return [Piece(t, c, s, e) for c, t in titles.items() for s, e in cut(table[c], PIECE_TOKENS)]


def holds_answer(text: str, answers: Sequence[tuple[str, int]]) -> bool:
    """Whether a normalised gold answer stands in the text, on word boundaries.

    An answer that vanishes in normalisation ("The") counts as held, so that nothing is made of it.
    """
    haystack = f" {normalise(text)} "
    wanted = [normalise(answer) for answer, _ in answers]
    return any(not w or f" {w} " in haystack for w in wanted)


def mine_hard(examples: Sequence[Example], pieces: Sequence[Piece], encoder: Path) -> dict[str, list[int]]:
    """For each answerable SQuAD question the pieces among its 10 best that hold none of its answers."""
    asked = [e for e in examples if e.answerable and e.source == "squad"]
    ranking = rank([e.question for e in asked], [p.text for p in pieces], encoder, k=DEEPEST_RANK)
    return {
        e.id: [n for n in row if not holds_answer(pieces[n].text, e.answers)]
        for e, row in zip(asked, ranking.tolist(), strict=True)
    }


def write_hard(mined: Mapping[str, Sequence[int]], path: Path) -> None:
    """Write question id -> numbers of pieces as gzipped JSON."""
    path.write_bytes(gzip.compress(json.dumps(mined).encode(), compresslevel=5, mtime=0))


def read_hard(path: Path) -> dict[str, list[int]]:
    """Read what `write_hard` wrote."""
    mined: dict[str, list[int]] = json.loads(gzip.decompress(path.read_bytes()))
    return mined


def hard_negative(example: Example, piece: Piece, *, whole: bool) -> Example:
    """The question asked of a piece, or of the piece's whole context where that holds no answer either."""
    widen = whole and not holds_answer(piece.context, example.answers)
    return _asked_of(example, piece.context if widen else piece.text, "hard")


def cross_negative(example: Example, pieces: Sequence[Piece], random: Random) -> Example | None:
    """The question asked of a random piece of another article, or None where none of a few lacks the answer."""
    for piece in random.choices(pieces, k=5):
        if piece.title != example.title and not holds_answer(piece.context, example.answers):
            return _asked_of(example, random.choice((piece.text, piece.context)), "cross")
    return None


def topic_negative(title: str, pieces: Sequence[Piece], random: Random) -> Example | None:
    """A bare question about an article ("Explain ...") asked of a random piece that does not name it."""
    name = " ".join(title.replace("_", " ").split())
    question = random.choice(TOPIC_QUESTIONS).format(name)
    made = Example(f"topic-{name}", question, "", ((name, 0),), False, title, "cross")
    return cross_negative(made, pieces, random)


def _asked_of(example: Example, context: str, source: str) -> Example:
    return Example(f"{example.id}~{source}", example.question, context, (), False, example.title, source)
