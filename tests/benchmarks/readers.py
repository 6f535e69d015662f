"""``python -m tests.benchmarks.readers``: what each way of reading is worth, by kind of question, beside what it costs.

Asks the library's 240 questions with the quick reader, the careful one, both, and any other that ``--reader`` or
``PINCITE_READER`` names, so that whoever runs Pincite can choose. Asserts nothing.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import get_args

import numpy as np

from corpus import read_folder
from index import Index
from qa import Answerer, load_reader
from qa.evaluation.data.formats import read_questions
from qa.evaluation.result import Asking, Result
from qa.evaluation.summary import Axis, by_kind, figures
from qa.reading import WAYS

GOLD = Path(__file__).parents[1] / "gold"
FIGURES = ("answers.right", "answers.forced_f1", "answers.no_ans_f1", "answers.auroc", "answers.ece")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", action="append", default=[], help="a question-answering model, by name or folder")
    further = [*parser.parse_args().reader, *filter(None, [os.environ.get("PINCITE_READER")])]
    readers = list(dict.fromkeys([*WAYS, *further]))
    dataset = read_questions(GOLD / "library.jsonl")
    found: dict[str, list[Result]] = {}
    with tempfile.TemporaryDirectory() as folder:
        index = Index.build(read_folder(GOLD / "library"), folder)
        for name in readers:
            asking = Asking(dataset, Answerer(index, reader=load_reader(name)), "open", top_k=8)
            asking.ask(dataset.questions[0])  # what is done once is not a question's
            found[name] = [asking.ask(question) for question in dataset.questions]
    print(f"{len(dataset.questions)} questions about {len(index.documents)} documents, {len(index.passages)} passages")
    row("", readers)
    for figure in FIGURES:
        values = [figures(results, "open", resamples=0).values().get(figure, np.nan) for results in found.values()]
        row(figure.removeprefix("answers."), [f"{value:.3f}" for value in values])
    axes: tuple[Axis, ...] = get_args(Axis)
    for axis in axes:
        kinds = {name: by_kind(results, axis, resamples=0) for name, results in found.items()}
        for kind in kinds[readers[0]]:
            row(f"{axis} {kind}", [told(kinds[name][kind].shares) for name in readers])
    for stage in ("read", "total"):
        times = [[result.timings[stage] for result in results] for results in found.values()]
        row(f"{stage}, ms p50 (p95)", ["{:.0f} ({:.0f})".format(*np.percentile(each, [50, 95])) for each in times])


def told(shares: dict[str, float]) -> str:
    """Right of the answerable ones, or what was abstained from where there are none."""
    return f"right {shares['right']:.2f}" if "right" in shares else f"abstained {shares['abstained']:.2f}"


def row(name: str, cells: list[str]) -> None:
    print(f"{name:22}" + "".join(f"{cell:>18}" for cell in cells))


if __name__ == "__main__":
    main()
