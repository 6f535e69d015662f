"""The one place that opens ONNX Runtime sessions and tokenizers."""

from collections.abc import Sequence
from pathlib import Path

import onnxruntime
from onnxruntime import RunOptions
from tokenizers import Tokenizer

from index.errors import ModelUnusable

__all__ = ["RunOptions", "frees_memory", "open_session", "open_tokenizer"]

_ANOTHER = "name another"


def open_session(
    path: Path, *, remedy: str = _ANOTHER, threads: int = 0, without: Sequence[str] = ()
) -> onnxruntime.InferenceSession:
    """A CPU session for the model at ``path``; ``threads`` 0 takes one per physical core.

    ``without`` names optimisers of ONNX Runtime that are left out. Raises ModelUnusable when the file is missing or is
    no ONNX model, and its sentence ends with ``remedy``, what the user can do.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Threads that spin between questions would take the cores from everybody else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Exact 8-bit products on x86 without VNNI too, where the usual way overflows 16 bits: all machines answer alike.
    # What that way did to the careful reader on AVX2: margins off by 0.45 in the mean, another best span in 23 % of 75
    # passages. What this way costs there: 14 to 20 % more time.
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(without)
        )
    except Exception as error:  # onnxruntime raises its own bare Exception subclasses, without a common base
        raise ModelUnusable(f"The model {path.name} cannot be loaded ({error}); {remedy}.") from error


def frees_memory() -> RunOptions:
    """For runs whose memory is not needed again soon: a session keeps what its largest run took, unless told."""
    options = RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def open_tokenizer(path: Path, *, remedy: str = _ANOTHER) -> Tokenizer:
    """The tokenizer at ``path`` without the truncation and padding that such files have baked in.

    Raises ModelUnusable when the file is missing or damaged, ending with ``remedy``.
    """
    try:
        tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise ModelUnusable(f"The tokenizer {path} cannot be loaded ({error}); {remedy}.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
