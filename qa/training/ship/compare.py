"""What the shipped 8-bit file costs against its full-precision parent, in answers and in time."""

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from index.encoder.runtime import open_session
from qa.training.data.examples import read_examples
from qa.training.develop import figures, predict, sample
from qa.training.ship.export import INPUTS, onnx_scorer

PASSAGES, TOKENS, ROUNDS = 8, 160, 15


def compare(work: Path, tokenizer: Tokenizer, *, threads: int = 2) -> dict[str, dict[str, float]]:
    """Development figures of both files, their difference, and milliseconds for 8 passages of 160 tokens."""
    files = {"float32": work / "reader.fp32.onnx", "int8": work / "reader.onnx"}
    examples = sample(read_examples(work / "development.jsonl.gz"), 500, 250, seed=2)
    report = {
        name: figures(examples, predict(examples, tokenizer, onnx_scorer(f, threads))) for name, f in files.items()
    }
    report["difference"] = {key: report["int8"][key] - value for key, value in report["float32"].items()}
    report["milliseconds"] = latencies(files, threads)
    report["megabytes"] = {name: file.stat().st_size / 1e6 for name, file in files.items()}
    return report


def latencies(files: dict[str, Path], threads: int) -> dict[str, float]:
    """Median time of one padded batch and of one passage after another, rounds interleaved so that load is shared."""
    inputs = {name: np.ones((PASSAGES, TOKENS), dtype=np.int64) for name in INPUTS}
    runs: dict[str, Callable[[], object]] = {}
    for name, file in files.items():
        session = open_session(file, threads=threads)
        given = {node.name: inputs[node.name] for node in session.get_inputs()}
        rows = [{key: value[i : i + 1] for key, value in given.items()} for i in range(PASSAGES)]
        runs[f"{name} batch"] = partial(_run, session, [given])
        runs[f"{name} one by one"] = partial(_run, session, rows)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in times.items()}


def _run(session: Any, inputs: Sequence[dict[str, npt.NDArray[np.int64]]]) -> None:
    for feed in inputs:
        session.run(None, feed)
