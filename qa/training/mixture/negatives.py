"""Passages that do not answer: hard ones of the same document, and random ones of others."""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from index.lexical import LexicalIndex
from qa.evaluation.measures.answers import normalise
from qa.training.data.examples import SENTENCES, Example, title_key
from qa.training.data.pieces import Piece, Sentence, cut

PIECE_TOKENS = 120
DEEPEST_RANK = 10

TOPIC_QUESTIONS = ("Explain {}.", "What is {}?", "Tell me about {}.", "{}", "How does {} work?", "Who or what is {}?")


def all_pieces(examples: Sequence[Example], table: Mapping[str, Sequence[Sentence]]) -> list[Piece]:
    """Every context of a document with a title cut into pieces, each once, in order."""
    titles = {e.context: e.title for e in examples if e.title and e.source not in SENTENCES and e.source != "rule"}
    return [Piece(t, c, s, e) for c, t in titles.items() for s, e in cut(table[c], PIECE_TOKENS)]


def holds_answer(text: str, answers: Sequence[tuple[str, int]]) -> bool:
    """Whether a gold answer stands in the text, as it is or normalised, on word boundaries.

    An answer that vanishes in normalisation ("The") counts as held, so that nothing is made of it.
    """
    haystack = f" {normalise(text)} "
    wanted = [normalise(answer) for answer, _ in answers]
    if any(not w or f" {w} " in haystack for w in wanted):
        return True
    # Normalising glues what punctuation parts: "776 BC.[8]", "590–604".
    return any(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE) for answer, _ in answers)


def mine_hard(examples: Sequence[Example], pieces: Sequence[Piece]) -> dict[str, list[int]]:
    """For each answerable question the pieces of its own document among its 10 best that hold none of its answers.

    By BM25, as the product's lexical leg has it: what shares the question's words and does not answer is what a reader
    is tempted by. Questions made by rule have none: what they ask is said in other words elsewhere too.
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        numbers[title_key(piece.title)].append(number)
    lexical = {title: LexicalIndex.build([pieces[n].text for n in members]) for title, members in numbers.items()}
    mined = {}
    for example in examples:
        title = title_key(example.title)
        if example.answerable and example.source != "rule" and title in lexical:
            _, best = lexical[title].search(example.question, DEEPEST_RANK)
            candidates = [numbers[title][i] for i in best.tolist()]
            mined[example.id] = [n for n in candidates if not _answers(pieces[n], example)]
    return mined


def _answers(piece: Piece, example: Example) -> bool:
    """Whether the piece holds an answer's words, or the very place of one."""
    own = piece.context == example.context
    places = [(start, start + len(text)) for text, start in example.answers] if own else []
    return holds_answer(piece.text, example.answers) or any(s < piece.end and piece.start < e for s, e in places)


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
    return _asked_of(example, piece.context if widen else piece.text, piece.title, "hard")


def cross_negative(example: Example, pieces: Sequence[Piece], random: Random) -> Example | None:
    """The question asked of a random piece of another article, or None where none of a few lacks the answer."""
    for piece in random.choices(pieces, k=5):
        if piece.title != example.title and not holds_answer(piece.context, example.answers):
            return _asked_of(example, random.choice((piece.text, piece.context)), piece.title, "cross")
    return None


def topic_negative(title: str, pieces: Sequence[Piece], random: Random) -> Example | None:
    """A bare question about an article ("Explain ...") asked of a random piece that does not name it."""
    name = " ".join(title.replace("_", " ").split())
    question = random.choice(TOPIC_QUESTIONS).format(name)
    example = Example(f"topic-{name}", question, "", ((name, 0),), False, title, "cross")
    return cross_negative(example, pieces, random)


def _asked_of(example: Example, context: str, title: str, source: str) -> Example:
    return Example(f"{example.id}~{source}", example.question, context, (), False, title, source)
