"""The retrieval test suite of the built-in article: every gold question a case, every mode above its floors."""

import json
import tomllib
from pathlib import Path

import pytest

from index import Index
from qa.evaluation import MODES, Question, evaluate_questions, read_questions

GOLD = Path(__file__).parents[1] / "gold" / "the-last-holdout.jsonl"
FLOORS = tomllib.loads(Path(__file__).with_name("floors.toml").read_text(encoding="utf-8"))
QUESTIONS = read_questions(GOLD)
HALVES = {row["id"]: row["half"] for row in map(json.loads, GOLD.read_text(encoding="utf-8").splitlines())}
ANSWERABLE = [question for question in QUESTIONS if question.answerable]
WITHIN = FLOORS["cases"]["within"]
MISSED = set(FLOORS["cases"].get("missed", []))


def ids(question: Question) -> str:
    return f"{question.id}: {question.question}"


@pytest.mark.parametrize("question", ANSWERABLE, ids=ids)
def test_the_evidence_is_among_the_passages_that_are_read(
    question: Question, article_index: Index, request: pytest.FixtureRequest
) -> None:
    if question.id in MISSED:
        request.applymarker(pytest.mark.xfail(strict=True, reason="a known miss, listed in floors.toml"))
    hits = article_index.search(question.question, top_k=len(article_index.passages))
    rank = next((h.rank for h in hits if any(e in h.passage.text for e in question.evidence)), None)
    assert rank is not None and rank <= WITHIN, (
        f"{question.question!r} expects {question.evidence[0]!r}, found at rank {rank} of {WITHIN} read; "
        f"first came {hits[0].passage.text[:120]!r}"
    )


@pytest.mark.parametrize("half", ["development", "blind"])
def test_each_mode_is_above_its_floors(half: str, article_index: Index) -> None:
    figures = evaluate_questions([q for q in ANSWERABLE if HALVES[q.id] == half], article_index)
    below = [
        f"{mode} {measure}: {figures[mode][measure].mean():.3f} < {floor}"
        for mode in MODES
        for measure, floor in FLOORS[half][mode].items()
        if figures[mode][measure].mean() < floor
    ]
    assert not below, f"{half} half: {'; '.join(below)}"


def test_the_gold_set_is_what_it_claims_to_be(article_index: Index) -> None:
    (document,) = article_index.documents.values()
    for question in QUESTIONS:
        assert question.answerable == bool(question.answers) == bool(question.evidence), question.id
        for evidence in question.evidence:
            assert evidence in document.text, question.id
        for answer in question.answers:
            assert any(answer in evidence for evidence in question.evidence), question.id
    assert len(QUESTIONS) >= 120
    assert len(QUESTIONS) - len(ANSWERABLE) >= 45
    assert abs(list(HALVES.values()).count("blind") - len(QUESTIONS) / 2) <= 5
