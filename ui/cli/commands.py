"""The ``pincite`` command.

Standard output carries results alone (with ``--json``, exactly the endpoint's JSON); everything else goes to
standard error. Exit codes: 0 done, 1 a named error, 2 wrong usage, 3 abstained, 4 a gate was missed.
"""

import errno
import io
import logging
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from corpus import read_builtin, read_paths
from corpus.errors import DocumentError, PinciteError
from index import Index, Mode, indexed
from index.errors import EmptyCorpus
from qa.answerer import TOP_K, check_question
from qa.wire.convert import answer_out, documents_out, search_out
from ui.cli.dataset import dataset_app, fit_confidence
from ui.cli.evaluate import evaluate
from ui.cli.flags import DocFlag, EncoderFlag, IndexFlag, JsonFlag, ReaderFlag, TopKFlag
from ui.cli.terminal import Bar, count, out, plain, print_answer, print_hits, print_json, say, show_error, show_skipped
from ui.config import load_settings
from ui.opening import (
    build_index,
    check_nothing_dropped,
    documents_before,
    gone_from,
    make_answerer,
    named,
    open_or_build,
)

ERROR, ABSTAINED = 1, 3

app = typer.Typer(
    help="Answers from your documents, in their own words, cited to the character.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
documents_app = typer.Typer(help="List, add and remove documents.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(documents_app, name="documents")
app.add_typer(dataset_app, name="dataset")


def _show_version(*, asked: bool) -> None:
    if asked:
        out.print(f"pincite {version('pincite')}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version.", is_eager=True, callback=lambda asked: _show_version(asked=asked)
        ),
    ] = False,
) -> None:
    """Answers from your documents, in their own words, cited to the character."""


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    doc: DocFlag = None,
    top_k: TopKFlag = TOP_K,
    min_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Abstain below this probability of being right.")
    ] = None,
    json: JsonFlag = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
    reader: ReaderFlag = None,
) -> None:
    """Answer a question with a cited span, or say that the documents do not say."""
    check_question(question)
    settings = load_settings(index=index, encoder=encoder, reader=reader)
    answerer = make_answerer(open_or_build(settings), settings)
    answer = answerer.ask(question, top_k=top_k, doc_ids=doc or None, min_confidence=min_confidence)
    if json:
        print_json(answer_out(answer))
    else:
        print_answer(answer)
    if answer.abstained:
        raise typer.Exit(ABSTAINED)


@app.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY")],
    mode: Annotated[Mode, typer.Option(help="Which legs search.")] = "hybrid",
    doc: DocFlag = None,
    top_k: TopKFlag = 10,
    json: JsonFlag = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Show the best passages for a query."""
    check_question(query)
    opened = open_or_build(load_settings(index=index, encoder=encoder))
    hits = opened.search(query, top_k=top_k, mode=mode, doc_ids=doc or None)
    if json:
        print_json(search_out(hits, opened))
        return
    print_hits(hits)


@app.command("index")
def build(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Files and folders.")] = None,
    builtin: Annotated[bool, typer.Option("--builtin", help="The article that comes with Pincite.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Drop what the index holds beside.")] = False,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Make the corpus exactly these files and folders. What has not changed is not encoded again."""
    if builtin == bool(paths):
        raise typer.BadParameter("name files and folders, or say --builtin for the article that comes with Pincite.")
    settings = load_settings(index=index, encoder=encoder)
    before, fault = documents_before(settings)
    problems: list[DocumentError] = []
    documents = read_paths(paths, known=before, on_error=problems.append) if paths else read_builtin()
    if not documents:
        show_skipped(problems)
        raise EmptyCorpus("None of these paths holds a document that can be read; name others. The index is unchanged.")
    if not replace:
        check_nothing_dropped(documents, settings)
    built = build_index(documents, settings)
    if fault:
        say(f"The index that was there is replaced: {fault}.")
    say(f"Indexed {count(documents, 'document')}, {count(built.passages, 'passage')} in {settings.index}.")
    _finish(problems)


@app.command()
def rollback(index: IndexFlag = None, encoder: EncoderFlag = None) -> None:
    """Bring back what the index held before its last change; once more, and the change is back."""
    settings = load_settings(index=index, encoder=encoder)
    changed = {record.doc_id: record.text_digest for record in indexed(settings.index)}
    opened = Index.rollback(settings.index, encoder=settings.encoder)
    before = {document.doc_id: document.text_digest for document in opened.documents.values()}
    say(f"The index in {settings.index} is as it was before its last change: {count(before, 'document')}.")
    back = [doc_id for doc_id, digest in before.items() if changed.get(doc_id) != digest]
    for what, doc_ids in (("Brought back", back), ("Dropped", [d for d in changed if d not in before])):
        if doc_ids:
            say(f"{what}: {named(doc_ids)}.")


@app.command()
def doctor(index: IndexFlag = None, encoder: EncoderFlag = None, reader: ReaderFlag = None) -> None:
    """Check the settings, the index and the models, and answer a question."""
    settings = load_settings(index=index, encoder=encoder, reader=reader)
    out.print(f"index      {plain(str(settings.index))}")
    opened = Index.open(settings.index, encoder=settings.encoder)
    out.print(f"generation {opened.generation[:12]}, every file as its checksum says")
    out.print(f"documents  {len(opened.documents)}, in {count(opened.passages, 'passage')}")
    if opened.outdated:
        out.print(
            f"outdated   {count(opened.outdated, 'document')} read by an earlier Pincite; to read them again: "
            "pincite index, or pincite documents add, and their files"
        )
    out.print(f"encoder    {plain(opened.encoder.name)}, {opened.encoder.dimension} dimensions")
    answerer = make_answerer(opened, settings)
    out.print(f"reader     {plain(answerer.reader.name)}")
    fitted = answerer.calibration
    out.print(f"confidence {f'answers from {fitted.threshold:.2f} on' if fitted else 'not fitted for these models'}")
    answer = answerer.ask(f"What is said about {next(iter(opened.documents.values())).title[:200]}?")
    out.print(f"question   answered in {answer.timings['total']:.0f} ms")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to serve on; 0 takes a free one.")] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Let other machines read without a key.")] = False,
    allowed_hosts: Annotated[
        str | None, typer.Option(help="Names by which the server may be asked, parted by commas.")
    ] = None,
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
    reader: ReaderFlag = None,
) -> None:
    """Serve the chat and the endpoint."""
    flags = {"index": index, "encoder": encoder, "reader": reader, "host": host, "port": port}
    flags |= {"no_auth": no_auth or None, "allowed_hosts": allowed_hosts}
    settings = load_settings(**flags)
    # Asking and indexing must not wait for a web framework to load.
    from ui import server

    server.access_of(settings)  # refused before anything is built, as is a port in use
    with server.listen(settings.host, settings.port) as listener:
        answerer = make_answerer(open_or_build(settings), settings)
        server.serve(answerer, listener, settings, again=lambda: load_settings(**flags))


@app.command()
def mcp(index: IndexFlag = None, encoder: EncoderFlag = None, reader: ReaderFlag = None) -> None:
    """Serve the tools of the Model Context Protocol on standard input and output, for a program that starts this."""
    settings = load_settings(index=index, encoder=encoder, reader=reader)
    answerer = make_answerer(open_or_build(settings), settings)
    from qa.api import LiveAnswerer, create_mcp  # asking must not wait for these libraries to load

    create_mcp(LiveAnswerer(answerer)).run("stdio")


app.command()(evaluate)
app.command()(fit_confidence)


@documents_app.command("list")
def list_documents(json: JsonFlag = False, index: IndexFlag = None, encoder: EncoderFlag = None) -> None:
    """List the documents of the index."""
    settings = load_settings(index=index, encoder=encoder)
    listed = documents_out(Index.open(settings.index, encoder=settings.encoder))
    if json:
        print_json(listed)
        return
    for document in listed.documents:
        size = f"{document.characters:,} characters, {document.passages} passages"
        out.print(f"{plain(document.doc_id)}  [dim]{plain(document.title)} ({size})[/dim]")


@documents_app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH")],
    index: IndexFlag = None,
    encoder: EncoderFlag = None,
) -> None:
    """Add files and folders; a document that was read from the same file is replaced."""
    settings = load_settings(index=index, encoder=encoder)
    opened = open_or_build(settings)
    problems: list[DocumentError] = []
    before = opened.documents
    documents = read_paths(paths, known=before, on_error=problems.append, adding=True)
    if documents:
        with Bar("Encoding", "passages") as bar:
            opened = opened.update(add=documents, progress=bar.show)
        new = [d.doc_id for d in documents if d.doc_id not in before]
        changed = [d.doc_id for d in documents if d.doc_id in before and d != before[d.doc_id]]
        done = [f"{what} {named(ids)}" for what, ids in (("Added", new), ("Replaced", changed)) if ids]
        say(f"{'. '.join(done) or 'Nothing has changed'}; the index holds {count(opened.documents, 'document')}.")
    if gone := gone_from(before.values(), paths):
        say(f"Not there any more, but kept in the index: {named(gone)}; remove with: pincite documents remove")
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
    say(f"Removed {count(doc_ids, 'document')}; the index holds {len(opened.documents)}.")


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
        show_error(error)
        sys.exit(ERROR)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing is left to say
        sys.exit(ERROR)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        show_error(PinciteError(f"The output cannot be written ({error.strerror}); make room for it."))
        sys.exit(ERROR)
    sys.exit(0)


def _finish(problems: list[DocumentError]) -> None:
    show_skipped(problems)
    if problems:
        raise typer.Exit(ERROR)
