"""``pincite evaluate``: figures on a data set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from qa.answerer import TOP_K, Answerer
from qa.evaluation.errors import InvalidDataset, InvalidGate
from ui.cli.dataset import check_set, fit_set, index_of, pool_set
from ui.cli.flags import EncoderFlag, FormatFlag, IndexFlag, ReaderFlag, SetArgument, TopKFlag
from ui.cli.terminal import Bar, count, out, plain, say
from ui.config import load_settings
from ui.opening import make_answerer

if TYPE_CHECKING:
    from qa.evaluation.comparison import Comparison
    from qa.evaluation.data.formats import Dataset
    from qa.evaluation.result import Result
    from qa.evaluation.run import Settings as RunSettings
    from qa.evaluation.summary import Figures

GATE_MISSED, INTERRUPTED = 4, 130

RunMode = Literal["reader", "open", "retrieval"]


def evaluate(
    dataset: SetArgument,
    format: FormatFlag = "auto",
    mode: Annotated[
        RunMode | None,
        typer.Option(help="reader: given its paragraph; open: the whole path; retrieval: search alone."),
    ] = None,
    k: Annotated[
        list[int] | None, typer.Option("--k", min=1, max=100, help="A depth to measure at; repeat it.")
    ] = None,
    top_k: TopKFlag = TOP_K,
    sample: Annotated[int | None, typer.Option(min=1, help="Ask this many questions, drawn by the seed.")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample and the intervals.")] = 1,
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Write results, runs and reports there.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the output folder.")] = False,
    baseline: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Compare with the run in this output folder.")
    ] = None,
    gate: Annotated[
        list[str] | None, typer.Option(metavar="GATE", help="A measure that must be reached: answers.f1>=0.7.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", hidden=True)] = False,
    pool: Annotated[Path | None, typer.Option(metavar="FILE", hidden=True)] = None,
    fit_confidence: Annotated[bool, typer.Option("--fit-confidence", hidden=True)] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
    reader: ReaderFlag = None,
) -> None:
    """Measure retrieval and answers: question sets on the open index, SQuAD and BEIR sets on their own documents."""
    from qa.evaluation.data.formats import read_dataset  # these libraries would slow the start of every other command
    from qa.evaluation.gates import check_names, missed, parse_gate
    from qa.evaluation.measures.retrieval import KS
    from qa.evaluation.summary import names

    if resume and output is None:
        raise typer.BadParameter("name the folder of the run with --output.", param_hint="--resume")
    of_a_run = {
        "--sample": sample,
        "--k": k,
        "--output": output,
        "--baseline": baseline,
        "--gate": gate,
        "--top-k": top_k != TOP_K,
        "--mode": mode,
    }
    _without_a_run({"--check": check, "--pool": pool, "--fit-confidence": fit_confidence}, of_a_run)
    settings = load_settings(index=index, encoder=encoder, reader=reader)
    read = read_dataset(dataset, None if format == "auto" else format)
    mode = mode or ("retrieval" if read.format == "beir" else "open")
    try:
        gates = [parse_gate(text) for text in gate or ()]
        check_names(gates, names(mode, (*KS, *(k or ()))))
    except InvalidGate as error:
        raise typer.BadParameter(str(error), param_hint="--gate") from error
    if check:
        _moved("--check", "dataset check")
        check_set(read, settings)
        return
    if not pool:
        read.check_labelled()
    earlier = _earlier(baseline, read)
    with index_of(read, settings) as opened:
        answerer = make_answerer(opened, settings)
        if pool:
            _moved("--pool", "dataset pool")
            pool_set(read, opened, pool)
            return
        if fit_confidence:
            _moved("--fit-confidence", "fit-confidence")
            fit_set(read, answerer, json=json)
            return
        run_settings, results, whole = _run(read, answerer, mode, top_k, sample, seed, output, resume)
    figures, comparison = _figures(results, run_settings, k, earlier)
    if output:
        from qa.evaluation.report.outputs import write_outputs

        write_outputs(output, run_settings, results, figures, comparison)
        say(f"Wrote {output / 'report.html'} and the files beside it.")
    _show(run_settings, results, figures, comparison, json=json)
    if not whole:
        raise typer.Exit(INTERRUPTED)
    if sentences := missed(gates, figures.values()):
        for sentence in sentences:
            say(f"Gate missed: {sentence}")
        raise typer.Exit(GATE_MISSED)


def _moved(flag: str, command: str) -> None:
    say(f"{flag} is a command of its own now, and the flag will go: pincite {command}.")


def _without_a_run(instead: Mapping[str, object], of_a_run: Mapping[str, object]) -> None:
    """Refuse what would be passed over: what looks at a set or fits to it makes no run."""
    chosen = [name for name, value in instead.items() if value]
    besides = [*chosen[1:], *(name for name, value in of_a_run.items() if value)]
    if chosen and besides:
        raise typer.BadParameter(f"makes no run of its own; leave out {' and '.join(besides)}.", param_hint=chosen[0])


def _run(
    dataset: "Dataset",
    answerer: Answerer,
    mode: RunMode,
    top_k: int,
    sample: int | None,
    seed: int,
    output: Path | None,
    resume: bool,
) -> "tuple[RunSettings, list[Result], bool]":
    """Settings, results, and whether every question was asked."""
    from qa.evaluation.result import Asking
    from qa.evaluation.run import Folder, drawn, run, settings_of

    asking: Asking = Asking(dataset, answerer, mode, top_k=top_k)
    questions = drawn(dataset, sample, seed)
    run_settings = settings_of(asking, questions, sample=sample, seed=seed)
    folder = Folder(output) if output else None
    done = folder.begin(run_settings, resume=resume) if folder else {}
    results: list[Result] = []
    try:
        with Bar("Asking", "questions") as bar:
            keep = folder.add if folder else (lambda _: None)
            for result in run(asking, questions, done=done, keep=keep, progress=bar.show):
                results.append(result)
    except KeyboardInterrupt:
        further = "; --resume goes on" if folder else ""
        say(f"Stopped after {len(results)} of {count(questions, 'question')}{further}. The figures are of those.")
        if not results:
            raise typer.Exit(INTERRUPTED) from None
        return replace(run_settings, questions=len(results)), results, False
    return run_settings, results, True


def _earlier(baseline: Path | None, dataset: "Dataset") -> "list[Result] | None":
    """The results of an earlier run on this set: told to be wrong before anything is asked."""
    if baseline is None:
        return None
    from qa.evaluation.run import Folder

    results = Folder(baseline).results()
    if not {result.id for result in results} & {question.id for question in dataset.questions}:
        raise InvalidDataset(f"The run in {baseline} asked none of these questions; name one of a run on this set.")
    return results


def _figures(
    results: "Sequence[Result]", settings: "RunSettings", ks: Sequence[int] | None, earlier: "Sequence[Result] | None"
) -> "tuple[Figures, Comparison | None]":
    from qa.evaluation.comparison import compare
    from qa.evaluation.measures.retrieval import KS
    from qa.evaluation.summary import figures

    run_figures = figures(results, settings.mode, ks=(*KS, *(ks or ())), seed=settings.seed)
    if earlier is None:
        return run_figures, None
    return run_figures, compare(results, earlier, settings.mode, seed=settings.seed)


def _show(
    settings: "RunSettings",
    results: "Sequence[Result]",
    figures: "Figures",
    comparison: "Comparison | None",
    *,
    json: bool,
) -> None:
    from qa.evaluation import report

    if json:
        print(dumps(report.summary(settings, results, figures, comparison)))
        return
    out.print(
        f"{plain(settings.dataset)}: {count(settings.questions, 'question')}, mode {settings.mode}; 95 % intervals"
    )
    if answers := report.answer_rows(figures):
        table = Table("answers", "figure", "interval")
        for row in answers:
            table.add_row(*row)
        out.print(table)
    for axis, kinds in report.kinds_of(results, settings).items():
        table = Table(axis, "answerable", *report.KIND_SHARES)
        for name, asked, shares in report.kind_rows(kinds):
            table.add_row(plain(name), asked, *shares)
        out.print(table)
    for title, columns, rows in report.retrieval_tables(figures):
        table = Table(title, *columns)
        for measure, cells in rows:
            table.add_row(measure, *(f"{figure} [dim]({interval})[/dim]" for figure, interval in cells))
        out.print(table)
    if figures.latency:
        total = figures.latency["total"]
        out.print(f"A question took {total['p50']:.0f} ms (p50), {total['p95']:.0f} ms (p95).")
    if comparison:
        table = Table("against the baseline", "before", "now", "difference", "p (Holm)")
        for name, change in {**comparison.changes, **comparison.by_type}.items():
            low, high = change.paired.interval
            difference = f"{change.paired.difference:+.3f} [dim]({low:+.3f} to {high:+.3f})[/dim]"
            table.add_row(plain(name), f"{change.before:.3f}", f"{change.now:.3f}", difference, f"{change.p:.3f}")
        out.print(table)
        out.print(f"{count(comparison.better, 'question')} better, {len(comparison.worse)} worse.")
        if comparison.warning:
            say(comparison.warning)
