import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Passage
from index import Hit, Index
from index.errors import ModelUnusable
from qa import Answerer, Candidate
from qa.confidence import FEATURES, Calibration, features_of
from tests.fakes import FixedReader, HashEncoder, document

TEXT = "Dogs bark at strangers. Cats sleep all day."
PASSAGE = Passage("d.txt", 0, len(TEXT), TEXT, None)
HIT = Hit(PASSAGE, 1, 0.9, dense=0.6, lexical=2.0, dense_rank=1, lexical_rank=1)


def calibration(**changed: object) -> Calibration:
    zeros, ones = (0.0,) * len(FEATURES), (1.0,) * len(FEATURES)
    weights = (1.0, *zeros[1:])
    fields = {"means": zeros, "scales": ones, "weights": weights, "bias": 0.0, "threshold": 0.6, "floor": 0.4}
    return Calibration(**{"reader": "fixed", "encoder": "hash", "target_tokens": 120, **fields, **changed})  # type: ignore[arg-type]


def span(words: str, score: float, null_score: float = 0.0) -> Candidate:
    start = TEXT.index(words)
    return Candidate(PASSAGE, start, start + len(words), score, null_score)


def test_the_evidence_of_a_hand_worked_case() -> None:
    best, same, rival = span("strangers", 5, 1), span("strangers", 3, 1), span("Cats", 2, 1)
    found = dict(zip(FEATURES, features_of("Who do dogs bark at and chase?", best, [same, rival], [HIT]), strict=True))
    assert found == {
        "margin": 4,
        "gap": 3,
        "support": 1,
        "cosine": 0.6,
        "passage_coverage": pytest.approx(2 / 3),
        "sentence_coverage": pytest.approx(2 / 3),
        "first_of_both": 1,
        "first_margin": 0,
        "first_gap": 0,
        "agreed": 0,
    }


def test_the_evidence_of_two_readings() -> None:
    elsewhere = Passage("e.txt", 0, len(TEXT), TEXT, None)
    best = replace(span("strangers", 5), first=span("bark at strangers", 2.0))
    other = Candidate(elsewhere, 0, 4, 3.0, 0.0, first=Candidate(elsewhere, 5, 9, 4.5, 0.0))

    def read(first: Candidate, *others: Candidate) -> tuple[float, ...]:
        return features_of("dogs?", first, others, [HIT])[-3:]

    assert read(best, other) == (2.0, -2.5, 1.0)
    assert read(replace(best, first=span("Cats", 1.0))) == (1.0, 10.0, 0.0), "alone, and of other words"


def test_a_lone_candidate_has_the_largest_gap() -> None:
    assert features_of("dogs?", span("Dogs", 1), [], [HIT])[FEATURES.index("gap")] == 10


@given(st.lists(st.floats(-1e6, 1e6), min_size=len(FEATURES), max_size=len(FEATURES)))
def test_a_probability_lies_between_0_and_1(features: list[float]) -> None:
    assert 0 < calibration().probability(features) < 1


def test_more_margin_is_never_less_sure() -> None:
    sure = [calibration().probability((margin, *(0.0,) * (len(FEATURES) - 1))) for margin in (-5, -1, 0, 2, 9)]
    assert sure == sorted(sure)
    assert sure[2] == 0.5


def test_a_calibration_is_saved_and_read(tmp_path: Path) -> None:
    calibration().save(tmp_path / "confidence.json")
    assert Calibration.load(tmp_path / "confidence.json") == calibration()


@pytest.mark.parametrize(
    "change",
    [
        {"means": [0.0]},
        {"scales": [0.0] * len(FEATURES)},
        {"bias": "nan"},
        {"threshold": 2},
        {"threshold": "high"},
        {"floor": 0.7},
    ],
)
def test_numbers_that_make_no_probability_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "confidence.json"
    calibration().save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelUnusable):
        Calibration.load(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"features": ["margin"]}', '{"features": null}'])
def test_a_damaged_calibration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "confidence.json").write_text(text)
    with pytest.raises(ModelUnusable, match=r"confidence\.json cannot be used"):
        Calibration.load(tmp_path / "confidence.json")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index.build([document("d.txt", TEXT)], tmp_path_factory.mktemp("dogs"), encoder=HashEncoder())


def test_the_threshold_and_the_request_decide(index: Index) -> None:
    answerer = Answerer(index, reader=FixedReader({"strangers": 0.3}), calibration=calibration())
    unsure = answerer.ask("Who do dogs bark at?")
    assert unsure.confidence == pytest.approx(0.574, abs=0.001)
    assert (unsure.text, unsure.reason) == (None, "low_confidence")
    assert answerer.ask("Who do dogs bark at?", min_confidence=0.5).text == "strangers"
    assert answerer.ask("Who do dogs bark at?", min_confidence=0.9).abstained


def test_confidence_does_not_depend_on_how_much_else_is_in_the_corpus(tmp_path: Path) -> None:
    encoder = HashEncoder(dimension=4096)  # so wide that no two words fall together
    alone = Index.build([document("d.txt", TEXT)], tmp_path / "alone", encoder=encoder)
    filler = [document(f"{n}.txt", f"Chapter {n} counts {n} boats and {n + 1} oars on the river.") for n in range(200)]
    crowded = Index.build([document("d.txt", TEXT), *filler], tmp_path / "crowded", encoder=encoder)
    every_feature = calibration(weights=(0.1,) * len(FEATURES))
    found = [
        Answerer(each, reader=FixedReader({"strangers": 1.0}), calibration=every_feature).ask("Who do dogs bark at?")
        for each in (alone, crowded)
    ]
    assert found[1].confidence == pytest.approx(found[0].confidence, abs=1e-6)


def test_below_the_null_score_the_corpus_does_not_say(index: Index) -> None:
    answer = Answerer(index, reader=FixedReader({"strangers": -2}), calibration=calibration()).ask(
        "Who do dogs bark at?"
    )
    assert answer.reason == "no_evidence"


def test_figures_tell_a_corpus_that_touches_on_it_from_one_that_does_not(index: Index) -> None:
    """0.43 is above the floor of 0.4, though the reader itself would rather have no span."""
    answer = Answerer(index, reader=FixedReader({"strangers": -0.3}), calibration=calibration()).ask(
        "Who do dogs bark at?"
    )
    assert answer.reason == "low_confidence" and answer.confidence == pytest.approx(0.426, abs=0.001)


def test_a_fit_of_ones_own_that_cannot_be_used_is_told_and_passed_over(
    index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    own = index.directory / "confidence.json"
    own.write_text('{"features": ["another"]}')
    try:
        answerer = Answerer(index, reader=FixedReader({"strangers": 1}))
    finally:
        own.unlink()
    assert answerer.ask("Who do dogs bark at?").text == "strangers"
    assert "fitted to other features" in caplog.text and "pincite fit-confidence" in caplog.text


def test_what_is_cited_beside_the_answer_is_as_likely_as_was_asked_for(index: Index) -> None:
    answerer = Answerer(index, reader=FixedReader({"strangers": 3.0, "Cats": 1.0}), calibration=calibration())
    for least, cited in ((None, 2), (0.7, 2), (0.8, 1)):
        assert len(answerer.ask("Who do dogs bark at?", min_confidence=least).citations) == cited


@pytest.mark.parametrize("other", [{"reader": "x"}, {"encoder": "x"}, {"target_tokens": 7}])
def test_a_calibration_for_other_models_gives_no_confidence(index: Index, other: dict[str, object]) -> None:
    answer = Answerer(index, reader=FixedReader({"strangers": 1}), calibration=calibration(**other)).ask(
        "Who do dogs bark at?"
    )
    assert (answer.text, answer.confidence) == ("strangers", None)
