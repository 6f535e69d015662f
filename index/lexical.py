"""BM25 over stemmed words, on bm25s."""

import json
import math
import re
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer

from index.types import Ids, Scores

# Numbers keep their inner marks ("562.20"); single characters count ("Fable 5"); scripts written without
# spaces are taken character by character.
_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\d+(?:[.,]\d+)+"
    r"|(?:(?![\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])[^\W_])+(?:['’][^\W\d_]+)?"
)
_POSSESSIVE = re.compile(r"['’]s?$")
_STOPWORDS = frozenset(
    """
    a about an and are as at be but by can could did do does for from had has have he her his how i if in into is it
    its me my no not of on or our she should so than that the their them then there these they this to was we were what
    when where which who whom whose why will with would you your
    """.split()  # noqa: SIM905 - a paragraph of words reads better than five hundred quotes
)
_local = threading.local()


class LexicalIndex:
    """Scores every text against a query (Lucene's BM25; Kamphuis et al. 2020). Immutable."""

    def __init__(self, model: Any, size: int) -> None:
        """Use ``build`` or ``load``. ``model`` is None where no text holds a word."""
        self._model = model
        self._size = size
        self._vocabulary: dict[str, int] = model.vocab_dict if model else {}

    @classmethod
    def build(cls, texts: Sequence[str], *, k1: float = 1.2, b: float = 0.75) -> "LexicalIndex":
        """Index the texts; ids are their positions."""
        words = [terms(text) for text in texts]
        vocabulary = {word: number for number, word in enumerate(sorted({w for ws in words for w in ws}))}
        if not vocabulary:
            return cls(None, len(texts))
        model = bm25s.BM25(method="lucene", k1=k1, b=b)
        ids = [[vocabulary[word] for word in ws] for ws in words]
        model.index((ids, vocabulary), create_empty_token=False, show_progress=False)
        return cls(model, len(texts))

    def holds(self, word: str) -> bool:
        """Whether some text holds the word in one form or another; so is a stop word, which none is searched for."""
        return all(term in self._vocabulary for term in terms(word))

    def scores(self, query: str) -> Scores:
        """Shape (texts,): the BM25 score of each text, 0 where no word is shared."""
        word_ids = [self._vocabulary[w] for w in terms(query) if w in self._vocabulary]
        if not word_ids:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._model.get_scores_from_ids(word_ids), dtype=np.float32)

    def highest(self, query: str) -> float:
        """What no score of the query exceeds: that of a text that consists of each of its words endlessly often.

        A word that no text holds counts as the rarest there could be, so it is seen that none was found.
        """
        known = [self._vocabulary.get(word) for word in terms(query)]
        ends = self._model.scores["indptr"] if self._model else ()  # a word's texts stand from its place to the next's
        text_counts = [0.0 if n is None else float(ends[n + 1] - ends[n]) for n in known]
        return sum(math.log(1 + (self._size - n + 0.5) / (n + 0.5)) for n in text_counts)

    def search(self, query: str, k: int, allowed: Ids | None = None) -> tuple[Scores, Ids]:
        """The best ``k`` texts that share a word with the query, by falling score, ties by rising id."""
        scores = self.scores(query)
        ids = np.arange(self._size, dtype=np.int64) if allowed is None else np.sort(allowed)
        ids = ids[scores[ids] > 0]
        best = ids[np.lexsort((ids, -scores[ids]))][:k]
        return scores[best], best

    def save(self, folder: Path) -> None:
        """Write to a new folder: arrays and JSON, nothing executable."""
        folder.mkdir()
        (folder / "size.json").write_text(json.dumps(self._size), encoding="utf-8")
        if self._model:
            self._model.save(folder, allow_pickle=False, show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Read what ``save`` wrote."""
        size = json.loads((folder / "size.json").read_text(encoding="utf-8"))
        holds_words = (folder / "params.index.json").exists()
        model = bm25s.BM25.load(folder, allow_pickle=False, show_progress=False) if holds_words else None
        return cls(model, size)


def terms(text: str) -> list[str]:
    """The stemmed words of a text, without stop words; "$562.20" gives "562.20", "Meta's" gives "meta"."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = [_POSSESSIVE.sub("", word) for word in _TOKEN.findall(folded)]
    stems: list[str] = _stemmer().stemWords([word for word in words if word and word not in _STOPWORDS])
    return stems


def _stemmer() -> Any:
    """One for each thread: a PyStemmer object must not be shared between threads."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer
