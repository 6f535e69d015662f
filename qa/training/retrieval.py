"""Passages ranked for questions: BM25 and the encoder's cosine, fused by reciprocal rank.

Stands alone so that the recipe needs no built index; `rank` may be swapped for `index.Index.search`.
Reciprocal rank fusion: Cormack, Clarke and Buettcher, SIGIR 2009.
"""

from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from index.runtime import open_tokenizer

Vectors = npt.NDArray[np.float32]
Ranks = npt.NDArray[np.int64]

FUSION_K = 60


def rank(questions: Sequence[str], passages: Sequence[str], encoder: Path, *, k: int, pool: int = 50) -> Ranks:
    """Numbers of the k best passages of each question, best first: shape (questions, k)."""
    pool = min(pool, len(passages))
    lexical = _lexical(questions, passages, pool)
    tokenizer = open_tokenizer(encoder / "tokenizer.json")
    model = BertModel.from_pretrained(encoder, local_files_only=True, attn_implementation="eager")
    model.eval()  # type: ignore[no-untyped-call]
    dense = _dense(_encode(questions, model, tokenizer), _encode(passages, model, tokenizer), pool)
    return np.array([_fuse(a, b)[:k] for a, b in zip(lexical, dense, strict=True)])


def _fuse(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> list[int]:
    scores: dict[int, float] = {}
    for ranking in (one, other):
        for place, passage in enumerate(ranking.tolist(), start=1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (FUSION_K + place)
    return sorted(scores, key=lambda passage: (-scores[passage], passage))


def _lexical(questions: Sequence[str], passages: Sequence[str], k: int) -> Ranks:
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(
        bm25s.tokenize(list(passages), stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False
    )
    tokens = bm25s.tokenize(list(questions), stopwords="en", stemmer=stemmer, show_progress=False)
    found, _ = index.retrieve(tokens, k=k, n_threads=2, show_progress=False)
    return np.asarray(found, dtype=np.int64)


def _dense(questions: Vectors, passages: Vectors, k: int, rows: int = 2048) -> Ranks:
    best = []
    for first in range(0, len(questions), rows):
        scores = torch.from_numpy(questions[first : first + rows] @ passages.T)
        best.append(torch.topk(scores, k).indices.numpy())
    return np.concatenate(best)


def _encode(texts: Sequence[str], model: BertModel, tokenizer: Tokenizer, size: int = 64) -> Vectors:
    """Unit vectors, shape (texts, width): the mean of the last layer over at most 256 tokens."""
    encoded = [e.ids[:256] for e in tokenizer.encode_batch(list(texts))]
    vectors = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
    for first in range(0, len(order), size):
        members = order[first : first + size]
        ids = torch.zeros(len(members), max(len(encoded[i]) for i in members), dtype=torch.long)
        for row, i in enumerate(members):
            ids[row, : len(encoded[i])] = torch.tensor(encoded[i])
        mask = (ids != 0).long()
        with torch.inference_mode():
            hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        mean = (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
        vectors[members] = torch.nn.functional.normalize(mean, dim=1).numpy()
    return vectors
