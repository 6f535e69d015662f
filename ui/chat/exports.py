"""Answers and conversations as text to take along: plain, Markdown or JSON. Pure functions.

A citation names its document and the characters there, which hold wherever the text is pasted.
"""

import json
from collections.abc import Sequence

from qa.types import Answer, Citation
from qa.wire.markdown import escaped, quotation
from ui.chat.entries import Entry


def plain(answer: Answer) -> str:
    """The answer and its quotations as plain text."""
    if answer.text is None:
        return answer.message or ""
    quoted = (
        f"[{number}] “{' '.join(citation.quote.split())}”\n    {_source(citation)}"
        for number, citation in enumerate(answer.citations, start=1)
    )
    return "\n\n".join([answer.text, *quoted])


def markdown(answer: Answer) -> str:
    """The quotations as Markdown, the answer bold within them; document text cannot become markup."""
    if answer.text is None:
        return escaped(answer.message or "")
    return "\n\n".join(_quotation(citation) for citation in answer.citations)


def conversation_markdown(entries: Sequence[Entry]) -> str:
    """All questions with what came of them."""
    turns = (f"## {escaped(' '.join(entry.question.split()))}\n\n{_outcome(entry)}\n" for entry in entries)
    return "\n".join(["# A conversation with Pincite\n", *turns])


def conversation_json(entries: Sequence[Entry]) -> str:
    """The answers as the endpoint gives them, with what the reader thought of each."""
    turns = [
        {
            "question": entry.question,
            "answer": entry.record.model_dump(mode="json", by_alias=True) if entry.record else None,
            "problem": entry.problem,
            "rating": entry.rating,
            "note": entry.note,
        }
        for entry in entries
    ]
    return json.dumps({"turns": turns}, ensure_ascii=False, indent=1) + "\n"


def _outcome(entry: Entry) -> str:
    if entry.answer is None:
        return escaped(entry.problem or "Not answered yet.")
    searched = f"*searched for:* {escaped(entry.answer.query)}\n\n" if entry.answer.query != entry.question else ""
    return searched + markdown(entry.answer)


def _quotation(citation: Citation) -> str:
    lines = "\n".join(f"> {line}".rstrip() for line in quotation(citation).splitlines())
    return f"{lines}\n>\n> — {escaped(_source(citation))}"


def _source(citation: Citation) -> str:
    named = [citation.title]
    named += [citation.heading] if citation.heading else []
    named += [f"page {citation.page}"] if citation.page is not None else []
    return f"{', '.join(named)} ({citation.doc_id}, characters {citation.start}–{citation.end})"
