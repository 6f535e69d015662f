"""``python -m tests.benchmarks.fusion``: which fusion and which weight of the reader, chosen by evidence.

MED, CISI, questions on held-out SQuAD paragraphs, and the development halves of the gold sets, of which those that are
put in other words than the text's stand by themselves. Every question is searched and read once; the settings are
compared on what was found. Each family's setting is chosen on four fifths of the questions of all collections and
judged on the rest, in turn, so that no figure is of a question that it was chosen on. Prints a Markdown table; writes
nothing.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus import Document, read_builtin, read_folder
from index import Hit, Index
from index.fusion import DENSE_WEIGHT, convex
from qa import Answerer
from qa.evaluation.data.formats import Dataset, Question, read_beir, read_questions, read_squad
from qa.evaluation.measures.intervals import paired
from qa.evaluation.result import Asking
from qa.rerank import READER_WEIGHT

FOLDS = 5
DEPTH = 100
READ = 10  # passages of the default fusion that are read
GOLD = Path(__file__).parents[1] / "gold"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """What both legs found for one question: arrays over candidates, -1 a rank that a leg did not give."""

    items: list[str]
    dense: Floats
    lexical: Floats
    dense_rank: Floats
    lexical_rank: Floats
    highest: float
    chance: Floats
    relevant: dict[str, int]
    measure: Callable[[Sequence[str], Mapping[str, int]], float]
    cluster: str


def reciprocal_rank(rankings: Sequence[Iterable[int]], *, k: float = 60.0) -> list[tuple[int, float]]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): the sum of ``1 / (k + rank)``.

    Each ranking lists ids, best first, each once. Returns (id, score), best first, ties by rising id.
    """
    sums: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            sums[item] += 1 / (k + rank)
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))


def reciprocal_rank_at_10(items: Sequence[str], relevant: Mapping[str, int]) -> float:
    return next((1 / n for n, item in enumerate(items[:10], start=1) if relevant.get(item, 0) > 0), 0.0)


def ndcg_at_10(items: Sequence[str], relevant: Mapping[str, int]) -> float:
    gains = [relevant.get(item, 0) for item in items[:10]]
    best = sorted(relevant.values(), reverse=True)[:10]
    ideal = sum(gain / np.log2(n + 2) for n, gain in enumerate(best))
    return float(sum(gain / np.log2(n + 2) for n, gain in enumerate(gains)) / ideal) if ideal else 0.0


Scorer = Callable[[Found], Floats]


def rrf(k: float, depth: int) -> Scorer:
    def fuse(found: Found) -> Floats:
        rankings = []
        for ranks in (found.dense_rank, found.lexical_rank):
            seen = np.flatnonzero((ranks > 0) & (ranks <= depth))
            rankings.append(seen[np.argsort(ranks[seen])].tolist())
        scores = np.full(len(found.items), -np.inf)
        for item, score in reciprocal_rank(rankings, k=k):
            scores[item] = score
        return scores

    return fuse


def of_both(fuse: Callable[[Floats, Floats], Floats], depth: int) -> Scorer:
    """Fuses the scores of what either leg has among its best."""

    def score(found: Found) -> Floats:
        seen = _within(found, depth)
        scores = np.full(len(found.items), -np.inf)
        scores[seen] = fuse(found.dense[seen], found.lexical[seen])
        return scores

    return score


def weighted(weight: float, depth: int) -> Scorer:
    def score(found: Found) -> Floats:
        def fused(dense: Floats, lexical: Floats) -> Floats:
            return convex(dense, lexical, found.highest, dense_weight=weight).astype(float)

        return of_both(fused, depth)(found)

    return score


def by_the_best(weight: float, depth: int) -> Scorer:
    """Both scores scaled by their highest found value, as Bruch et al. do."""

    def scaled(dense: Floats, lexical: Floats) -> Floats:
        cosines = (dense + 1) / max(float(dense.max()) + 1, 1e-9)
        return weight * cosines + (1 - weight) * lexical / max(float(lexical.max()), 1e-9)

    return of_both(scaled, depth)


def normalised(weight: float, depth: int) -> Scorer:
    """Both scores scaled between the least and the largest that was found."""

    def scaled(scores: Floats) -> Floats:
        return (scores - scores.min()) / max(np.ptp(scores), 1e-9)

    return of_both(lambda dense, lexical: weight * scaled(dense) + (1 - weight) * scaled(lexical), depth)


def with_reader(weight: float) -> Scorer:
    fused = weighted(DENSE_WEIGHT, DEPTH)
    return lambda found: fused(found) + weight * found.chance


def _within(found: Found, depth: int) -> NDArray[np.bool_]:
    return ((found.dense_rank > 0) & (found.dense_rank <= depth)) | (
        (found.lexical_rank > 0) & (found.lexical_rank <= depth)
    )


FAMILIES: dict[str, dict[str, Scorer]] = {
    "dense": {"": lambda found: np.where(found.dense_rank > 0, found.dense, -np.inf)},
    "lexical": {"": lambda found: np.where(found.lexical_rank > 0, found.lexical, -np.inf)},
    "reciprocal rank": {f"k={k} depth={d}": rrf(k, d) for k in (5, 10, 20, 60, 100) for d in (20, 100)},
    "RRF k=60": {"": rrf(60, DEPTH)},
    "min-max weighted": {f"{w} depth={d}": normalised(w, d) for w in (0.3, 0.5, 0.6, 0.7, 0.8) for d in (20, 100)},
    "convex by the highest found": {
        f"{w} depth={d}": by_the_best(w, d) for w in (0.6, 0.7, 0.8, 0.9) for d in (20, 100)
    },
    "convex": {f"{w} depth={d}": weighted(w, d) for w in (0.5, 0.6, 0.65, 0.7, 0.8) for d in (20, 100)},
    f"convex {DENSE_WEIGHT} (default)": {"": weighted(DENSE_WEIGHT, DEPTH)},
    "then reader": {f"{w}": with_reader(w) for w in (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0)},
    f"then reader {READER_WEIGHT} (default)": {"": with_reader(READER_WEIGHT)},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds the folders med and cisi")
    parser.add_argument("--squad", type=Path, help="a SQuAD file of articles that nothing was trained on")
    parser.add_argument("--questions", type=int, default=500, help="how many of its answerable questions")
    flags = parser.parse_args()
    library = read_folder(GOLD / "library")
    collections = {
        "article": gold("the-last-holdout", read_builtin()),
        "library": gold("library", library, but="paraphrased"),
        "library, in other words": gold("library", library, style="paraphrased"),
        "MED": beir(flags.data / "med"),
        "CISI": beir(flags.data / "cisi"),
    }
    if flags.squad:
        collections["SQuAD paragraphs"] = squad(flags.squad, flags.questions)
    table(collections)


def gold(name: str, documents: Sequence[Document], style: str = "", but: str = "") -> list[Found]:
    """The answerable questions of a set's development half: those of one style, or all but those of one style."""
    path = GOLD / f"{name}.jsonl"
    halves = {row["id"]: row["half"] for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    half = [q for q in read_questions(path).questions if q.answerable and halves[q.id] == "development"]
    asked = [q for q in half if (not style or q.style == style) and (not but or q.style != but)]
    return found_of(Dataset(name, "questions", asked), reciprocal_rank_at_10, documents)


def beir(folder: Path) -> list[Found]:
    return found_of(read_beir(folder), ndcg_at_10)


def squad(path: Path, count: int) -> list[Found]:
    dataset = read_squad(path)
    asked = [q for q in dataset.questions if q.answerable]
    some = np.random.default_rng(1).permutation(len(asked))[:count]
    return found_of(
        Dataset(dataset.name, "squad", [asked[n] for n in sorted(some)], dataset.documents), reciprocal_rank_at_10
    )


def found_of(
    dataset: Dataset,
    measure: Callable[[Sequence[str], Mapping[str, int]], float],
    documents: Sequence[Document] = (),
) -> list[Found]:
    """Search and read every question of a set, which has its own documents or is about the given ones."""
    with tempfile.TemporaryDirectory() as folder:
        answerer = Answerer(Index.build(dataset.documents or documents, folder))
        asking = Asking(dataset, answerer, "retrieval", top_k=READ)
        return [_found(asking, question, measure) for question in dataset.questions]


def _found(asking: Asking, question: Question, measure: Callable[..., float]) -> Found:
    hits: list[Hit] = asking.index.search(question.question, top_k=2 * DEPTH)
    read = asking.answerer.reader.read(question.question, [hit.passage for hit in hits[:READ]])
    margins = [max((candidate.margin for candidate in candidates), default=-np.inf) for candidates in read]
    margins += [-np.inf] * (len(hits) - len(read))
    return Found(
        items=[asking.item_of(hit.passage) for hit in hits],
        dense=np.array([hit.dense for hit in hits], dtype=float),
        lexical=np.array([hit.lexical for hit in hits], dtype=float),
        dense_rank=np.array([hit.dense_rank or -1 for hit in hits], dtype=float),
        lexical_rank=np.array([hit.lexical_rank or -1 for hit in hits], dtype=float),
        highest=asking.index._lexical.highest(question.question),
        chance=1 / (1 + np.exp(-np.array(margins))),
        relevant=asking.relevant_to(question),
        measure=measure,
        cluster=question.cluster or question.id,
    )


def value(found: Found, scorer: Scorer) -> float:
    scores = scorer(found)
    order = [n for n in np.argsort(-scores, kind="stable") if np.isfinite(scores[n])]
    return found.measure(list(dict.fromkeys(found.items[n] for n in order)), found.relevant)


def table(collections: Mapping[str, Sequence[Found]]) -> None:
    """Held-out means of each family on each collection, and the paired test against the better single leg."""
    values = {
        family: {
            setting: {name: np.array([value(f, scorer) for f in rows]) for name, rows in collections.items()}
            for setting, scorer in settings.items()
        }
        for family, settings in FAMILIES.items()
    }
    held_out = {family: judged_by_folds(settings, collections) for family, settings in values.items()}
    print(f"| | {' | '.join(f'{name} ({len(rows)})' for name, rows in collections.items())} | mean | chosen |")
    print("|---|" + "---:|" * (len(collections) + 1) + "---|")
    for family, (means, chosen) in held_out.items():
        cells = []
        for name, rows in collections.items():
            leg = max(("dense", "lexical"), key=lambda leg: held_out[leg][0][name].mean())
            test = paired(means[name], held_out[leg][0][name], [f.cluster for f in rows])
            worse = test.difference < 0 and test.p < 0.05
            cells.append(f"{means[name].mean():.3f}{' ↓' if worse else ''}")
        mean = np.mean([means[name].mean() for name in collections])
        print(f"| {family} | {' | '.join(cells)} | {mean:.3f} | {', '.join(chosen)} |")
    print("\n↓: significantly worse than the better of dense and lexical (paired randomisation test, p < 0.05).")


def judged_by_folds(
    settings: Mapping[str, Mapping[str, Floats]], collections: Mapping[str, Sequence[Found]]
) -> tuple[dict[str, Floats], list[str]]:
    """For each question the value of the setting that was chosen without it; and what was chosen."""
    folds = {name: np.random.default_rng(7).permutation(len(rows)) % FOLDS for name, rows in collections.items()}
    made = {name: np.empty(len(rows)) for name, rows in collections.items()}
    chosen = []
    for fold in range(FOLDS):

        def score(setting: str, fold: int = fold) -> float:
            return float(np.mean([settings[setting][name][folds[name] != fold].mean() for name in collections]))

        best = max(settings, key=score)
        chosen.append(best)
        for name in collections:
            here = folds[name] == fold
            made[name][here] = settings[best][name][here]
    return made, sorted(set(chosen) - {""})


if __name__ == "__main__":
    main()
