"""What a run found, to be read by programs and by people."""

from qa.evaluation.report.render import (
    KIND_SHARES,
    answer_rows,
    kind_rows,
    kinds_of,
    markdown,
    page,
    retrieval_tables,
    summary,
)

__all__ = ["KIND_SHARES", "answer_rows", "kind_rows", "kinds_of", "markdown", "page", "retrieval_tables", "summary"]
