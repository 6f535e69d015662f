"""Flags that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

IndexFlag = Annotated[Path | None, typer.Option("--index", metavar="DIR", help="The folder of the index.")]
EncoderFlag = Annotated[str | None, typer.Option("--encoder", metavar="NAME", help="A sentence-transformers model.")]
ReaderFlag = Annotated[
    str | None,
    typer.Option(
        "--reader", metavar="NAME", help="quick, careful or both, or a Hugging Face question-answering model."
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print the endpoint's JSON.")]
DocFlag = Annotated[
    list[str] | None, typer.Option("--doc", metavar="DOC_ID", help="Only this document; repeat it for more.")
]
TopKFlag = Annotated[
    int, typer.Option("--top-k", min=1, max=50, help="How many passages are returned; at least as many are read.")
]
SetArgument = Annotated[Path, typer.Argument(metavar="DATASET", help="A question set, a SQuAD file or a BEIR folder.")]
Format = Literal["auto", "questions", "squad", "beir"]
FormatFlag = Annotated[
    Format,
    typer.Option("--format", help="The set's format; auto tells it by its form."),
]
