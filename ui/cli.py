"""The ``pincite`` command.

Standard output carries results alone (with ``--json``, exactly the endpoint's JSON); everything else goes to
standard error. Exit codes: 0 done, 1 a named error, 2 wrong usage, 3 abstained, 4 a gate was missed.
"""

import errno
import io
import logging
import os
import re
import sys
import tempfile
from collections.abc import Sized
from json import dumps
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from corpus import Document, read_builtin, read_paths
from corpus.errors import DocumentError, EmptyCorpus, IndexMissing, PinciteError
from index import DEFAULT_ENCODER, Index, load_encoder
from qa import Answer, Answerer
from qa.answerer import TOP_K, check_question
from qa.wire import answer_out, documents_out, search_out
from ui.config import Settings, load_settings

ERROR, ABSTAINED = 1, 3
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

app = typer.Typer(
    help="Answers from your documents, in their own words, cited to the character.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
documents_app = typer.Typer(help="List, add and remove documents.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(documents_app, name="documents")

_out = Console(highlight=False, soft_wrap=True, emoji=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

IndexFlag = Annotated[Path | None, typer.Option("--index", metavar="DIR", help="The folder of the index.")]
EncoderFlag = Annotated[str | None, typer.Option("--encoder", metavar="NAME", help="A sentence-transformers model.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print the endpoint's JSON.")]
TopKFlag = Annotated[int, typer.Option("--top-k", min=1, max=50, help="How many passages are read and returned.")]


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    top_k: TopKFlag = TOP_K,
    json: JsonFlag = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Answer a question with a cited span, or say that the documents do not say."""
    check_question(question)
    answerer = Answerer(_open_or_build(load_settings(index=index, encoder=encoder)))
    answer = answerer.ask(question, top_k=top_k)
    if json:
        _print_json(answer_out(answer, answerer))
    else:
        _print_answer(answer)
    if answer.abstained:
        raise typer.Exit(ABSTAINED)


@app.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY")],
    mode: Annotated[Literal["hybrid", "dense", "lexical"], typer.Option(help="Which legs search.")] = "hybrid",
    top_k: TopKFlag = 10,
    json: JsonFlag = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Show the best passages for a query."""
    check_question(query)
    hits = _open_or_build(load_settings(index=index, encoder=encoder)).search(query, top_k=top_k, mode=mode)
    if json:
        _print_json(search_out(hits))
        return
    for hit in hits:
        place = f"{hit.passage.doc_id}:{hit.passage.start}-{hit.passage.end}"
        _out.print(f"[bold]{hit.rank}.[/bold] [dim]{_plain(place)}[/dim]  {_plain(hit.passage.section or '')}")
        _out.print(f"   {_plain(hit.passage.text)}\n")


@app.command("index")
def build(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files and folders; none: the built-in article.")
    ] = None,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Make the corpus exactly these files and folders. What has not changed is not encoded again."""
    settings = load_settings(index=index, encoder=encoder)
    before = _documents_before(settings)
    problems: list[DocumentError] = []
    documents = read_paths(paths, known=before, on_error=problems.append) if paths else read_builtin()
    if not documents:
        _report(problems)
        raise EmptyCorpus("None of these paths holds a document that can be read; name others. The index is unchanged.")
    built = _build(documents, settings)
    _say(f"Indexed {_count(documents, 'document')}, {_count(built.passages, 'passage')} in {settings.index}.")
    _finish(problems)


@app.command()
def doctor(index: IndexFlag = None, encoder: EncoderFlag = None) -> None:
    """Check the settings, the index and the models, and answer a question."""
    settings = load_settings(index=index, encoder=encoder)
    _out.print(f"index      {_plain(str(settings.index))}")
    opened = Index.open(settings.index, encoder=settings.encoder)
    _out.print(f"generation {opened.generation[:12]}, every file as its checksum says")
    _out.print(f"documents  {len(opened.documents)}, in {_count(opened.passages, 'passage')}")
    _out.print(f"encoder    {_plain(opened.encoder.name)}, {opened.encoder.dimension} dimensions")
    answerer = Answerer(opened)
    _out.print(f"reader     {_plain(answerer.reader.name)}")
    answer = answerer.ask(f"What is said about {next(iter(opened.documents.values())).title[:200]}?")
    _out.print(f"question   answered in {answer.timings['total']:.0f} ms")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to serve on; 0 takes a free one.")] = None,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Serve the chat and the endpoint."""
    settings = load_settings(index=index, encoder=encoder, host=host, port=port)
    answerer = Answerer(_open_or_build(settings))
    # Asking and indexing must not wait for a web framework to load.
    from ui import server

    listener = server.listen(settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    _say(f"Pincite is at http://{shown}:{listener.getsockname()[1]} (chat at /, API at /docs). Ctrl-C stops it.")
    server.serve(answerer, listener)


@app.command()
def evaluate(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A question set (JSON lines) or a BEIR folder.")],
    json: JsonFlag = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Measure retrieval: a question set against the open index, a BEIR folder as a corpus of its own."""
    from qa import evaluation  # its libraries would slow the start of every other command

    settings = load_settings(index=index, encoder=encoder)
    if dataset.is_dir():
        beir = evaluation.read_beir(dataset)
        with tempfile.TemporaryDirectory(prefix="pincite-") as folder, _Bar("Encoding") as bar:
            model = load_encoder(settings.encoder or DEFAULT_ENCODER, settings.index / "encoders")
            opened = Index.build(beir.documents, folder, encoder=model, progress=bar.show)
        count, figures = len(beir.queries), evaluation.evaluate_beir(beir, opened)
    else:
        questions = evaluation.read_questions(dataset)
        opened = _open_or_build(settings)
        count, figures = len(questions), evaluation.evaluate_questions(questions, opened)
    if json:
        means = {mode: {name: float(values.mean()) for name, values in each.items()} for mode, each in figures.items()}
        print(dumps({"dataset": str(dataset), "mode": "retrieval", "questions": count, "retrieval": means}))
        return
    _out.print(f"{count} questions over {_count(opened.passages, 'passage')}; means with 95 % bootstrap intervals")
    measures = list(figures["hybrid"])
    table = Table("measure", *figures, "hybrid - dense", "hybrid - lexical")
    for name in measures:
        each = [values[name] for values in figures.values()]
        hybrid = figures["hybrid"][name]
        each += [hybrid - figures[leg][name] for leg in ("dense", "lexical")]
        table.add_row(name, *(_interval(evaluation.bootstrap(values)) for values in each))
    _out.print(table)


@documents_app.command("list")
def list_documents(json: JsonFlag = False, index: IndexFlag = None, encoder: EncoderFlag = None) -> None:
    """List the documents of the index."""
    settings = load_settings(index=index, encoder=encoder)
    listed = documents_out(Index.open(settings.index, encoder=settings.encoder))
    if json:
        _print_json(listed)
        return
    for document in listed.documents:
        size = f"{document.characters:,} characters, {document.passages} passages"
        _out.print(f"{_plain(document.doc_id)}  [dim]{_plain(document.title)} ({size})[/dim]")


@documents_app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH")],
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Add files and folders; a document of the same id is replaced."""
    settings = load_settings(index=index, encoder=encoder)
    opened = _open_or_build(settings)
    problems: list[DocumentError] = []
    documents = read_paths(paths, known=opened.documents, on_error=problems.append)
    if documents:
        with _Bar("Encoding") as bar:
            opened = opened.update(add=documents, progress=bar.show)
        _say(f"Added {_count(documents, 'document')}; the index holds {len(opened.documents)}.")
    _finish(problems)


@documents_app.command()
def remove(
    doc_ids: Annotated[list[str], typer.Argument(metavar="DOC_ID")],
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Remove documents by id."""
    settings = load_settings(index=index, encoder=encoder)
    opened = Index.open(settings.index, encoder=settings.encoder).update(remove=doc_ids)
    _say(f"Removed {_count(doc_ids, 'document')}; the index holds {len(opened.documents)}.")


def main() -> NoReturn:
    """Run the command; a named error is one sentence and exit code 1."""
    log = logging.StreamHandler()
    log.setLevel(logging.WARNING)  # of the handler: some libraries set the level of their own loggers
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows few characters still gets the rest
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", handlers=[log])
    try:
        app()
    except PinciteError as error:
        _err.print(f"[red]Error:[/red] {_plain(str(error))}")
        sys.exit(ERROR)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing is left to say
        sys.exit(ERROR)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _err.print(f"[red]Error:[/red] The output cannot be written ({error.strerror}); make room for it.")
        sys.exit(ERROR)
    sys.exit(0)


def _open_or_build(settings: Settings) -> Index:
    """The configured index; where there is none yet, the built-in article is indexed first."""
    try:
        return Index.open(settings.index, encoder=settings.encoder)
    except IndexMissing:
        if os.path.exists(settings.index / "CURRENT") or os.path.isfile(settings.index):  # noqa: PTH110, PTH113 - never raise
            raise
    _say(f"There is no index in {settings.index} yet; building the one of the built-in article.")
    return _build(read_builtin(), settings)


def _build(documents: list[Document], settings: Settings) -> Index:
    with _Bar("Encoding") as bar:
        return Index.build(documents, settings.index, encoder=settings.encoder or DEFAULT_ENCODER, progress=bar.show)


def _documents_before(settings: Settings) -> dict[str, Document]:
    """What need not be read again; nothing where the index cannot be opened, which building repairs."""
    try:
        return Index.open(settings.index, encoder=settings.encoder).documents
    except PinciteError as error:
        if not isinstance(error, IndexMissing):
            _say(f"The index there is replaced: {error}")
        return {}


def _print_answer(answer: Answer) -> None:
    if answer.text is None:
        _out.print(_plain(answer.message or ""))
        for hit in answer.hits[:3]:
            place = f"{hit.passage.doc_id}:{hit.passage.start}-{hit.passage.end}"
            _out.print(f"  [dim]related, {_plain(place)}:[/dim] {_plain(' '.join(hit.passage.text.split())[:200])}…")
        return
    for marker, citation in enumerate(answer.citations, start=1):
        left, right = citation.answer_start - citation.start, citation.answer_end - citation.start
        quote = citation.quote
        _out.print(f"{_plain(quote[:left])}[bold]{_plain(quote[left:right])}[/bold]{_plain(quote[right:])}")
        where = " · ".join(part for part in (citation.title, citation.section) if part)
        page = f", page {citation.page}" if citation.page else ""
        _out.print(
            f"[dim]\\[{marker}] {_plain(where)}{page} ({_plain(citation.doc_id)}:{citation.start}-{citation.end})[/dim]"
        )


def _interval(mean: tuple[float, float, float]) -> str:
    return f"{mean[0]:.3f} [dim]({mean[1]:.3f} to {mean[2]:.3f})[/dim]"


def _plain(text: str) -> str:
    """Text of a document or a name, as text: neither markup nor control codes of a terminal."""
    return escape(_CONTROL.sub("\ufffd", text))


def _print_json(body: BaseModel) -> None:
    print(body.model_dump_json(by_alias=True))


def _report(problems: list[DocumentError]) -> None:
    for error in problems:
        _err.print(f"[yellow]Skipped:[/yellow] {_plain(str(error))}")


def _finish(problems: list[DocumentError]) -> None:
    _report(problems)
    if problems:
        raise typer.Exit(ERROR)


def _count(items: Sized, noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _say(sentence: str) -> None:
    _err.print(_plain(sentence))


class _Bar:
    """A progress bar on standard error, shown once there is progress to show."""

    def __init__(self, what: str) -> None:
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("passages"), TimeRemainingColumn())
        self._progress = Progress(*columns, console=_err)
        self._task = self._progress.add_task(what, total=None)

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, done: int, total: int) -> None:
        """As ``index.Progress``."""
        self._progress.start()
        self._progress.update(self._task, completed=done, total=total)


if __name__ == "__main__":
    main()
