"""Rankings to measures, by hand and through ir_measures' own reading of the files that are written."""

import math
from pathlib import Path

import ir_measures
import numpy as np
import pytest

from index import Index
from qa import Answerer
from qa.errors import EmptyQuestion, QuestionTooLong
from qa.evaluation.data.formats import Dataset, Question
from qa.evaluation.errors import InvalidDataset
from qa.evaluation.measures.retrieval import measures, ranking_values, write_trec
from qa.evaluation.result import Asking, Result
from tests.fakes import FixedReader, HashEncoder, document


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    documents = [
        document("a.txt", "apple apple pear", title=""),
        document("b.txt", "apple plum", title=""),
        document("c.txt", "cherry", title=""),
    ]
    index = Index.build(documents, tmp_path_factory.mktemp("fruit"), encoder=HashEncoder())
    return Answerer(index, reader=FixedReader({"plum": 9.0}))


def asked(answerer: Answerer, *questions: Question, mode: str = "retrieval") -> list[Result]:
    asking = Asking(Dataset("fruit", "questions", list(questions)), answerer, mode, top_k=8)  # type: ignore[arg-type]
    return [asking.ask(question) for question in questions]


def ask(identifier: str, text: str, *evidence: str) -> Question:
    return Question(identifier, text, evidence, evidence, bool(evidence))


def test_hand_worked_measures(answerer: Answerer) -> None:
    questions = [ask("first", "cherry", "cherry"), ask("second", "apple", "plum"), ask("none", "grape", "grape")]
    results = asked(answerer, *questions)
    lexical = ranking_values(results, "lexical")
    # "apple" finds a.txt (twice the word) before b.txt, which alone holds "plum"; no passage holds "grape"
    assert lexical["Success@1"].tolist() == [1, 0, 0]
    assert lexical["RR@10"].tolist() == [1, 0.5, 0]
    assert lexical["nDCG@10"] == pytest.approx([1, 1 / math.log2(3), 0])
    assert lexical["P@5"] == pytest.approx([0.2, 0.2, 0])
    # the reader is sure of "plum", and that passage comes first
    assert ranking_values(results, "reranked")["RR@10"].tolist() == [1, 1, 0]


def test_questions_without_an_answer_are_left_out_of_retrieval(answerer: Answerer) -> None:
    values = ranking_values(asked(answerer, ask("first", "cherry", "cherry"), ask("far", "grape")), "hybrid")
    assert values["RR@10"][0] == 1 and np.isnan(values["RR@10"][1])


def test_sets_that_measure_nothing_are_refused(answerer: Answerer) -> None:
    with pytest.raises(InvalidDataset, match="No passage of the index holds any evidence"):
        asked(answerer, ask("other", "grape", "a grape of another corpus"))
    with pytest.raises(InvalidDataset, match="cannot be evaluated in the mode 'reader'; use --mode open"):
        asked(answerer, ask("first", "cherry", "cherry"), mode="reader")


def test_a_judged_query_may_be_longer_than_what_people_may_ask(answerer: Answerer) -> None:
    long = ask("long", "and " * 600 + "plum", "plum")
    assert asked(answerer, long)[0].rank_in("lexical") == 1
    with pytest.raises(QuestionTooLong, match="2,404 characters"):
        asked(answerer, long, mode="open")
    with pytest.raises(EmptyQuestion):
        asked(answerer, ask("empty", " ", "plum"))


def test_the_written_files_give_the_same_figures_elsewhere(answerer: Answerer, tmp_path: Path) -> None:
    questions = [ask("first one", "cherry", "cherry"), ask("second", "apple", "plum"), ask("none", "grape", "grape")]
    results = asked(answerer, *questions)
    write_trec(results, tmp_path)
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "qrels.trec")))
    for ranking in ("dense", "lexical", "hybrid", "reranked"):
        run = list(ir_measures.read_trec_run(str(tmp_path / f"run.{ranking}.trec")))
        scores = [entry.score for entry in run if entry.query_id == "second"]
        assert scores == sorted(set(scores), reverse=True), "strictly decreasing"
        ours = ranking_values(results, ranking)
        for measure, theirs in ir_measures.calc_aggregate(measures(), qrels, run).items():
            # a question whose evidence no passage holds has no qrels: ours counts it as zero, others leave it out
            assert theirs * 2 / 3 == pytest.approx(ours[str(measure)].mean()), (ranking, measure)


def test_a_document_scores_as_its_best_passage(tmp_path: Path) -> None:
    long = document(
        "long", "Plum one is here. " + "Some filler of words stands here. " * 60 + "Plum two is here.", title=""
    )
    other = document("other", "A plum stands here.", title="")
    index = Index.build([long, other], tmp_path, encoder=HashEncoder())
    dataset = Dataset("plums", "beir", [Question("q", "plum", relevant={"other": 1})], [long, other])
    result = Asking(dataset, Answerer(index, reader=FixedReader({})), "retrieval", top_k=8).ask(dataset.questions[0])
    for ranking in result.rankings.values():
        assert sorted(ranking) == ["long", "other"]
