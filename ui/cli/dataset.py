"""``pincite dataset`` and ``pincite fit-confidence``: question sets looked over, labelled and fitted to."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index import DEFAULT_ENCODER, Index, load_encoder
from qa.answerer import Answerer
from ui.cli.flags import EncoderFlag, Format, FormatFlag, IndexFlag, ReaderFlag, SetArgument
from ui.cli.terminal import Bar, count, out, plain, say
from ui.config import Settings, load_settings
from ui.opening import make_answerer, open_or_build

if TYPE_CHECKING:
    from qa.evaluation.data.formats import Dataset

FOUND_PROBLEMS = 1
POOLED = 50

dataset_app = typer.Typer(
    help="Look question sets over, and find what to label.", no_args_is_help=True, rich_markup_mode=None
)


@dataset_app.command()
def check(dataset: SetArgument, format: FormatFlag = "auto", index: IndexFlag = None) -> None:
    """Name what a question set lacks, line by line: labels, evidence that no document holds, words across a page."""
    check_set(_read(dataset, format), load_settings(index=index))


@dataset_app.command()
def pool(
    dataset: SetArgument,
    into: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    format: FormatFlag = "auto",
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Write the questions on which dense and lexical search disagree most, to label."""
    settings = load_settings(index=index, encoder=encoder)
    read = _read(dataset, format)
    with index_of(read, settings) as opened:
        pool_set(read, opened, into)


def fit_confidence(
    dataset: SetArgument,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
    reader: ReaderFlag = None,
) -> None:
    """Fit confidence on a question set about the open index, and keep it with the index."""
    settings = load_settings(index=index, encoder=encoder, reader=reader)
    read = _read(dataset, "questions")
    read.check_labelled()
    with index_of(read, settings) as opened:
        fit_set(read, make_answerer(opened, settings), json=json)


def _read(path: Path, format: Format) -> "Dataset":
    from qa.evaluation.data.formats import read_dataset  # slow to import, which other commands do without

    return read_dataset(path, None if format == "auto" else format)


@contextmanager
def index_of(dataset: "Dataset", settings: Settings) -> Iterator[Index]:
    """The open index, or one of the set's own documents that is gone afterwards."""
    if dataset.documents is None:
        yield open_or_build(settings)
        return
    with tempfile.TemporaryDirectory(prefix="pincite-") as folder, Bar("Encoding", "passages") as bar:
        model = load_encoder(settings.encoder or DEFAULT_ENCODER, settings.index / "encoders")
        yield Index.build(dataset.documents, folder, encoder=model, progress=bar.show)


def check_set(dataset: "Dataset", settings: Settings) -> None:
    """Print what ``check`` finds; exit code 1 where it finds anything."""
    from qa.evaluation.data.check import check

    documents = dataset.documents
    if documents is None:
        documents = list(open_or_build(settings).documents.values())
    findings = check(dataset, documents)
    for finding in findings:
        place = f"line {finding.line}, " if finding.line else ""
        out.print(f"{place}{plain(finding.id)}: {plain(finding.problem)}.")
    say(f"{count(dataset.questions, 'question')} looked over, {count(findings, 'finding')}.")
    if findings:
        raise typer.Exit(FOUND_PROBLEMS)


def pool_set(dataset: "Dataset", opened: Index, path: Path) -> None:
    """Write the pool."""
    from qa.evaluation.data.check import pool

    lines = pool(dataset, opened, POOLED)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    say(f"Wrote {count(lines, 'question')} to {path}, those first on which dense and lexical search agree least.")


def fit_set(dataset: "Dataset", answerer: Answerer, *, json: bool) -> None:
    """Fit, judge by folds, and keep."""
    from qa.confidence import CALIBRATION
    from qa.evaluation.fit import cross_validated, fit, outcomes

    if dataset.documents is not None:
        raise typer.BadParameter("needs a question set about the open index.", param_hint="DATASET")
    with Bar("Asking", "questions") as bar:
        result = outcomes(answerer, dataset.questions, progress=bar.show)
    fitted = fit(result, answerer)
    judged = cross_validated(result, answerer)
    fitted.save(answerer.index.directory / CALIBRATION)
    if json:
        print(dumps({"questions": len(result.questions), "threshold": fitted.threshold, **judged._asdict()}))
        return
    out.print(f"Fitted on {count(result.questions, 'question')}; answers are given from {fitted.threshold:.2f} on.")
    out.print(f"Left out in turn (5 folds): AUROC {judged.auroc:.3f}, expected calibration error {judged.ece:.3f}.")
