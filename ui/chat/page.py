"""The conversation as HTML. Pure functions: whatever comes from a document or a reader is escaped here."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from qa.types import Answer
from ui.chat import exports
from ui.chat.answers import abstention, answered
from ui.chat.entries import Entry
from ui.chat.feedback import NOTE_CHARACTERS
from ui.chat.why import why

_THUMB = (Path(__file__).parent / "assets" / "thumb.svg").read_text("utf-8").strip()


def conversation(entries: Sequence[Entry], examples: Sequence[str]) -> str:
    """All turns, oldest first; before the first one, what this is and questions to begin with."""
    turns = "".join(_turn(number, entry, examples) for number, entry in enumerate(entries))
    return (
        '<section class="log" aria-label="Conversation" tabindex="0">'
        '<div role="log" aria-live="polite" aria-label="Questions and answers">'
        f"{turns or _welcome(examples)}</div>{_take_along(entries)}</section>"
    )


def problem(message: str) -> str:
    """Why a question was not taken, to stand beside the question box."""
    return f'<p class="problem" role="alert">{escape(message)}</p>' if message else ""


def _welcome(examples: Sequence[str]) -> str:
    asked = "".join(f"<li>{_ask_button(example)}</li>" for example in examples)
    begin = f'<h3>Questions to begin with</h3><ul class="examples">{asked}</ul>' if asked else ""
    return (
        '<div class="welcome"><h2>What would you like to know?</h2><p>Every answer is a quotation from the documents, '
        "shown where it stands. If they do not say, you are told so.</p>"
        f"{begin}</div>"
    )


def _turn(number: int, entry: Entry, examples: Sequence[str]) -> str:
    # Whoever opens the link has no conversation before it, so it asks what was searched.
    link = "/?" + urlencode({"q": entry.answer.query if entry.answer else entry.question})
    asked = (
        f'<h2 class="question" dir="auto">{escape(entry.question)}</h2>'
        f'<a class="permalink" href="{escape(link)}" target="_blank" rel="noopener" '
        'aria-label="Link to this question" title="Link to this question">Link</a>'
    )
    body = f"{_outcome(entry, examples)}{_actions(number, entry)}"
    return f'<article class="turn"><div class="asked">{asked}</div>{body}</article>'


def _outcome(entry: Entry, examples: Sequence[str]) -> str:
    answer = entry.answer
    if entry.problem is not None:
        return f'<p class="problem">{escape(entry.problem)} {_ask_button(entry.question, "Ask again")}</p>'
    if answer is None:
        return f'<p class="waiting">{"Searching the documents…" if entry.begun else "Waiting for its turn…"}</p>'
    if not entry.looked_up:
        return f'<p class="reply">{_with_buttons(answer.message or "", examples)}</p>'
    answer_html = abstention(answer) if answer.text is None else answered(answer)
    return _meant(answer.did_you_mean) + _searched(answer) + answer_html + (why(entry.record) if entry.record else "")


def _meant(question: str | None) -> str:
    return f'<p class="meant">Did you mean: {_ask_button(question)}</p>' if question else ""


def _searched(answer: Answer) -> str:
    if answer.query == answer.question:
        return ""
    return f'<p class="searched">searched for: <q dir="auto">{escape(answer.query)}</q></p>'


def _with_buttons(message: str, examples: Sequence[str]) -> str:
    """A message in which each example question that it names can be clicked."""
    if not examples:
        return escape(message)
    parts = re.split("“(" + "|".join(map(re.escape, examples)) + ")”", message)
    return "".join(_ask_button(part) if i % 2 else escape(part) for i, part in enumerate(parts))


def _ask_button(question: str, words: str | None = None) -> str:
    shown = escape(question if words is None else words)
    return f'<button type="button" class="ask" data-question="{escape(question)}" dir="auto">{shown}</button>'


def _actions(number: int, entry: Entry) -> str:
    """Copying the answer, and saying what one thinks of it."""
    if entry.answer is None or not entry.looked_up:
        return ""
    copies = {"Copy": exports.plain(entry.answer), "Copy as Markdown": exports.markdown(entry.answer)}
    buttons = "".join(
        f'<button type="button" class="act" data-copy="{escape(text)}">{words}</button>'
        for words, text in copies.items()
    )
    thumbs = "".join(_thumb(number, entry, rating, words) for rating, words in (("up", "Right"), ("down", "Wrong")))
    group = f'<span class="thumbs" role="group" aria-label="Is this right?">{thumbs}</span>'
    return f'<div class="actions">{buttons}{group}</div>{_opinion(number, entry)}'


def _thumb(number: int, entry: Entry, rating: str, words: str) -> str:
    pressed = "true" if entry.rating == rating else "false"
    return (
        f'<button type="button" class="act thumb {rating}" data-rate="{rating}" data-turn="{number}" '
        f'aria-pressed="{pressed}" aria-label="{words}" title="{words}">{_THUMB}</button>'
    )


def _opinion(number: int, entry: Entry) -> str:
    """What became of a rating, and room for a note until there is one."""
    if entry.rating is None:
        return ""
    hint = "Anything to add? (optional)" if entry.rating == "up" else "What should it have said? (optional)"
    form = (
        f'<form class="note" data-turn="{number}"><input name="note" maxlength="{NOTE_CHARACTERS}" autocomplete="off" '
        f'aria-label="A note on this answer" placeholder="{hint}">'
        '<button class="act">Send</button></form>'
    )
    return f'<div class="opinion"><p role="status">{escape(entry.kept)}</p>{"" if entry.note else form}</div>'


def _take_along(entries: Sequence[Entry]) -> str:
    """The whole conversation as a file."""
    if not any(entry.looked_up for entry in entries):
        return ""
    kinds = (("markdown", "Markdown"), ("json", "JSON"))
    buttons = " · ".join(
        f'<button type="button" class="ask" data-export="{kind}">{words}</button>' for kind, words in kinds
    )
    return f'<p class="export">Save this conversation: {buttons}</p>'
