from dataclasses import replace

import numpy as np

from qa.confidence import FEATURES, Calibration
from qa.evaluation.data.formats import Question
from qa.evaluation.fit import Outcomes, best_floor
from qa.training.data.examples import Example
from qa.training.ship.calibrate import Mixture, articles, keeping_promise, leniently, mix

MIXTURE = Mixture(answerable=40, unanswerable=20, near=0, elsewhere=20)


def example(number: int, answerable: bool, title: str) -> Example:
    answers = ((f"word{number}", 4),) if answerable else ()
    return Example(
        str(number), f"What is number {number}?", f"The word{number} here.", answers, answerable, title, "squad"
    )


def question(kind: str, *answers: str) -> Question:
    return Question("q", "Who?", answers, answerable=bool(answers), type=kind)


OWN = [example(n, n % 3 != 0, f"Article {n % 4}") for n in range(90)]
OTHER = [example(n, True, "Elsewhere") for n in range(100, 130)]


def test_half_of_the_questions_are_asked_of_one_article_alone() -> None:
    questions = mix(OWN, OTHER, MIXTURE, seed=1)
    assert questions == mix(OWN, OTHER, MIXTURE, seed=1)
    assert len({q.id for q in questions}) == len(questions)
    assert [q.type for q in questions].count("answerable") == 40
    alone = [q for q in questions if q.doc_ids is not None]
    assert 25 < len(alone) < 55
    titles = {e.id: e.title for e in OWN}
    held = {document.doc_id for document in articles(OWN)}
    for q in alone:
        assert q.doc_ids is not None
        assert set(q.doc_ids) <= held
        if q.type != "elsewhere":
            assert q.doc_ids == (titles["".join(filter(str.isdigit, q.question))],)
    for q in questions:
        assert q.answerable == bool(q.answers) == (q.type == "answerable")


def test_half_of_the_questions_are_typed_carelessly() -> None:
    written = {e.question for e in (*OWN, *OTHER)}
    for kind in ("answerable", "unanswerable", "elsewhere"):
        asked = [q.question in written for q in mix(OWN, OTHER, MIXTURE, seed=1) if q.type == kind]
        assert 0.2 < sum(asked) / len(asked) < 0.8


def test_a_span_around_or_within_the_named_one_is_half_right_to_fit() -> None:
    cases = [("the Duke of Normandy", "Normandy", True), ("Rollo", "Rollo the Viking", True), ("Rome", "Rom", False)]
    result = Outcomes(
        np.zeros((4, 7)),
        np.zeros(4, dtype=bool),
        [*(question("answerable", gold) for _, gold, _ in cases), question("near")],
        [*(text for text, _, _ in cases), "Rollo"],
    )
    fitted_to = leniently(result)
    assert fitted_to.right.tolist() == [False] * 4 + [True] * 2
    assert fitted_to.texts[4:] == [text for text, _, half in cases if half]
    assert len(fitted_to.features) == len(fitted_to.questions) == 6


def test_the_threshold_is_the_smallest_that_keeps_the_promise() -> None:
    zeros, ones = (0.0,) * len(FEATURES), (1.0,) * len(FEATURES)
    by_margin = Calibration("r", "e", 120, zeros, ones, (1.0, *zeros[1:]), 0.0, 0.5, 0.2)
    margins = [-2.0, -1.0, -0.5, -0.4, -0.3, 0.0, 1.0, 3.0]
    kinds = [*["near-miss"] * 3, "false-premise", *["near-miss"] * 3, "answerable"]
    result = Outcomes(
        np.array([(margin, *zeros[1:]) for margin in margins]),
        np.array([False] * 7 + [True]),
        [question(kind, *["Rollo"] * (kind == "answerable")) for kind in kinds],
        ["Rollo"] * 8,
    )
    assert keeping_promise(by_margin, result) == 0.51, "above 0.5, the sixth of seven near misses"
    hopeless = result._replace(features=result.features + 30)
    assert keeping_promise(by_margin, hopeless) == 1, "where no threshold tried will do, all are abstained from"
    crowded = result._replace(questions=[question("far")] * 7 + [result.questions[-1]])
    assert keeping_promise(by_margin, crowded) == 0.74, "above all of them: one of seven is more than 3 %"


def test_the_floor_parts_silent_questions_with_an_answer_from_those_without() -> None:
    sure = np.array([0.05, 0.1, 0.2, 0.25, 0.3, 0.35, 0.9])
    answerable = np.array([False, False, False, True, True, True, False])
    assert best_floor(sure, answerable, threshold=0.5) == 0.21, "the answered one does not count"
    assert best_floor(sure, answerable, threshold=0.15) == 0.11, "above all, where none has an answer"


def test_the_fit_is_to_several_kinds_of_text() -> None:
    stories = [replace(example(n, True, "Story"), source="fairytaleqa") for n in range(200, 230)]
    questions = mix([*OWN, *stories], OTHER, MIXTURE, seed=1)
    texts = [q.question for q in questions if q.type == "answerable"]
    of_stories = sum(any(str(n) in text for n in range(200, 230)) for text in texts)
    assert of_stories == 20, "half of them"
