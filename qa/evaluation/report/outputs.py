"""The files of a finished (or stopped) run, beside its results."""

import json
from collections.abc import Sequence
from pathlib import Path

from qa.evaluation.comparison import Comparison
from qa.evaluation.measures.retrieval import write_trec
from qa.evaluation.report import render
from qa.evaluation.result import Result
from qa.evaluation.run import Settings
from qa.evaluation.summary import Figures


def write_outputs(
    folder: Path, settings: Settings, results: Sequence[Result], figures: Figures, comparison: Comparison | None
) -> None:
    """``report.json``, ``report.md``, ``report.html``, and for retrieval ``qrels.trec`` and ``run.*.trec``."""
    texts = {
        "report.json": json.dumps(render.summary(settings, results, figures, comparison), indent=1) + "\n",
        "report.md": render.markdown(settings, results, figures, comparison),
        "report.html": render.page(settings, results, figures, comparison),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_trec(results, folder)
