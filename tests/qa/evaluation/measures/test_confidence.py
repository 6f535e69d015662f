import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from qa.evaluation.measures.confidence import abstention, aurc, auroc, calibration_error, reliability, risk_coverage

ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40)


@given(ROWS)
def test_auroc_agrees_with_a_second_implementation(rows: list[tuple[int, bool]]) -> None:
    scores, labels = [row[0] for row in rows], [row[1] for row in rows]
    if len(set(labels)) < 2:
        assert math.isnan(auroc(scores, labels))
    else:
        assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_calibration_error_by_hand() -> None:
    # two bins of two: 0.2 said and 0.5 right; 0.8 said and 1.0 right
    assert calibration_error([0.1, 0.3, 0.7, 0.9], [True, False, True, True], bins=2) == pytest.approx(0.25)
    assert [b.size for b in reliability([0.1, 0.2, 0.3], [1, 1, 1], bins=15)] == [1, 1, 1]


def test_risk_and_coverage_by_hand() -> None:
    coverage, risk = risk_coverage([0.9, 0.8, 0.8, 0.1], [True, False, True, False])
    assert coverage.tolist() == [0.25, 0.75, 1.0]
    assert risk == pytest.approx([0, 1 / 3, 0.5])
    assert aurc([0.9, 0.8, 0.8, 0.1], [True, False, True, False]) == pytest.approx(0.5 / 3 + 0.25 * 0.5)


@given(ROWS)
def test_a_perfect_order_has_the_least_risk(rows: list[tuple[int, bool]]) -> None:
    right = [row[1] for row in rows]
    perfect = np.array(right) - np.arange(len(right)) / len(right)
    assert aurc(perfect, right) <= aurc([row[0] for row in rows], right) + 1e-9


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_abstention_agrees_with_a_second_implementation(rows: list[tuple[bool, bool]]) -> None:
    silent, answerable = [row[0] for row in rows], [row[1] for row in rows]
    expected = precision_recall_fscore_support(
        [not each for each in answerable], silent, average="binary", pos_label=True, zero_division=0
    )
    assert tuple(abstention(silent, answerable)) == pytest.approx(expected[:3])
