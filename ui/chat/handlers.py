"""What the chat does at each event of its page: a question, a click, an opinion. Gradio calls these."""

import base64
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any, cast

import gradio as gr
from fastapi import Request

from corpus.errors import InputError, PinciteError
from index.errors import UnknownDocument
from qa.answerer import check_question
from qa.api import LiveAnswerer
from qa.api.middleware.request_log import note_question
from qa.types import Answer, Turn
from qa.wire.convert import answer_out
from ui.chat import page, source
from ui.chat.answers import place_of
from ui.chat.entries import SMALL_TALK, Entry, history
from ui.chat.exports import conversation_json, conversation_markdown
from ui.chat.feedback import NOTE_CHARACTERS, Feedback
from ui.chat.source import Place
from ui.errors import FeedbackNotKept

_CHOOSE = "Ask a question, or choose a document: its text is shown here."
_FULL = "Too many questions are waiting for their answers; ask again in a moment."
_LEFT = "The page was closed before its turn; ask again."
_MOST_OPEN = 16
"""Questions of one page that wait for an answer."""
_UNEXPECTED = "Something went wrong while this was answered; the server's log says what."

_LOG = logging.getLogger(__name__)

Update = Any
"""What an event gives a component: its value, or what ``gr.update`` and ``gr.skip`` return."""


class Handlers:
    """A reader's conversation is their own list of entries, changed in place."""

    def __init__(self, answerer: LiveAnswerer, feedback: Feedback) -> None:
        self._answerer = answerer
        self._feedback = feedback
        self._turns = Lock()
        self._asked: dict[str | None, Future[Answer]] = {}  # what each page waits for

    def arrive(self, entries: list[Entry], request: gr.Request) -> tuple[Update, ...]:
        """Show the page, with the source open that its address names."""
        query = _query(request)
        return self._log(entries), *(self._open(source.place_from(query)) if query.get("doc") else self._home())

    def ask_linked(self, entries: list[Entry], request: gr.Request) -> tuple[Update, ...]:
        """Ask the question that the page's address names. If it names a source too, that one stays open."""
        query = _query(request)
        if not (question := query.get("q")):
            return (gr.skip(),) * 3
        log, notice, box = self.ask(question, entries, request, opens=not query.get("doc"))
        return log, notice, question if notice else box  # a refused question is put into the box, for mending

    def ask_clicked(self, entries: list[Entry], event: gr.EventData, request: gr.Request) -> tuple[Update, ...]:
        """Ask an example question; what stands in the question box stays."""
        log, notice, _ = self.ask(str(_fields(event).get("question", "")), entries, request)
        return log, notice, gr.skip()

    def ask(self, question: str, entries: list[Entry], request: gr.Request, opens: bool = True) -> tuple[Update, ...]:
        """Show the question at once, to be answered when those before it are, or say why it is refused."""
        asked = cast(Request, request.request)
        note_question(asked, question)
        try:
            check_question(question)
        except InputError as error:
            return gr.skip(), page.problem(str(error)), gr.skip()
        if sum(not entry.settled for entry in entries) >= _MOST_OPEN:
            return gr.skip(), page.problem(_FULL), gr.skip()
        entries.append(Entry(question, opens=opens, request_id=asked.state.request_id))
        return self._log(entries), "", ""

    def answer(self, entries: list[Entry], request: gr.Request) -> Iterator[tuple[Update, ...]]:
        """Answer what waits, in order, and open each first citation; if that is being done already, leave it to that.

        Gradio empties every output of a generator that yields nothing, so this yields at least once.
        """
        while (number := self._begin(entries)) is not None:
            try:
                yield self._log(entries), gr.skip(), gr.skip()
                entries[number] = self._settled(entries[number], history(entries[:number]), request)
            finally:
                # A page whose connection broke stops this here; what it asks next must not wait for ever.
                entries[number] = replace(entries[number], begun=entries[number].settled)
            yield self._log(entries), *self._evidence(entries[number])
        yield self._log(entries), gr.skip(), gr.skip()

    def refused(self, entries: list[Entry]) -> Update:
        """The queue had no place for ``answer``: say so at the newest question that nobody answers."""
        with self._turns:
            waiting = [number for number, entry in enumerate(entries) if not (entry.settled or entry.begun)]
            if waiting:
                entries[waiting[-1]] = replace(entries[waiting[-1]], problem=_FULL)
        return self._log(entries)

    def _begin(self, entries: list[Entry]) -> int | None:
        """Take the first question that waits; None if there is none or another one is being answered."""
        with self._turns:
            waiting = [number for number, entry in enumerate(entries) if not entry.settled]
            if not waiting or entries[waiting[0]].begun:
                return None
            entries[waiting[0]] = replace(entries[waiting[0]], begun=True)
            return waiting[0]

    def leave(self, request: gr.Request) -> None:
        """The page is gone: a question of its that still waits in line leaves it, for others to move up."""
        with self._turns:
            asked = self._asked.get(request.session_hash)
        if asked:
            asked.cancel()

    def _settled(self, entry: Entry, turns: Sequence[Turn], request: gr.Request) -> Entry:
        try:
            with self._turns:
                asked = self._asked[request.session_hash] = self._answerer.submit(entry.question, history=turns)
            answer = asked.result()
            return replace(entry, answer=answer, record=answer_out(answer))
        except CancelledError:
            return replace(entry, problem=_LEFT)
        except PinciteError as error:
            return replace(entry, problem=str(error))
        except Exception:  # noqa: BLE001 - the edge: one question that fails may not keep the next from its turn
            _LOG.exception("A question could not be answered.", extra={"fields": {"request_id": entry.request_id}})
            return replace(entry, problem=_UNEXPECTED)
        finally:
            self._asked.pop(request.session_hash, None)

    def rate(self, entries: list[Entry], event: gr.EventData) -> Update:
        """Keep whether an answer is right, as the reader says."""
        rating = _fields(event).get("rating")
        return self._keep(entries, event, rating=rating) if rating in {"up", "down"} else gr.skip()

    def note(self, entries: list[Entry], event: gr.EventData) -> Update:
        """Keep what the reader writes beside a rating."""
        note = str(_fields(event).get("note", "")).strip()[:NOTE_CHARACTERS]
        return self._keep(entries, event, note=note) if note else gr.skip()

    def _keep(self, entries: list[Entry], event: gr.EventData, **opinion: Any) -> Update:
        number = source.number(_fields(event).get("turn"))
        if number >= len(entries) or not entries[number].looked_up:
            return gr.skip()
        entry = replace(entries[number], **opinion)
        try:
            self._feedback.keep(entry, history(entries[:number]))
            message = "Thank you, your note is kept." if entry.note else "Thank you, this is kept."
        except FeedbackNotKept as error:
            entry, message = entries[number], str(error)
        entries[number] = replace(entry, kept=message)
        return self._log(entries)

    def export(self, entries: list[Entry], event: gr.EventData) -> str:
        """The conversation as a link to a file, which the page's script follows."""
        at = datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
        if _fields(event).get("kind") == "json":
            return _file(f"pincite-{at}.json", "application/json", conversation_json(entries))
        return _file(f"pincite-{at}.md", "text/markdown", conversation_markdown(entries))

    def added(self, entries: list[Entry], event: gr.EventData) -> tuple[Update, Update, Update]:
        """Documents were added: offer them, and open the first one."""
        return self._log(entries), *self._open(Place(str(_fields(event).get("doc", ""))))

    def open_clicked(self, event: gr.EventData) -> tuple[Update, Update]:
        """Open the source that a citation, a related passage or an earlier/later button names."""
        return self._open(source.place_from(_fields(event)))

    def open_chosen(self, doc_id: str | None) -> tuple[Update, Update]:
        """Open a document from its beginning."""
        return self._open(Place(doc_id or ""))

    def _evidence(self, entry: Entry) -> tuple[Update, Update]:
        """The first citation's source; after an abstention none, so that no older highlight looks like an answer."""
        answer = entry.answer
        if answer is None or answer.reason in SMALL_TALK or not entry.opens:
            return gr.skip(), gr.skip()
        return self._open(place_of(answer.citations[0])) if answer.citations else self._home()

    def _open(self, place: Place) -> tuple[Update, Update]:
        try:
            document = self._answerer.index.document(place.doc_id)
        except UnknownDocument:
            return self._home(f"There is no document “{place.doc_id}” here; it may have been removed or renamed.")
        return self._picker(place.doc_id), source.source_panel(document, place)

    def _home(self, note: str = "") -> tuple[Update, Update]:
        """The only document, or a hint to choose one."""
        documents = self._answerer.index.documents
        if len(documents) > 1:
            return self._picker(None), source.empty_panel(_CHOOSE, note=note)
        only = next(iter(documents.values()))
        return self._picker(only.doc_id), source.source_panel(only, Place(only.doc_id), note=note)

    def _picker(self, chosen: str | None) -> Update:
        records = self._answerer.index.manifest.documents
        times = Counter(record.title for record in records)
        choices = [
            (record.title if times[record.title] == 1 else f"{record.title} ({record.doc_id})", record.doc_id)
            for record in records
        ]
        return gr.update(choices=choices, value=chosen, visible=True if len(choices) > 1 else "hidden")

    def _log(self, entries: list[Entry]) -> str:
        # They are chosen by asking some questions, which nobody waits for who has a question of their own.
        shown = not entries or any(entry.answer and not entry.looked_up for entry in entries)
        return page.conversation(entries, self._answerer.examples if shown else [])


def _query(request: gr.Request) -> Mapping[str, str]:
    return dict(request.query_params)


def _fields(event: gr.EventData) -> Mapping[str, object]:
    """What the page's script sent; anything else comes from no page of ours."""
    data = event._data
    return data if isinstance(data, dict) else {}


def _file(name: str, kind: str, text: str) -> str:
    content = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return f'<a download="{name}" href="data:{kind};charset=utf-8;base64,{content}">{name}</a>'
