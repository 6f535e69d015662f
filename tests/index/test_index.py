import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from corpus import EXTRACTION, Document
from corpus.types import Section
from index import RECIPE, Index, generation
from index.errors import (
    EmptyCorpus,
    IndexBusy,
    IndexCorrupt,
    IndexForeign,
    IndexMissing,
    IndexTooNew,
    IndexUnwritable,
    UnknownDocument,
)
from tests.fakes import HashEncoder, document

CATS = document("cats.txt", "Cats sleep all day. They hunt at night.\n\nA cat has nine lives.", "Cats")
DOGS = document("dogs.txt", "Dogs bark at strangers. They fetch sticks.", "Dogs")
FISH = document("fish.txt", "Fish swim in water. They never blink.", "Fish")


def build(directory: Path, *documents: object, encoder: HashEncoder | None = None) -> Index:
    return Index.build(documents or (CATS, DOGS), directory, encoder=encoder or HashEncoder())  # type: ignore[arg-type]


def test_what_is_built_is_what_is_opened(tmp_path: Path) -> None:
    built = build(tmp_path)
    opened = Index.open(tmp_path, encoder=HashEncoder())
    assert opened.generation == built.generation
    assert opened.documents == {"cats.txt": CATS, "dogs.txt": DOGS}
    assert opened.passages == built.passages
    assert all(opened.document(p.doc_id).text[p.start : p.end] == p.text for p in opened.passages)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_every_mode_finds_the_passage(tmp_path: Path, mode: str) -> None:
    hits = build(tmp_path).search("dogs fetch sticks", mode=mode)  # type: ignore[arg-type]
    assert hits[0].passage.doc_id == "dogs.txt"
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_dense_score_is_the_mean_of_a_passages_and_its_nearest_sentences(tmp_path: Path) -> None:
    encoder, query = HashEncoder(), "they fetch sticks."
    hits = {hit.passage.doc_id: hit for hit in build(tmp_path).search(query, mode="dense")}
    vector, whole = encoder.encode_query(query), encoder.encode_query(f"Dogs\n{DOGS.text}")
    nearest = encoder.encode_query("They fetch sticks.")
    assert hits["dogs.txt"].dense == pytest.approx((whole @ vector + nearest @ vector) / 2, abs=1e-3)
    assert [hit.dense_rank for hit in hits.values()] == list(range(1, len(hits) + 1))


def test_a_hit_tells_where_each_leg_found_it(tmp_path: Path) -> None:
    hits = {hit.passage.doc_id: hit for hit in build(tmp_path).search("fetch")}
    assert (hits["dogs.txt"].dense_rank, hits["dogs.txt"].lexical_rank) == (1, 1)
    assert hits["dogs.txt"].lexical and hits["dogs.txt"].lexical > 0
    assert (hits["cats.txt"].lexical_rank, hits["cats.txt"].lexical) == (None, 0.0)


def test_search_within_chosen_documents(tmp_path: Path) -> None:
    index = build(tmp_path)
    assert {hit.passage.doc_id for hit in index.search("dogs", doc_ids=["cats.txt"])} == {"cats.txt"}
    assert index.search("dogs", doc_ids=[]) == []
    with pytest.raises(UnknownDocument, match=r"'birds.txt'.*pincite documents list"):
        index.search("dogs", doc_ids=["birds.txt"])


def test_only_what_changed_is_encoded(tmp_path: Path) -> None:
    index = build(tmp_path)
    encoder = HashEncoder()
    index = Index.open(tmp_path, encoder=encoder).update(add=[FISH])
    passage, *sentences = encoder.encoded
    assert FISH.text in passage and sentences == ["Fish swim in water.", "They never blink."]
    assert set(index.documents) == {"cats.txt", "dogs.txt", "fish.txt"}
    again = HashEncoder()
    assert build(tmp_path, CATS, DOGS, FISH, encoder=again).generation == index.generation
    assert again.encoded == []
    assert index.search("never blink")[0].passage.doc_id == "fish.txt"


class CharacterEncoder(HashEncoder):
    """Counts characters, as an encoder does in scripts without blanks."""

    def count_tokens(self, text: str) -> int:
        return len("".join(text.split()))


@pytest.mark.parametrize("kind", [HashEncoder, CharacterEncoder])
@pytest.mark.parametrize("word", ["day ", "休"])
def test_a_very_long_title_and_heading_leave_the_encoder_half_of_its_view_for_the_text(
    tmp_path: Path, kind: type[HashEncoder], word: str
) -> None:
    title, heading = (f"{start} {word * 190}".strip() for start in ("Rules", "Leave"))
    text = "Leave is long. " * 90
    long = Document("a.txt", text, title, "", "", sections=(Section(heading, 0, 0, len(text)),))
    encoder = kind()
    index = build(tmp_path, long, encoder=encoder)
    assert {passage.section for passage in index.passages} == {heading}
    for passage, searched in zip(index.passages, encoder.encoded, strict=False):  # and then their sentences
        context, rest = searched.split("\n")
        assert rest == passage.text
        assert encoder.count_tokens(searched) <= encoder.max_tokens
        if context != passage.context:
            assert 97 < encoder.count_tokens(context) <= 100
            assert passage.context.startswith(context + word[-1])


def test_the_same_input_gives_the_same_generation(tmp_path: Path) -> None:
    assert build(tmp_path / "a").generation == build(tmp_path / "b", DOGS, CATS).generation
    assert build(tmp_path / "c", CATS).generation != build(tmp_path / "a").generation


def test_updated_vectors_are_those_of_a_fresh_build(tmp_path: Path) -> None:
    build(tmp_path / "a", CATS, FISH).update(add=[DOGS], remove=["fish.txt"])
    updated, fresh = Index.open(tmp_path / "a", encoder=HashEncoder()), build(tmp_path / "b")
    one, other = (index.reusable(HashEncoder()) for index in (updated, fresh))
    assert one and other and one.vectors.tolist() == other.vectors.tolist()
    assert all(one.sentences.of(n).tolist() == other.sentences.of(n).tolist() for n in range(len(one.rows)))
    assert updated.search("cats hunt") == fresh.search("cats hunt")


def test_removing(tmp_path: Path) -> None:
    index = build(tmp_path).update(remove=["cats.txt"])
    assert set(index.documents) == {"dogs.txt"}
    with pytest.raises(UnknownDocument):
        index.update(remove=["cats.txt"])
    with pytest.raises(EmptyCorpus):
        index.update(remove=["dogs.txt"])
    assert set(Index.open(tmp_path, encoder=HashEncoder()).documents) == {"dogs.txt"}


def test_a_full_disk_is_relieved_by_removing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = build(tmp_path).update(add=[FISH])
    room = sum(file.stat().st_size for file in (tmp_path / "generations").rglob("*"))
    synced = generation._sync_tree

    def full(folder: Path) -> None:
        if sum(file.stat().st_size for file in (tmp_path / "generations").rglob("*")) > room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced(folder)

    monkeypatch.setattr(generation, "_sync_tree", full)
    with pytest.raises(IndexUnwritable, match="No space"):
        index.update(add=[document("birds.txt", "Birds sing at dawn.")])
    assert generation.previous(tmp_path), "what was added is not worth what is kept"
    assert set(index.update(remove=["cats.txt"]).documents) == {"dogs.txt", "fish.txt"}
    assert set(Index.open(tmp_path, encoder=HashEncoder()).documents) == {"dogs.txt", "fish.txt"}


def test_an_update_starts_from_what_is_on_disk_and_not_from_what_was_opened(tmp_path: Path) -> None:
    stale = build(tmp_path)
    Index.open(tmp_path, encoder=HashEncoder()).update(add=[FISH])
    assert stale.latest() != stale.generation
    assert set(stale.update(remove=["cats.txt"]).documents) == {"dogs.txt", "fish.txt"}


def test_a_reader_keeps_the_generation_that_it_opened(tmp_path: Path) -> None:
    reader = build(tmp_path)
    before = reader.search("cats")
    for text in ("One.", "Two.", "Three."):
        Index.open(tmp_path, encoder=HashEncoder()).update(add=[document("new.txt", text)])
    assert reader.search("cats") == before
    assert len(list((tmp_path / "generations").iterdir())) == 2


def test_building_the_same_again_touches_nothing_that_a_reader_opens(tmp_path: Path) -> None:
    first = build(tmp_path)
    folder = tmp_path / "generations" / first.generation
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert build(tmp_path).generation == first.generation
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_going_back_to_an_earlier_corpus_turns_back_to_its_generation(tmp_path: Path) -> None:
    first = build(tmp_path)
    build(tmp_path, CATS)
    assert build(tmp_path).generation == first.generation
    assert Index.open(tmp_path, encoder=HashEncoder()).generation == first.generation


def test_a_rollback_brings_back_what_the_last_change_dropped_and_the_change(tmp_path: Path) -> None:
    first = build(tmp_path)
    with pytest.raises(IndexMissing, match="nothing to bring back"):
        Index.rollback(tmp_path, encoder=HashEncoder())
    changed = first.update(add=[FISH], remove=["cats.txt"])
    back = Index.rollback(tmp_path, encoder=HashEncoder())
    assert back.generation == first.generation == Index.open(tmp_path, encoder=HashEncoder()).generation
    assert [hit.passage for hit in back.search("cats hunt")] == [hit.passage for hit in first.search("cats hunt")]
    assert Index.rollback(tmp_path, encoder=HashEncoder()).generation == changed.generation


@pytest.mark.parametrize("back", [lambda at: Index.rollback(at, encoder=HashEncoder()), build])
def test_what_was_gone_back_to_is_what_the_next_rollback_brings_back(
    tmp_path: Path, back: Callable[[Path], Index]
) -> None:
    first = build(tmp_path)
    build(tmp_path, CATS)
    assert back(tmp_path).generation == first.generation
    first.update(add=[FISH])
    assert Index.rollback(tmp_path, encoder=HashEncoder()).generation == first.generation


def test_a_rollback_to_what_cannot_be_opened_changes_nothing(tmp_path: Path) -> None:
    first = build(tmp_path)
    changed = first.update(remove=["cats.txt"])
    with pytest.raises(IndexForeign):
        Index.rollback(tmp_path, encoder=HashEncoder("another"))
    (tmp_path / "generations" / first.generation / "vectors.faiss").write_bytes(b"damaged")
    with pytest.raises(IndexCorrupt):
        Index.rollback(tmp_path, encoder=HashEncoder())
    assert Index.open(tmp_path, encoder=HashEncoder()).generation == changed.generation


def test_what_an_earlier_version_made_is_told_and_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.changes.RECIPE", RECIPE - 1)
    split_before = build(tmp_path)
    monkeypatch.undo()
    assert split_before.outdated == ["cats.txt", "dogs.txt"]
    again = build(tmp_path)
    assert again.outdated == [] and again.generation != split_before.generation
    read_before = build(tmp_path, replace(CATS, extraction=EXTRACTION - 1), DOGS)
    assert read_before.outdated == ["cats.txt"] and read_before.generation != again.generation
    assert Index.open(tmp_path, encoder=HashEncoder()).documents["cats.txt"].extraction == EXTRACTION - 1


def test_an_index_from_before_versions_were_counted_still_opens(tmp_path: Path) -> None:
    made = build(tmp_path)
    folder = tmp_path / "generations" / made.generation
    rows = [json.loads(line) for line in (folder / "documents.jsonl").read_text().splitlines()]
    lines = "".join(json.dumps({k: v for k, v in row.items() if k != "extraction"}) + "\n" for row in rows)
    (folder / "documents.jsonl").write_text(lines)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["recipe"]
    for record in manifest["documents"]:
        del record["extraction"]
    manifest["format"] = 1
    shutil.rmtree(folder / "sentences")
    manifest["files"] = {name: made for name, made in manifest["files"].items() if not name.startswith("sentences")}
    manifest["files"]["documents.jsonl"] = generation.file_digest(folder / "documents.jsonl")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    told = {name: value for name, value in manifest.items() if name != "files"}
    older = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    folder.rename(folder.with_name(older))
    (tmp_path / "CURRENT").write_text(older + "\n")
    opened = Index.open(tmp_path, encoder=HashEncoder())
    assert opened.outdated == ["cats.txt", "dogs.txt"]
    assert opened.search("cats hunt")[0].passage.doc_id == "cats.txt"
    assert opened.update(add=[FISH]).outdated == ["cats.txt", "dogs.txt"], "they were not read again"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_all_of_an_index_is_open_to_whom_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        build(tmp_path / "index").update(add=[FISH])
    finally:
        os.umask(before)
    modes = {(path.is_dir(), path.stat().st_mode & 0o077) for path in (tmp_path / "index").rglob("*")}
    assert modes - {(False, 0o000)} <= {(True, 0o050), (False, 0o040)}
    assert all(p.stat().st_mode & 0o040 for p in (tmp_path / "index" / "generations").rglob("*"))


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    build(tmp_path)
    with generation.writing(tmp_path), pytest.raises(IndexBusy, match="wait for it"):  # noqa: SIM117
        with generation.writing(tmp_path, timeout=0.1):
            pass


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="pincite index"):
        Index.open(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexMissing, match="not an index folder"):
        Index.open(tmp_path / "file")
    with pytest.raises(IndexUnwritable, match="--index"):
        build(tmp_path / "file")


def test_an_index_of_another_encoder_is_refused_and_can_be_replaced(tmp_path: Path) -> None:
    build(tmp_path)
    with pytest.raises(IndexForeign, match=r"'hash'.*'other'"):
        Index.open(tmp_path, encoder=HashEncoder("other"))
    with pytest.raises(IndexForeign):
        Index.open(tmp_path, encoder=HashEncoder(dimension=32))
    with pytest.raises(IndexForeign):
        Index.open(tmp_path, encoder="other")
    assert build(tmp_path, encoder=HashEncoder("other")).manifest.encoder.name == "other"


def files_of(directory: Path) -> list[str]:
    folder = directory / "generations" / (generation.current(directory) or "")
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_damage_to_any_file_is_found_and_building_repairs_it(tmp_path: Path) -> None:
    original = build(tmp_path / "good")
    names = files_of(tmp_path / "good")
    assert {"manifest.json", "documents.jsonl", "passages.jsonl", "vectors.faiss"} < set(names)
    for name in names:
        shutil.copytree(tmp_path / "good", tmp_path / "bad")
        path = tmp_path / "bad" / "generations" / original.generation / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0x01
        path.write_bytes(data)
        with pytest.raises(IndexCorrupt, match="pincite index"):
            Index.open(tmp_path / "bad", encoder=HashEncoder())
        path.unlink()
        with pytest.raises((IndexCorrupt, IndexMissing), match="pincite index"):
            Index.open(tmp_path / "bad", encoder=HashEncoder())
        assert build(tmp_path / "bad").search("cats") == original.search("cats")
        shutil.rmtree(tmp_path / "bad")


@pytest.mark.parametrize("content", [b"", b"../../etc", b"\xff\xfe", b"0" * 63, b"z" * 64])
def test_a_pointer_that_names_no_generation(tmp_path: Path, content: bytes) -> None:
    build(tmp_path)
    (tmp_path / "CURRENT").write_bytes(content)
    with pytest.raises(IndexCorrupt, match="pincite index"):
        Index.open(tmp_path, encoder=HashEncoder())
    assert (made := build(tmp_path)).latest() == made.generation


def test_an_index_that_lost_its_pointer_is_not_taken_for_none(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "CURRENT").unlink()
    with pytest.raises(IndexCorrupt, match="lost its file CURRENT; build it again with: pincite index"):
        Index.open(tmp_path, encoder=HashEncoder())
    assert (made := build(tmp_path, DOGS)).latest() == made.generation
    assert set(Index.open(tmp_path, encoder=HashEncoder()).documents) == {"dogs.txt"}


def test_a_lost_pointer_is_told_also_where_an_update_was_killed_before(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "CURRENT").unlink()
    (tmp_path / "generations" / ("a" * 64)).mkdir()
    (tmp_path / "CURRENT.new").write_text("a" * 64 + "\n")
    with pytest.raises(IndexCorrupt, match="lost its file CURRENT"):
        Index.open(tmp_path, encoder=HashEncoder())


def test_what_others_leave_beside_the_generations_stops_nothing(tmp_path: Path) -> None:
    build(tmp_path)
    strange = [tmp_path / "generations" / name for name in ("Thumbs.db", "notes.txt", ".writing-x")]
    for path in strange:
        path.write_text("x")
    (tmp_path / "generations" / "backup").mkdir()
    for text in ("One.", "Two.", "Three."):
        Index.open(tmp_path, encoder=HashEncoder()).update(add=[document("new.txt", text)])
    assert all(path.exists() for path in [*strange, tmp_path / "generations" / "backup"])
    assert len(list((tmp_path / "generations").glob("?" * 64))) == 2


def test_an_old_generation_that_cannot_be_removed_stops_nothing(tmp_path: Path) -> None:
    first = build(tmp_path / "index")
    old = tmp_path / "index" / "generations" / first.generation
    old.rename(tmp_path / "elsewhere")
    old.symlink_to(tmp_path / "elsewhere")  # moved to a larger disk, say: what is behind a link is not removed
    build(tmp_path / "index", CATS)
    assert (made := build(tmp_path / "index", FISH)).latest() == made.generation
    assert (tmp_path / "elsewhere" / "manifest.json").exists()


def test_an_index_of_a_newer_format(tmp_path: Path) -> None:
    index = build(tmp_path)
    manifest = tmp_path / "generations" / index.generation / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    with pytest.raises(IndexTooNew, match="upgrade Pincite"):
        Index.open(tmp_path, encoder=HashEncoder())


def test_killed_at_any_step_the_next_start_opens_the_old_or_the_new_generation(tmp_path: Path) -> None:
    driver = Path(__file__).with_name("kill_driver.py")
    done = subprocess.run(
        [sys.executable, str(driver), str(tmp_path)], capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert len(outcomes) > 20, "every durable step of a build and of an update is a place to die at"
    assert {outcome["opened"] for outcome in outcomes} == {"nothing", "old", "new"}
    assert all(outcome["then_updated"] for outcome in outcomes)
