import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from qa.evaluation.data.formats import read_squad
from qa.training.data.examples import (
    HELD_OUT,
    Example,
    even_quotes,
    read_examples,
    read_folder,
    split,
    tidy_question,
    write_examples,
    write_squad,
)


def example(title: str, number: int, context: str = "", source: str = "squad") -> Example:
    context = context or f"{title} paragraph {number}."
    return Example(f"{title}-{number}", f"What is {number} of {title}?", context, ((title, 0),), True, title, source, 0)


def test_no_article_question_or_paragraph_is_in_two_parts() -> None:
    articles = [f"Article_{n}" for n in range(120)]
    everything = [example(a, n) for a in articles for n in range(3)]
    everything += [example(a, 9, context="One text in all articles.") for a in articles]
    everything += [example("Article 7", 5, source="qed"), example("", 6, source="qamr")]
    parts = split(everything)
    for field in ("context", "question", "title"):
        values = [{getattr(e, field) for e in members if e.source == "squad"} for members in parts.values()]
        assert sum(map(len, values)) == len(set().union(*values)), field
    assert {part: len({e.title for e in parts[part]}) for part in HELD_OUT} == HELD_OUT


def test_documents_of_other_sets_are_held_back_whole() -> None:
    made = [example(f"Review {n // 3}", n, source="amazon") for n in range(900)]
    made += [example("reddit", n, source="reddit") for n in range(400)]
    made += [example("", n, source="quoref") for n in range(100)] + [example("Known", 0)]
    made += [example("Known", n, context=f"known {n}", source="tydi") for n in range(1, 9)]
    parts = split(made)
    titles = [
        {e.title for e in parts[part] if e.source == "amazon"} for part in ("development", "calibration", "train")
    ]
    assert sum(map(len, titles)) == 300, "no review in two parts"
    assert 3 <= len(titles[0]) < len(titles[1]) < 50
    assert {part for part, members in parts.items() if any(e.source == "reddit" for e in members)} > {"train"}
    assert all(e.source in {"amazon", "reddit"} for e in parts["calibration"])
    assert not parts["report"] or all(e.source == "squad" for e in parts["report"])


def test_other_sources_about_held_out_articles_are_left_out() -> None:
    articles = [f"Article_{n}" for n in range(120)]
    parts = split([example(a, 0) for a in articles] + [example(a.replace("_", " "), 1, source="qed") for a in articles])
    trained = {e.title for e in parts["train"]}
    assert sum(e.source == "qed" for members in parts.values() for e in members) == 120 - sum(HELD_OUT.values())
    assert not {e.title for e in parts["report"]} & {title.replace(" ", "_") for title in trained}


def test_jsonl_and_official_files_read_alike(tmp_path: Path) -> None:
    context = "Chopin left Warsaw in 1830. Liszt stayed."
    rows: list[dict[str, Any]] = [
        {"id": "1", "question": "When did Chopin leave ?", "answers": [{"text": "1830", "answer_start": 22}]},
        {"id": "2", "question": "When did Liszt leave?", "answers": [], "is_impossible": True},
    ]
    lines, official = tmp_path / "lines", tmp_path / "official"
    lines.mkdir()
    official.mkdir()
    with gzip.open(lines / "squad_train.jsonl.gz", "wt") as file:
        file.writelines(json.dumps({**row, "context": context, "title": "Chopin"}) + "\n" for row in rows)
    data = {"data": [{"title": "Chopin", "paragraphs": [{"context": context, "qas": rows}]}]}
    (official / "train-v2.0.json").write_text(json.dumps(data))
    (official / "train-v1.1.json").write_text(json.dumps(data))
    assert read_folder(lines) == read_folder(official)
    assert [e.answerable for e in read_folder(lines)] == [True, False]


def test_the_twins_answer_is_the_focus_of_an_unanswerable_question(tmp_path: Path) -> None:
    shared = {"context": "Chopin left Warsaw in 1830.", "title": "Chopin"}
    rows = [
        {"id": "1", "question": "When did Chopin leave?", "answers": [{"text": "1830", "answer_start": 22}], **shared},
        {"id": "2", "question": "When did Liszt leave?", "answers": [], "twin": "When did Chopin leave?", **shared},
    ]
    (tmp_path / "squad_train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [e.focus for e in read_folder(tmp_path)] == [22, 22]


def test_of_the_shifted_sets_only_what_two_annotators_said_is_kept(tmp_path: Path) -> None:
    context = "It fits a lipstick, and the holder is not too big."

    def question(number: int, *answers: str) -> dict[str, Any]:
        given = [{"text": text, "answer_start": context.index(text)} for text in answers]
        return {"id": str(number), "question": f"what fits {number}", "answers": given}

    paragraph = {"context": context, "qas": [question(1, "lipstick", "a lipstick", "holder"), question(2, "It", "big")]}
    data = {"data": [{"title": "Amazon_Reviews_1", "paragraphs": [paragraph]}]}
    (tmp_path / "amazon_reviews_v1.0.json").write_text(json.dumps(data))
    (kept,) = read_folder(tmp_path)
    assert (kept.question, kept.answers, kept.source) == (
        "what fits 1",
        (("lipstick", 10), ("a lipstick", 8)),
        "amazon",
    )
    assert [kept] in split([kept]).values()


def test_a_wrong_offset_is_refused(tmp_path: Path) -> None:
    row = {"id": "1", "title": "", "context": "abc", "question": "?", "answers": [{"text": "b", "answer_start": 0}]}
    (tmp_path / "squad.jsonl").write_text(json.dumps(row))
    with pytest.raises(ValueError, match="not at its offset"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("what 's  the “ end ” ?", 'what\'s the " end "?'),
        ("Who was n't there", "Who wasn't there?"),
        ("Where is it.?", "Where is it?"),
        ("  Who ? ? ", "Who?"),
    ],
)
def test_spacing_and_marks_are_made_alike(typed: str, tidy: str) -> None:
    assert tidy_question(typed, ask=True) == tidy


def test_queries_without_a_mark_keep_none() -> None:
    assert tidy_question("who sang  hello", ask=False) == "who sang hello"


def test_tokenised_quotes_move_no_offset() -> None:
    context = "He said `` no exit '' twice"
    assert len(even_quotes(context)) == len(context)
    assert even_quotes(context).index("twice") == context.index("twice")


def test_written_examples_come_back(tmp_path: Path) -> None:
    made = [example("A", 1), example("B", 2, source="qed")]
    write_examples(made, tmp_path / "x.jsonl.gz")
    first = (tmp_path / "x.jsonl.gz").read_bytes()
    write_examples(made, tmp_path / "x.jsonl.gz")
    assert read_examples(tmp_path / "x.jsonl.gz") == made
    assert (tmp_path / "x.jsonl.gz").read_bytes() == first


def test_the_official_form_is_read_as_a_data_set(tmp_path: Path) -> None:
    made = [example("A", 1), example("A", 2), example("B", 3)]
    write_squad(made, tmp_path / "x.json")
    dataset = read_squad(tmp_path / "x.json")
    assert {(q.id, q.question, q.answers) for q in dataset.questions} == {
        (e.id, e.question, tuple(text for text, _ in e.answers)) for e in made
    }
    assert {d.text for d in dataset.documents or ()} == {e.context for e in made}
