"""The web chat: Gradio components and events around the HTML of ``ui.page`` and ``ui.source``.

Conversation and source are ``gr.HTML`` with its default template, which inserts the value as it is: the values are
made, and escaped, by those two modules, and no text ever becomes part of a template. Clicks come back through the
component's own ``trigger`` (see ``assets/chat.js``).
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

# Read by gradio: it must not report that it runs, nor sum up after every event how long events took.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"

import gradio as gr
from fastapi import FastAPI

from corpus.errors import InputError, PinciteError, UnknownDocument
from qa import Answerer
from qa.answerer import check_question
from qa.examples import example_questions
from qa.spelling import Speller
from qa.types import Turn
from qa.wire import answer_out
from ui import page, source
from ui.answers import place_of
from ui.source import Place

_ASSETS = Path(__file__).parent / "assets"
_HEAD = (
    '<meta name="description" content="Answers in the documents\' own words, each shown where it stands.">'
    '<meta name="color-scheme" content="light dark">'
)
_HEADER = (
    '<header class="masthead"><h1>Pincite</h1><p>Answers in the documents’ own words, each shown where it stands.</p>'
    '<nav aria-label="Elsewhere"><a href="/docs">API</a></nav></header>'
)
_CHOOSE = "Ask a question, or choose a document: its text is shown here."
_UNEXPECTED = "Something went wrong while this was answered; the server's log says what."
# Answers at the same time: each uses all cores, so more would only make each reader wait longer.
_AT_ONCE = 2

_LOG = logging.getLogger(__name__)

Update = Any
"""What an event gives a component: its value, or what ``gr.update`` and ``gr.skip`` return."""


def create_chat(answerer: Answerer) -> gr.Blocks:
    """The page. Mount it with ``mount_chat``, which adds its style."""
    chat = _Chat(answerer)
    script = (_ASSETS / "chat.js").read_text("utf-8")
    blocks = gr.Blocks(title="Pincite", analytics_enabled=False, fill_width=True, fill_height=True)
    with blocks:
        gr.HTML(_HEADER, elem_id="masthead", apply_default_css=False, js_on_load=None)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="left"):
                log = gr.HTML(elem_id="conversation", apply_default_css=False, js_on_load=script)
                with gr.Column(elem_id="ask", scale=0):
                    notice = gr.HTML(elem_id="notice", apply_default_css=False, js_on_load=None)
                    box = _question_box()
            with gr.Column(elem_id="right"):
                picker = gr.Dropdown(label="Document", choices=[], interactive=True, visible="hidden", elem_id="picker")
                panel = gr.HTML(elem_id="source", apply_default_css=False, js_on_load=script)
        entries = gr.State([])
        _connect(blocks, chat, log=log, notice=notice, box=box, picker=picker, panel=panel, entries=entries)
    return blocks


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        label="Your question",
        placeholder="Ask a question…",
        lines=1,
        max_lines=6,
        submit_btn="Ask",
        show_label=False,
        container=False,
        autofocus=True,
        elem_id="question",
    )


def mount_chat(app: FastAPI, answerer: Answerer) -> FastAPI:
    """Mount the chat at ``/``, below the routes that ``app`` has already."""

    async def within_a_loop() -> FastAPI:
        return _mount(app, answerer)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Where no event loop runs, Gradio makes one for each of its locks and never closes them.
        return asyncio.run(within_a_loop())
    return _mount(app, answerer)


def _mount(app: FastAPI, answerer: Answerer) -> FastAPI:
    # The style goes into the head as it is: Gradio rewrites what it is given as ``css``, and breaks media queries.
    style = (_ASSETS / "chat.css").read_text("utf-8")
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        create_chat(answerer),
        path="/",
        # The default theme would name fonts of a content network; the style sheet has fonts of its own.
        theme=gr.themes.Base(font=[gr.themes.Font("sans-serif")], font_mono=[gr.themes.Font("monospace")]),
        head=f"{_HEAD}<style>{style}</style>",
        favicon_path=str(_ASSETS / "favicon.svg"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size=1,  # nothing is uploaded here, yet the route is there
    )
    return mounted


def _connect(
    blocks: gr.Blocks,
    chat: "_Chat",
    *,
    log: gr.HTML,
    notice: gr.HTML,
    box: gr.Textbox,
    picker: gr.Dropdown,
    panel: gr.HTML,
    entries: gr.State,
) -> None:
    """Every event of the page. None is offered as an API: the endpoint is that."""
    quietly: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    at_once = quietly | {"queue": False}
    # A question that is asked while another one waits for its answer must not be lost.
    asking = at_once | {"outputs": [log, notice, box], "trigger_mode": "multiple"}
    answering = quietly | {"trigger_mode": "multiple", "concurrency_limit": _AT_ONCE, "concurrency_id": "answer"}
    opening = at_once | {"outputs": [picker, panel]}
    arrived = blocks.load(chat.arrive, [entries], [log, picker, panel], **at_once)
    for asked in (
        arrived.then(chat.ask_linked, [entries], **asking),
        box.submit(chat.ask, [box, entries], **asking),
        log.submit(chat.ask_clicked, [entries], **asking),
    ):
        asked.then(chat.answer, [entries], [log, picker, panel], **answering)
    log.click(chat.open_clicked, **opening)
    panel.click(chat.open_clicked, **opening)
    picker.input(chat.open_chosen, [picker], **opening)


class _Chat:
    """The handlers of the page's events. A reader's conversation is their own list of entries, changed in place."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._turns = Lock()
        self._spelled = "", Speller((), lambda _: True)

    def arrive(self, entries: list[page.Entry], request: gr.Request) -> tuple[Update, ...]:
        """Show the page, with the source open that its address names."""
        query = _query(request)
        return self._log(entries), *(self._open(source.place_from(query)) if query.get("doc") else self._home())

    def ask_linked(self, entries: list[page.Entry], request: gr.Request) -> tuple[Update, ...]:
        """Ask the question that the page's address names. If it names a source too, that one stays open."""
        query = _query(request)
        if not (question := query.get("q")):
            return (gr.skip(),) * 3
        log, notice, box = self.ask(question, entries, opens=not query.get("doc"))
        return log, notice, question if notice else box  # a refused question is put into the box, for mending

    def ask_clicked(self, entries: list[page.Entry], event: gr.EventData) -> tuple[Update, ...]:
        """Ask an example question; what stands in the question box stays."""
        log, notice, _ = self.ask(str(_fields(event).get("question", "")), entries)
        return log, notice, gr.skip()

    def ask(self, question: str, entries: list[page.Entry], opens: bool = True) -> tuple[Update, ...]:
        """Show the question at once, to be answered when those before it are, or say why it is refused."""
        try:
            check_question(question)
        except InputError as error:
            return gr.skip(), page.problem(str(error)), gr.skip()
        entries.append(page.Entry(question, opens=opens))
        return self._log(entries), "", ""

    def answer(self, entries: list[page.Entry]) -> Iterator[tuple[Update, ...]]:
        """Answer what waits, in order, and open each first citation; if that is being done already, leave it to that.

        Gradio empties every output of a generator that yields nothing, so this yields at least once.
        """
        while (number := self._begin(entries)) is not None:
            yield self._log(entries), gr.skip(), gr.skip()
            entries[number] = self._settled(entries[number], page.history(entries[:number]))
            yield self._log(entries), *self._evidence(entries[number])
        yield self._log(entries), gr.skip(), gr.skip()

    def _begin(self, entries: list[page.Entry]) -> int | None:
        """Take the first question that waits; None if there is none or another one is being answered."""
        with self._turns:
            waiting = [number for number, entry in enumerate(entries) if not entry.settled]
            if not waiting or entries[waiting[0]].begun:
                return None
            entries[waiting[0]] = replace(entries[waiting[0]], begun=True)
            return waiting[0]

    def _settled(self, entry: page.Entry, history: Sequence[Turn]) -> page.Entry:
        try:
            answer = self._answerer.ask(entry.question, history=history)
        except PinciteError as error:
            return replace(entry, problem=str(error))
        except Exception:  # noqa: BLE001 - the edge: one question that fails may not keep the next from its turn
            _LOG.exception("A question could not be answered.")
            return replace(entry, problem=_UNEXPECTED)
        meant = None if answer.reason in page.SMALL_TALK else self._speller().correct(entry.question)
        return replace(entry, answer=answer, record=answer_out(answer, self._answerer), meant=meant)

    def _speller(self) -> Speller:
        """The words of the open index. What the encoder knows as one piece is common English."""
        index = self._answerer.index
        if index.generation != self._spelled[0]:
            known = Speller(index.documents.values(), lambda word: index.encoder.count_tokens(word) == 1)
            self._spelled = index.generation, known
        return self._spelled[1]

    def open_clicked(self, event: gr.EventData) -> tuple[Update, Update]:
        """Open the source that a citation, a related passage or an earlier/later button names."""
        return self._open(source.place_from(_fields(event)))

    def open_chosen(self, doc_id: str | None) -> tuple[Update, Update]:
        """Open a document from its beginning."""
        return self._open(Place(doc_id or ""))

    def _evidence(self, entry: page.Entry) -> tuple[Update, Update]:
        """The first citation's source; after an abstention none, so that no older highlight looks like an answer."""
        answer = entry.answer
        if answer is None or answer.reason in page.SMALL_TALK or not entry.opens:
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

    def _log(self, entries: list[page.Entry]) -> str:
        documents = self._answerer.index.documents
        return page.conversation(entries, example_questions(documents.values()), documents)


def _query(request: gr.Request) -> Mapping[str, str]:
    return dict(request.query_params)


def _fields(event: gr.EventData) -> Mapping[str, object]:
    """What the page's script sent; anything else comes from no page of ours."""
    data = event._data
    return data if isinstance(data, dict) else {}
