"""How good retrieval and answers are, on data sets of standard formats."""

from qa.evaluation.datasets import BeirSet, Question, read_beir, read_questions
from qa.evaluation.intervals import Mean, bootstrap
from qa.evaluation.retrieval import MEASURES, MODES, evaluate_beir, evaluate_questions

__all__ = [
    "MEASURES",
    "MODES",
    "BeirSet",
    "Mean",
    "Question",
    "bootstrap",
    "evaluate_beir",
    "evaluate_questions",
    "read_beir",
    "read_questions",
]
