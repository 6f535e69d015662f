import gzip
import json
from pathlib import Path

import pytest

from qa.evaluation.data.formats import read_beir, read_dataset, read_questions, read_squad
from qa.evaluation.errors import InvalidDataset


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
    assert (dataset.name, dataset.format) == ("fruit", "beir")
    assert {q.id: q.relevant for q in dataset.questions} == {"q1": {"d2": 1}, "q2": {"d1": 2, "d2": 0}}
    assert [d.doc_id for d in dataset.documents or ()] == ["d1", "d2"]
    assert read_dataset(tmp_path / "fruit") == dataset


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


SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "The_Normans",
            "paragraphs": [
                {
                    "context": "The Normans came from Normandy in 1066.",
                    "qas": [
                        {
                            "id": "a",
                            "question": "Where did they come from?",
                            "is_impossible": False,
                            "answers": [{"text": "Normandy", "answer_start": 22}] * 2,
                        },
                        {"id": "b", "question": "Who sent them?", "is_impossible": True, "answers": []},
                    ],
                },
                {"context": "Cherries are red.", "qas": []},
            ],
        }
    ],
}


@pytest.mark.parametrize("pack", [False, True])
def test_a_squad_file_is_a_corpus_of_paragraphs(tmp_path: Path, pack: bool) -> None:
    text = json.dumps(SQUAD).encode()
    path = tmp_path / ("dev.json.gz" if pack else "dev.json")
    path.write_bytes(gzip.compress(text) if pack else text)
    dataset = read_dataset(path)
    assert (dataset.name, dataset.format) == ("dev", "squad")
    assert [(d.doc_id, d.title) for d in dataset.documents or ()] == [
        ("The_Normans/0", "The Normans"),
        ("The_Normans/1", "The Normans"),
    ]
    first, second = dataset.questions
    assert (first.answers, first.relevant, first.cluster) == (("Normandy",), {"The_Normans/0": 1}, "The_Normans")
    assert (second.answerable, second.answers, second.relevant, second.type) == (False, (), {}, "unanswerable")


def test_squad_1_files_have_no_impossible_questions(tmp_path: Path) -> None:
    row = json.loads(json.dumps(SQUAD))
    for question in row["data"][0]["paragraphs"][0]["qas"]:
        del question["is_impossible"]
    del row["data"][0]["paragraphs"][0]["qas"][1]
    (tmp_path / "dev.json").write_text(json.dumps(row))
    (question,) = read_squad(tmp_path / "dev.json").questions
    assert question.answerable and question.type is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda row: row.pop("data"), "no list 'data'"),
        (lambda row: row["data"].append(row["data"][0]), "'The_Normans' stands twice"),
        (lambda row: row["data"][0].pop("title"), r"data\[0\]: the field 'title' must be a str"),
        (lambda row: row["data"][0].update(paragraphs=3), "'paragraphs' must be a list"),
        (lambda row: row["data"][0]["paragraphs"].append(7), r"paragraphs\[2\] is not a JSON object"),
        (
            lambda row: row["data"][0]["paragraphs"][0]["qas"][0]["answers"][0].update(answer_start=3),
            "question a: the answer 'Normandy' does not stand at 3",
        ),
        (lambda row: row["data"][0]["paragraphs"][0]["qas"][1].update(id="a"), "'a' stands twice"),
        (lambda row: row["data"][0].update(paragraphs=[]), "holds no question"),
    ],
)
def test_a_broken_squad_file_is_named(tmp_path: Path, change: object, sentence: str) -> None:
    row = json.loads(json.dumps(SQUAD))
    change(row)  # type: ignore[operator]
    (tmp_path / "dev.json").write_text(json.dumps(row))
    with pytest.raises(InvalidDataset, match=sentence):
        read_squad(tmp_path / "dev.json")


def test_what_is_no_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match="There is no file or folder"):
        read_dataset(tmp_path / "nowhere")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(InvalidDataset, match="is not JSON"):
        read_dataset(tmp_path / "broken.json")
