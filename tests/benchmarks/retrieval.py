"""``python -m tests.benchmarks.retrieval``: hybrid search on the public collections MED and CISI, held to bars.

Takes some minutes, nearly all of them to encode. Where the collections are not at hand, it says so and holds nothing.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from index import Index
from qa import Answerer
from qa.evaluation.data.formats import read_beir
from qa.evaluation.measures.retrieval import ranking_values
from qa.evaluation.result import Asking
from tests.benchmarks.bars import Bar, judged

AT_LEAST = {"med": 0.79, "cisi": 0.43}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds the folders med and cisi")
    folders = {name: parser.parse_args().data / name for name in AT_LEAST}
    if missing := [str(folder) for folder in folders.values() if not folder.is_dir()]:
        print(f"Skipped: there is no {' and no '.join(missing)}; name the folder that holds them with --data.")
        return 0
    return judged(
        *(
            Bar(f"{name.upper()}, nDCG@10 of hybrid search", ndcg_at_10(folder), at_least=AT_LEAST[name])
            for name, folder in folders.items()
        )
    )


def ndcg_at_10(folder: Path) -> float:
    dataset = read_beir(folder)
    with tempfile.TemporaryDirectory() as index:
        # Reading changes no hybrid ranking, so as little as can be is read.
        asking = Asking(dataset, Answerer(Index.build(dataset.documents or (), index)), "retrieval", top_k=1)
        results = [asking.ask(question) for question in dataset.questions]
    return float(np.nanmean(ranking_values(results, "hybrid")["nDCG@10"]))


if __name__ == "__main__":
    sys.exit(main())
