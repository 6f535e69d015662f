import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import InvalidDataset
from index import Index
from qa.evaluation import Question, bootstrap, evaluate_beir, evaluate_questions, read_beir, read_questions
from tests.fakes import HashEncoder, document


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    documents = [
        document("a.txt", "apple apple pear", title=""),
        document("b.txt", "apple plum", title=""),
        document("c.txt", "cherry", title=""),
    ]
    return Index.build(documents, tmp_path_factory.mktemp("fruit"), encoder=HashEncoder())


def ask(identifier: str, text: str, *evidence: str) -> Question:
    return Question(identifier, text, evidence, evidence, bool(evidence))


def test_hand_worked_measures(index: Index) -> None:
    questions = [ask("first", "cherry", "cherry"), ask("second", "apple", "plum"), ask("none", "grape", "grape")]
    lexical = evaluate_questions(questions, index)["lexical"]
    # "apple" finds a.txt (twice the word) before b.txt, which alone holds "plum"; no passage holds "grape"
    assert lexical["Success@1"].tolist() == [1, 0, 0]
    assert lexical["RR@10"].tolist() == [1, 0.5, 0]
    assert lexical["nDCG@10"] == pytest.approx([1, 1 / math.log2(3), 0])


def test_questions_without_an_answer_are_left_out_of_retrieval(index: Index) -> None:
    figures = evaluate_questions([ask("first", "cherry", "cherry"), ask("far", "grape")], index)
    assert len(figures["hybrid"]["RR@10"]) == 1


def test_sets_that_measure_nothing_are_refused(index: Index) -> None:
    with pytest.raises(InvalidDataset, match="No question of the set has an answer"):
        evaluate_questions([ask("far", "grape")], index)
    with pytest.raises(InvalidDataset, match="No passage holds any evidence"):
        evaluate_questions([ask("other", "grape", "a grape of another corpus")], index)


def write_beir(folder: Path, *, pack: bool = False) -> Path:
    corpus = [{"_id": "d1", "title": "", "text": "apple pear"}, {"_id": "d2", "title": "", "text": "plum"}]
    queries = [{"_id": "q1", "text": "plum"}, {"_id": "q2", "text": "apple"}, {"_id": "unjudged", "text": "x"}]
    files = {
        "corpus.jsonl": "\n".join(map(json.dumps, corpus)),
        "queries.jsonl": "\n".join(map(json.dumps, queries)),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td1\t2\nq2\td2\t0\n",
    }
    (folder / "qrels").mkdir(parents=True)
    for name, text in files.items():
        if pack:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("pack", [False, True])
def test_a_beir_folder_plain_or_gzipped(tmp_path: Path, pack: bool) -> None:
    dataset = read_beir(write_beir(tmp_path / "fruit", pack=pack))
    assert (dataset.name, set(dataset.queries), dataset.qrels["q2"]) == ("fruit", {"q1", "q2"}, {"d1": 2, "d2": 0})
    index = Index.build(dataset.documents, tmp_path / "index", encoder=HashEncoder())
    assert evaluate_beir(dataset, index)["hybrid"]["nDCG@10"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("queries.jsonl", '{"_id": "q1"', r"queries\.jsonl:1 is not JSON"),
        ("queries.jsonl", "[1]", r"queries\.jsonl:1 is not a JSON object"),
        ("queries.jsonl", '{"_id": "q1", "text": 5}', r"queries\.jsonl:1: the field 'text' must be a str"),
        ("corpus.jsonl", '{"_id": "d1", "text": ""}\n{"_id": "d1", "text": ""}', r"corpus\.jsonl:2.*'d1' stands twice"),
        ("qrels/test.tsv", "q1\td9\t1", r"test\.tsv:1: the document 'd9' is not in corpus\.jsonl"),
        ("qrels/test.tsv", "q9\td1\t1", r"test\.tsv:1: the query 'q9' is not in queries\.jsonl"),
        ("qrels/test.tsv", "q1\td1\tbest", r"test\.tsv:1 is not 'query"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "has no judgement"),
    ],
)
def test_a_broken_beir_folder_is_named_with_file_and_line(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    folder = write_beir(tmp_path / "fruit")
    (folder / name).write_text(text)
    with pytest.raises(InvalidDataset, match=sentence):
        read_beir(folder)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no question"),
        ("{}", r":1: the field 'id' must be a str"),
        ('{"id": "1", "question": "?", "answerable": "yes"}', "'answerable' must be a bool"),
        ('{"id": "1", "question": "?", "answerable": true, "answers": "x"}', "'answers' must be a list of strings"),
        ('{"id": "1", "question": "\\ud800", "answerable": true}', "half of a surrogate pair"),
        ('{"id": "1", "question": "?", "answerable": true, "evidence": [" "]}', "holds an empty string"),
        ('{"id": "1", "question": "?", "answerable": false}\n' * 2, r":2: the id '1' stands twice"),
    ],
)
def test_a_broken_question_set_is_named_with_file_and_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidDataset, match=sentence):
        read_questions(path)
    with pytest.raises(InvalidDataset, match="cannot be read"):
        read_questions(tmp_path / "nowhere.jsonl")


def test_an_interval_holds_the_mean_and_narrows_with_more_queries() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 400)
    few, many = bootstrap(values[:40]), bootstrap(values)
    assert few.low < few.mean < few.high
    assert many.high - many.low < few.high - few.low
    assert many.high - many.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert bootstrap(values) == many
