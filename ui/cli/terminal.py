"""What the commands print: results on standard output, everything else on standard error."""

import re
from collections.abc import Iterable, Sized

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from corpus.errors import DocumentError
from index import Hit
from qa import Answer

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def plain(text: str) -> str:
    """Text of a document or a name, as text: neither markup nor control codes of a terminal."""
    return escape(_CONTROL.sub("\ufffd", text))


def count(items: Sized | int, noun: str) -> str:
    """A number of things: ``1 document``, ``2 documents``."""
    number = items if isinstance(items, int) else len(items)
    return f"{number} {noun}{'' if number == 1 else 's'}"


def say(sentence: str) -> None:
    """A sentence on standard error."""
    err.print(plain(sentence))


def show_error(error: Exception) -> None:
    """An error's sentence."""
    err.print(f"[red]Error:[/red] {plain(str(error))}")


def show_skipped(problems: Iterable[DocumentError]) -> None:
    """Files that could not be read, and why."""
    for error in problems:
        became = "Its earlier version is kept:" if error.kept else "Skipped:"
        err.print(f"[yellow]{became}[/yellow] {plain(str(error))}")


def print_json(body: BaseModel) -> None:
    """The endpoint's JSON."""
    print(body.model_dump_json(by_alias=True))


def print_hits(hits: Iterable[Hit]) -> None:
    """Passages in order, each with its place."""
    for hit in hits:
        place = f"{hit.passage.doc_id}:{hit.passage.start}-{hit.passage.end}"
        out.print(f"[bold]{hit.rank}.[/bold] [dim]{plain(place)}[/dim]  {plain(hit.passage.section or '')}")
        out.print(f"   {plain(hit.passage.text)}\n")


def print_answer(answer: Answer) -> None:
    """The answer by itself, then each quote with its place; an abstention's message and what is nearest.

    What was searched for, and what may have been meant, is told beside standard output, which carries the answer alone.
    """
    if answer.query != answer.question:
        say(f"Searched for: {answer.query}")
    if answer.did_you_mean:
        say(f"Did you mean: {answer.did_you_mean}")
    if answer.text is None:
        out.print(plain(answer.message or ""))
        for hit in answer.hits[:3]:
            place = f"{hit.passage.doc_id}:{hit.passage.start}-{hit.passage.end}"
            out.print(f"  [dim]related, {plain(place)}:[/dim] {plain(' '.join(hit.passage.text.split())[:200])}…")
        return
    out.print(f"[bold]{plain(answer.text)}[/bold]\n")
    for marker, citation in enumerate(answer.citations, start=1):
        before, answering, after = map(plain, citation.parts)
        out.print(f"{before}[bold]{answering}[/bold]{after}")
        where = " · ".join(part for part in (citation.title, citation.heading) if part)
        page = f", page {citation.page}" if citation.page else ""
        out.print(
            f"[dim]\\[{marker}] {plain(where)}{page} ({plain(citation.doc_id)}:{citation.start}-{citation.end})[/dim]"
        )
    if answer.confidence is not None:
        out.print(f"[dim]confidence {answer.confidence:.2f}[/dim]")


class Bar:
    """A progress bar with the time left on standard error, shown once there is progress to show."""

    def __init__(self, what: str, unit: str) -> None:
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
        self._progress = Progress(*columns, console=err)
        self._task = self._progress.add_task(what, total=None)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress.live.is_started:  # else stopping prints an empty line
            self._progress.stop()

    def show(self, done: int, total: int) -> None:
        """As ``index.Progress``."""
        self._progress.start()
        self._progress.update(self._task, completed=done, total=total)
