"""The web chat: Gradio components and events around the HTML of ``ui.chat.page`` and ``ui.chat.source``.

Conversation and source are ``gr.HTML`` with its default template, which inserts the value as it is: the values are
made, and escaped, by those two modules, and no text ever becomes part of a template. Clicks come back through the
component's own ``trigger`` (see ``assets/chat.js``).
"""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount

from qa.api import LiveAnswerer, problems
from qa.api.limits import Limits
from ui.chat.feedback import Feedback
from ui.chat.handlers import Handlers

_ASSETS = Path(__file__).parent / "assets"
_HEAD = (
    '<meta name="description" content="Answers in the documents\' own words, each shown where it stands.">'
    '<meta name="color-scheme" content="light dark">'
)
_MASTHEAD = (
    '<header class="masthead"><h1>Pincite</h1><p>Answers in the documents’ own words, each shown where it stands.</p>'
    '<nav aria-label="Elsewhere">{add}<a href="/docs">API</a>{leave}</nav></header>'
)
_ADD = (
    '<button type="button" class="ask" id="add-documents" title="Or drop files anywhere on this page">Add documents'
    '</button><input type="file" id="chosen-documents" multiple hidden><div id="adding" role="status"></div>'
)
_LEAVE = '<form method="post" action="/logout"><button class="ask">Log out</button></form>'
_SAVE = 'watch("value", () => element.querySelector("a")?.click());'
_LIMITS = Limits()


def create_chat(
    answerer: LiveAnswerer, *, feedback: Path, uploads: bool, keys: bool = False, limits: Limits = _LIMITS
) -> gr.Blocks:
    """The page. Mount it with ``mount_chat``, which adds its style."""
    handlers = Handlers(answerer, Feedback(feedback))
    script = _asset("chat.js")
    blocks = gr.Blocks(title="Pincite", analytics_enabled=False, fill_width=True, fill_height=True)
    with blocks:
        masthead = _MASTHEAD.format(add=_ADD if uploads else "", leave=_LEAVE if keys else "")
        adding = _asset("upload.js") if uploads else None
        head = gr.HTML(masthead, elem_id="masthead", apply_default_css=False, js_on_load=adding)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="left"):
                log = gr.HTML(elem_id="conversation", apply_default_css=False, js_on_load=script)
                with gr.Column(elem_id="ask", scale=0):
                    notice = gr.HTML(elem_id="notice", apply_default_css=False, js_on_load=None)
                    box = _question_box()
            with gr.Column(elem_id="right"):
                picker = gr.Dropdown(label="Document", choices=[], interactive=True, visible="hidden", elem_id="picker")
                panel = gr.HTML(elem_id="source", apply_default_css=False, js_on_load=script)
        saved = gr.HTML(elem_id="saved", apply_default_css=False, visible="hidden", js_on_load=_SAVE)
        entries = gr.State([])
        parts = _Parts(head, log, notice, box, picker, panel, saved, entries)
        _connect(blocks, handlers, parts, limits.at_work)
    # Gradio's queue stands before the line of questions. Empty it is full if it may hold nothing.
    blocks.queue(max_size=max(limits.waiting, 1))
    return blocks


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


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


def mount_chat(
    app: FastAPI, answerer: LiveAnswerer, *, feedback: Path, uploads: bool, keys: bool = False, limits: Limits = _LIMITS
) -> FastAPI:
    """Mount the chat at ``/``, below the routes that ``app`` has already.

    Opinions on answers go into the file ``feedback``. With ``uploads`` the page offers to add documents, for which
    ``app`` has to take them at ``/v1/documents``; with ``keys`` it offers to log out.
    """

    async def within_a_loop() -> FastAPI:
        return _mount(app, create_chat(answerer, feedback=feedback, uploads=uploads, keys=keys, limits=limits))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Where no event loop runs, Gradio makes one for each of its locks and never closes them.
        return asyncio.run(within_a_loop())
    return _mount(app, create_chat(answerer, feedback=feedback, uploads=uploads, keys=keys, limits=limits))


def end_streams(app: FastAPI) -> None:
    """End the stream that each open page keeps for as long as the server runs. Call it in the server's event loop."""
    for chat in _chats(app):
        chat.stop_event.set()


def _chats(app: FastAPI) -> list[gr.routes.App]:
    """What is mounted for the page."""
    return [r.app for r in app.routes if isinstance(r, Mount) and isinstance(r.app, gr.routes.App)]


def _mount(app: FastAPI, blocks: gr.Blocks) -> FastAPI:
    # The style goes into the head as it is: Gradio rewrites what it is given as ``css``, and breaks media queries.
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        # The default theme would name fonts of a content network; the style sheet has fonts of its own.
        theme=gr.themes.Base(font=[gr.themes.Font("sans-serif")], font_mono=[gr.themes.Font("monospace")]),
        head=f"{_HEAD}<style>{_asset('chat.css')}</style>",
        favicon_path=str(_ASSETS / "favicon.svg"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size=1,  # documents go to the endpoint; Gradio's own route is there and takes nothing
    )
    for chat in _chats(mounted):
        problems.install_unknown(chat)
    return mounted


class _Parts(NamedTuple):
    """The components of the page, and the reader's own list of entries."""

    head: gr.HTML
    log: gr.HTML
    notice: gr.HTML
    box: gr.Textbox
    picker: gr.Dropdown
    panel: gr.HTML
    saved: gr.HTML
    entries: gr.State


def _connect(blocks: gr.Blocks, handlers: Handlers, parts: _Parts, at_work: int) -> None:
    """Every event of the page. None is offered as an API: the endpoint is that."""
    head, log, notice, box, picker, panel, saved, entries = parts
    quietly: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    at_once = quietly | {"queue": False}
    # A question that is asked while another one waits for its answer must not be lost.
    asking = at_once | {"outputs": [log, notice, box], "trigger_mode": "multiple"}
    answering = quietly | {"trigger_mode": "multiple", "concurrency_limit": at_work, "concurrency_id": "answer"}
    opening = at_once | {"outputs": [picker, panel]}
    arrived = blocks.load(handlers.arrive, [entries], [log, picker, panel], **at_once)
    for asked in (
        arrived.then(handlers.ask_linked, [entries], **asking),
        box.submit(handlers.ask, [box, entries], **asking),
        log.submit(handlers.ask_clicked, [entries], **asking),
    ):
        answered = asked.then(handlers.answer, [entries], [log, picker, panel], **answering)
        answered.failure(handlers.refused, [entries], [log], **at_once)
    blocks.unload(handlers.leave)
    log.click(handlers.open_clicked, **opening)
    panel.click(handlers.open_clicked, **opening)
    picker.input(handlers.open_chosen, [picker], **opening)
    log.like(handlers.rate, [entries], [log], **at_once)
    log.input(handlers.note, [entries], [log], **at_once)
    log.select(handlers.export, [entries], [saved], **at_once)
    head.upload(handlers.added, [entries], [log, picker, panel], **at_once)
