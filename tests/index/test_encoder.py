import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from index import DEFAULT_ENCODER, Index, OnnxEncoder, load_encoder
from index.encoder.export import _load_reference, export_encoder
from index.errors import IndexUnwritable, ModelUnusable
from tests.fakes import document
from tests.ui.commands import REPOSITORY

TEXTS = [
    "Who signed the order?",
    "x",
    "The order was signed on June 2, titled “Promoting…”. " * 30,
    "日本語の文",
    "🙂",
    "",
]


@pytest.fixture(autouse=True)
def exported_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch is loaded already: it takes most of the seconds of an export in a process of its own."""
    if "a_process_of_its_own" not in request.node.name:
        monkeypatch.setattr("index.encoder.export._export_apart", export_encoder)


def test_vectors_are_those_of_sentence_transformers(encoder: OnnxEncoder) -> None:
    reference = _load_reference(DEFAULT_ENCODER)
    expected = reference.encode(TEXTS, normalize_embeddings=True)
    assert (encoder.encode_passages(TEXTS) * expected).sum(axis=1).min() > 0.9999
    assert np.stack([encoder.encode_query(t) for t in TEXTS]) == pytest.approx(expected, abs=1e-4)


def test_a_vector_does_not_depend_on_its_batch(encoder: OnnxEncoder) -> None:
    together = encoder.encode_passages(TEXTS)
    alone = np.stack([encoder.encode_passages([text])[0] for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-5


def test_all_tokens_are_counted_and_the_model_window_is_the_limit(encoder: OnnxEncoder) -> None:
    assert encoder.count_tokens("word " * 1000) == 1000
    assert encoder.max_tokens == 254
    long, longer = "word " * 254, "word " * 254 + "unseen " * 50
    assert encoder.encode_query(long) == pytest.approx(encoder.encode_query(longer), abs=1e-6)
    assert np.abs(encoder.encode_query("word " * 253 + "seen") - encoder.encode_query(long)).max() > 1e-4


def test_an_exported_encoder_needs_no_torch(encoder: OnnxEncoder, models: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from index import load_encoder\n"
        f"load_encoder({DEFAULT_ENCODER!r}, Path({str(models)!r})).encode_query('a')\n"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_with_a_model_can_be_configured(tmp_path: Path) -> None:
    reference = _load_reference(DEFAULT_ENCODER)
    reference.max_seq_length = 64
    reference.prompts = {"query": "query: ", "document": "passage: "}
    reference.save(str(tmp_path / "mine"))
    mine = load_encoder(str(tmp_path / "mine"), tmp_path / "exports")
    assert mine.max_tokens == 64 - 2 - mine.count_tokens("passage: ")
    assert mine.encode_query("word") == pytest.approx(reference.encode_query("word"), abs=1e-4)
    assert mine.encode_passages(["word"])[0] == pytest.approx(reference.encode_document("word"), abs=1e-4)


def test_an_export_that_is_not_the_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_it_is = OnnxEncoder.encode_passages
    monkeypatch.setattr(OnnxEncoder, "encode_passages", lambda self, texts: as_it_is(self, texts)[:, ::-1])
    with pytest.raises(ModelUnusable, match="differs from"):
        export_encoder(DEFAULT_ENCODER, tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["no/such-model", "/no/such/folder", ""])
def test_an_unknown_model_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="is not on this machine") as caught:
        load_encoder(name, tmp_path)
    assert repr(name) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_export_is_refused_and_made_anew(encoder: OnnxEncoder, models: Path, tmp_path: Path) -> None:
    (original,) = models.iterdir()
    copy = tmp_path / original.name
    copy.mkdir()
    for file in original.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    good = encoder.encode_query("word")
    for name, damage in (("model.onnx", b"not a model"), ("tokenizer.json", b"{}"), ("encoder.json", b'{"name": 1}')):
        (copy / name).write_bytes(damage)
        with pytest.raises(ModelUnusable, match="damaged"):
            OnnxEncoder(copy)
        assert load_encoder(DEFAULT_ENCODER, tmp_path).encode_query("word") == pytest.approx(good, abs=1e-6)


def test_an_export_that_another_process_mended_meanwhile_stays(
    encoder: OnnxEncoder, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (original,) = models.iterdir()
    target = shutil.copytree(original, tmp_path / original.name)
    (target / "model.onnx").write_bytes(b"not a model")

    def mended_by_another(_: Path) -> None:
        shutil.copy(original / "model.onnx", target / "model.onnx")

    monkeypatch.setattr("index.encoder.export._remove_leftovers", mended_by_another)
    (target / "of-the-other").write_text("still here")
    assert load_encoder(DEFAULT_ENCODER, tmp_path).digest == encoder.digest
    assert (target / "of-the-other").exists()


@pytest.mark.parametrize(("setting", "wrong"), [("dimension", 383), ("window", 356), ("query_prompt", "query: ")])
def test_a_setting_that_was_changed_is_damage_too(
    encoder: OnnxEncoder, models: Path, tmp_path: Path, setting: str, wrong: int | str
) -> None:
    (original,) = models.iterdir()
    shutil.copytree(original, tmp_path / original.name)
    settings = tmp_path / original.name / "encoder.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {setting: wrong}))
    with pytest.raises(ModelUnusable, match="damaged"):
        OnnxEncoder(settings.parent)


def test_an_index_is_of_the_same_encoder_when_that_is_exported_again(encoder: OnnxEncoder, tmp_path: Path) -> None:
    Index.build([document("a.txt", "The cat sleeps.")], tmp_path, encoder=DEFAULT_ENCODER)
    (settings,) = tmp_path.glob("encoders/*/encoder.json")
    exported = json.loads(settings.read_text())
    settings.write_text(json.dumps(exported | {"window": 356}))
    opened = Index.open(tmp_path)
    assert opened.encoder.digest == encoder.digest
    assert json.loads(settings.read_text()) == exported


def test_an_export_that_was_killed_is_removed_by_the_next_and_one_at_work_is_not(tmp_path: Path) -> None:
    script = (
        "import os, signal; from pathlib import Path; import index.encoder.export\n"
        "index.encoder.export._check = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "index.encoder.export._export_apart = index.encoder.export.export_encoder\n"
        f"index.encoder.export.load_encoder({DEFAULT_ENCODER!r}, Path({str(tmp_path)!r}))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    (killed,) = tmp_path.glob(".export-*")
    at_work = tmp_path / ".export-at-work"
    at_work.mkdir()
    with FileLock(at_work / "lock"):
        load_encoder(DEFAULT_ENCODER, tmp_path)
        assert at_work.exists() and not killed.exists()


def test_a_model_folder_that_changed_is_exported_again(tmp_path: Path) -> None:
    reference = _load_reference(DEFAULT_ENCODER)
    reference.max_seq_length = 64
    reference.save(str(tmp_path / "mine"))
    before = load_encoder(str(tmp_path / "mine"), tmp_path / "exports")
    reference.max_seq_length = 32
    reference.save(str(tmp_path / "mine"))
    after = load_encoder(str(tmp_path / "mine"), tmp_path / "exports")
    assert (before.max_tokens, after.max_tokens) == (62, 30)
    assert before.digest != after.digest


def test_an_export_in_a_process_of_its_own_leaves_no_torch_here(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from index import DEFAULT_ENCODER, load_encoder\n"
        "load_encoder(DEFAULT_ENCODER, Path(sys.argv[1])).encode_passages(['a word'] * 3)\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    (tmp_path / "json.py").write_text("raise SystemExit('run from the working folder')")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[0] = {str(REPOSITORY)!r}\n{script}", "exports"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "[]", done.stderr


def test_an_export_in_a_process_of_its_own_that_finds_no_room_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(IndexUnwritable, match="make room"):
        load_encoder(DEFAULT_ENCODER, tmp_path / "file")


def test_an_unknown_model_is_named_from_a_process_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="'no/such-model' is not on this machine"):
        load_encoder("no/such-model", tmp_path)
