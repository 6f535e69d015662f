"""The fold-out that says why an answer came: what each step of the path found. Pure functions, all text escaped.

It is made of the record that the endpoint gives, so that both say the same.
"""

from html import escape

from corpus import Span
from qa.wire.links import version_of
from qa.wire.schemas import AnswerOut, HitOut
from ui.chat.source import Place

_COLUMNS = (
    ("Passage", "Opens the passage in its source"),
    ("By meaning", "Cosine of the passage to the question, and its rank by that"),
    ("By words", "BM25 score of the passage, and its rank by that"),
    ("Together", "Both searches and the reader, weighed together: the final order"),
    ("Best span", "The reader’s score of the passage’s best span"),
    ("No answer", "The reader’s score that the passage does not answer"),
)
_STAGES = {"encode": "understanding the question", "retrieve": "searching", "read": "reading", "total": "in all"}


def why(record: AnswerOut) -> str:
    """Ranks and scores of each passage, the confidence and what it means, times, and what answered."""
    title = "Why no answer" if record.abstained else "Why this answer"
    scores = _table(record) if record.hits else ""
    return (
        f'<details class="why"><summary>{title}</summary><div class="reasons">'
        f"<p>{_confidence(record)}</p>{scores}<dl>{_facts(record)}</dl></div></details>"
    )


def _confidence(record: AnswerOut) -> str:
    confidence = record.confidence
    if confidence is None:
        if not record.hits:
            return "No passage had to be read for this."
        return (
            "No confidence was fitted for these models: there is an answer where the reader scores a span at least "
            "as high as “no answer”."
        )
    share, alike = f"{confidence:.0%}", "among questions with evidence like this"
    if record.abstained:
        return f"Confidence {share}: {alike}, the best span was right in {share}, which is too few."
    return f"Confidence {share}: {alike}, the answer was right in {share}."


def _table(record: AnswerOut) -> str:
    heads = "".join(f'<th scope="col" title="{escape(meaning)}">{name}</th>' for name, meaning in _COLUMNS)
    rows = "".join(_row(hit) for hit in record.hits)
    return (
        '<div class="wide" role="region" aria-label="Passages and their scores" tabindex="0"><table>'
        "<caption>The best of the passages that were read, in their final order. A number in brackets is a rank."
        "</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(hit: HitOut) -> str:
    place = Place(hit.doc_id, Span(hit.start, hit.end), version=version_of(hit.text_digest))
    name = hit.section or hit.title or hit.doc_id
    cells = (
        _ranked(hit.dense, 2, hit.dense_rank),
        _ranked(hit.lexical, 1, hit.lexical_rank),
        _number(hit.score, 3),
        _number(hit.reader, 1),
        _number(hit.null, 1),
    )
    return (
        f'<tr><th scope="row">{hit.rank}. <a href="{escape(place.link())}" data-open {place.attributes()}>'
        f"<bdi>{escape(name)}</bdi></a></th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    )


def _facts(record: AnswerOut) -> str:
    times = ", ".join(
        f"{_STAGES.get(stage, stage)} {milliseconds:,.0f} ms" for stage, milliseconds in record.timings_ms.items()
    )
    index = record.index
    facts = {
        "Time": times,
        "Index": f"generation {index.generation[:8]}",
        "Models": f"encoder {index.encoder}, reader {index.reader}",
    }
    return "".join(f"<dt>{name}</dt><dd>{escape(fact)}</dd>" for name, fact in facts.items())


def _ranked(score: float | None, digits: int, rank: int | None) -> str:
    """A leg's score and rank; a leg may give a score to a passage that is not among its best."""
    place = f" <small>({rank})</small>" if rank is not None else ""
    return _number(score, digits) + place


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return '<span aria-label="none">–</span>'
    return f"{value:.{digits}f}".replace("-", "−")
