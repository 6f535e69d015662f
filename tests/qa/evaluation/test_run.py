"""A run from question to files: figures, going on after an interruption, comparison, gates, reports, checks."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import Index
from qa import Answerer
from qa.evaluation import report
from qa.evaluation.comparison import compare
from qa.evaluation.data.check import check, pool
from qa.evaluation.data.formats import Dataset, Question
from qa.evaluation.errors import InvalidDataset, InvalidGate, InvalidRun
from qa.evaluation.gates import check_names, missed, parse_gate
from qa.evaluation.measures.intervals import paired
from qa.evaluation.report.outputs import write_outputs
from qa.evaluation.result import Asking, Mode, Result
from qa.evaluation.run import RESULTS, Folder, Settings, drawn, run, settings_of
from qa.evaluation.summary import by_kind, figures, names, nested
from tests.fakes import FixedReader, HashEncoder, document

TEXT = "Dogs bark at strangers. Cats sleep <b>all day</b>. Birds sing at dawn."
QUESTIONS = [
    Question("q1", "Who do dogs bark at?", ("strangers",), ("Dogs bark at strangers.",), True, "who"),
    Question("q2", "When do birds sing?", ("at dawn",), ("Birds sing at dawn.",), True, "when"),
    Question("q3", "What do fish eat?", (), (), False, "far"),
]
DATASET = Dataset("pets", "questions", QUESTIONS)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index.build([document("pets.txt", TEXT)], tmp_path_factory.mktemp("pets"), encoder=HashEncoder())


@pytest.fixture(scope="module")
def asking(index: Index) -> Asking:
    return Asking(DATASET, Answerer(index, reader=FixedReader({"strangers": 3.0, "Cats": -1.0})), "open", top_k=8)


def ask_all(asking: Asking, questions: Sequence[Question] = QUESTIONS) -> list[Result]:
    return list(run(asking, questions, done={}, keep=lambda _: None, progress=lambda *_: None))


def settings(asking: Asking) -> Settings:
    return settings_of(asking, QUESTIONS, sample=None, seed=1)


def test_hand_worked_answer_figures(asking: Asking) -> None:
    # every question is answered "strangers": right, wrong, and where there is nothing to say
    made = figures(ask_all(asking), "open").values()
    expected = {
        "exact": 1 / 3, "f1": 1 / 3, "has_ans_exact": 1 / 2, "has_ans_f1": 1 / 2, "no_ans_f1": 0, "forced_f1": 1 / 2,
        "right": 1 / 2, "evidence_hit": 1 / 2, "citation_exact": 1, "abstention_recall": 0, "auroc": 0.5,
    }  # fmt: skip
    assert {name: made[f"answers.{name}"] for name in expected} == pytest.approx(expected)
    assert made["answers.best_f1"] == pytest.approx(1 / 3)
    assert made["retrieval.hybrid.Success@1"] == 1
    assert "answers.ece" not in made, "no confidence was fitted for these models"


def test_every_mean_has_an_interval_around_it(asking: Asking) -> None:
    made = figures(ask_all(asking), "open")
    assert set(made.intervals) == set(made.values())
    for name, values in made.means.items():
        assert made.intervals[name].low <= np.nanmean(values) <= made.intervals[name].high, name


def kind(identifier: str, kind: str, golds: list[str], best: str, *, given: bool) -> Result:
    scores = {"score": 1.0, "null_score": 0.0, "best": best, "answer": best if given else None}
    return Result(identifier, "?", bool(golds), golds, type=kind, style="plain", **scores)  # type: ignore[arg-type]


def test_hand_worked_figures_by_type_and_style(asking: Asking) -> None:
    results = [
        kind("1", "why", ["it rained"], "it rained", given=True),
        kind("2", "why", ["it rained"], "it rained", given=False),
        kind("3", "why", ["it rained"], "nobody", given=True),
        kind("4", "near-miss", [], "nobody", given=False),
    ]
    by_type = by_kind(results, "type")
    assert list(by_type) == ["near-miss", "why"]
    assert by_type["why"].shares == pytest.approx({"right": 1 / 3, "abstained": 1 / 3, "forced": 2 / 3})
    assert by_type["near-miss"].shares == {"abstained": 1.0}, "nothing could be right there"
    assert (by_type["why"].questions, by_type["why"].answerable) == (3, 3)
    for each in by_type.values():
        assert all(each.intervals[n].low <= share <= each.intervals[n].high for n, share in each.shares.items())
    (plain,) = by_kind(results, "style").values()
    assert (plain.questions, plain.answerable) == (4, 3)
    told = report.summary(settings(asking), results, figures(results, "reader"))
    assert told["by_type"]["why"]["right"] == pytest.approx(1 / 3)
    assert set(told["by_type"]["why"]["intervals"]) == {"right", "abstained", "forced"}
    assert told["by_style"]["plain"]["answerable"] == 3
    assert "| why | 3 of 3 | 0.33 (" in report.markdown(settings(asking), results, figures(results, "reader"))


def test_where_nothing_is_answered_there_are_no_figures_by_kind(asking: Asking) -> None:
    searched = replace(settings(asking), mode="retrieval")
    assert report.kinds_of([kind("1", "why", ["a"], "a", given=True)], searched) == {}
    assert by_kind([ranked("1", 1, 1, 1)], "type") == {}


def ranked(identifier: str, dense: int, lexical: int, hybrid: int) -> Result:
    """A question whose one relevant item stands at these ranks."""
    at = {"dense": dense, "lexical": lexical, "hybrid": hybrid, "reranked": hybrid}
    rankings = {ranking: [*(f"x{n}" for n in range(1, rank)), "right"] for ranking, rank in at.items()}
    return Result(identifier, "Who?", True, ["x"], relevant={"right": 1}, rankings=rankings)


def test_hybrid_is_compared_with_each_leg_by_question(asking: Asking, tmp_path: Path) -> None:
    results = [ranked("1", 2, 1, 1), ranked("2", 4, 1, 2), ranked("3", 1, 4, 1)]
    made = figures(results, "retrieval")
    for leg, expected in {"dense": (1 / 2 + 1 / 4 + 0) / 3, "lexical": (0 - 1 / 2 + 3 / 4) / 3}.items():
        name = f"differences.hybrid-{leg}.RR@10"
        assert made.value(name) == pytest.approx(expected)
        ours, theirs = (made.means[f"retrieval.{ranking}.RR@10"] for ranking in ("hybrid", leg))
        assert made.intervals[name] == pytest.approx(paired(ours, theirs, ["1", "2", "3"]).interval)
    write_outputs(tmp_path, settings(asking), results, made, None)
    said = json.loads((tmp_path / "report.json").read_text())
    assert set(said["retrieval"]) == {"dense", "lexical", "hybrid", "reranked"}
    assert said["differences"]["hybrid-dense"]["RR@10"] == pytest.approx(1 / 4)
    assert said["intervals"]["differences.hybrid-dense.RR@10"] == [0, 0.5]
    report_md, page = ((tmp_path / f"report.{kind}").read_text() for kind in ("md", "html"))
    assert "| RR@10 | +0.250 (+0.000 to +0.500) | +0.083 (-0.500 to +0.750) |" in report_md
    assert "+0.250<small>+0.000 to +0.500</small>" in page and ">hybrid − lexical</th>" in page


def test_a_run_goes_on_where_it_was_stopped(asking: Asking, tmp_path: Path) -> None:
    folder, whole = Folder(tmp_path / "run"), ask_all(asking)
    assert folder.begin(settings(asking), resume=False) == {}
    for result in whole[:2]:
        folder.add(result)
    with (tmp_path / "run" / RESULTS).open("a") as file:
        file.write('{"id": "q3", "quest')  # killed while it wrote
    done = folder.begin(settings(asking), resume=True)
    assert list(done) == ["q1", "q2"]
    again: list[str] = []

    def keep(result: Result) -> None:
        again.append(result.id)
        folder.add(result)

    results = list(run(asking, QUESTIONS, done=done, keep=keep, progress=lambda *_: None))
    assert again == ["q3"]
    assert [replace(r, timings={}) for r in folder.results()] == [replace(r, timings={}) for r in whole]
    assert [r.id for r in results] == ["q1", "q2", "q3"]


def test_odd_separators_within_a_question_do_not_break_the_file(asking: Asking, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(settings(asking), resume=False)
    odd = Result("o", "line\u2028and\x85and\r\nmore", True, ["a\x0bb"])
    folder.add(odd)
    assert folder.results() == [odd]


def test_a_folder_of_another_run_is_refused(asking: Asking, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(settings(asking), resume=False)
    with pytest.raises(InvalidRun, match="add --resume"):
        folder.begin(settings(asking), resume=False)
    with pytest.raises(InvalidRun, match="had other settings"):
        folder.begin(replace(settings(asking), seed=2), resume=True)
    with pytest.raises(InvalidRun, match="holds no run"):
        Folder(tmp_path / "nowhere").results()
    (tmp_path / RESULTS).write_text('{"odd": 1}\n')
    with pytest.raises(InvalidRun, match=r"results\.jsonl:1 is no result"):
        folder.results()


def test_a_sample_is_drawn_by_its_seed_in_the_order_of_the_set() -> None:
    many = Dataset("many", "questions", [Question(str(n), "?") for n in range(100)])
    numbers = [int(q.id) for q in drawn(many, 10, 1)]
    assert numbers == sorted(numbers) == [int(q.id) for q in drawn(many, 10, 1)]
    assert numbers != [int(q.id) for q in drawn(many, 10, 2)]
    assert drawn(many, 1000, 1) == many.questions


def improved(result: Result) -> Result:
    return replace(
        result, answer=result.golds[0] if result.golds else None, best=result.golds[0] if result.golds else "x"
    )


def test_what_got_better_is_named(asking: Asking) -> None:
    before = ask_all(asking)
    found = compare([improved(result) for result in before], before, "open")
    assert [moved.id for moved in found.better] == ["q2", "q3"] and found.worse == []
    assert (found.better[0].before, found.better[0].now) == ("strangers", "at dawn")
    assert (found.better[1].before, found.better[1].now) == ("strangers", "abstained")
    assert found.changes["answers.f1"].paired.difference == pytest.approx(2 / 3)
    assert {kind: change.now for kind, change in found.by_type.items()} == {"who": 1, "when": 1, "far": 1}
    assert found.warning and "may be chance" in found.warning
    assert not found.changes["answers.f1"].significant, "three questions prove nothing"


def test_many_questions_prove_a_difference(asking: Asking) -> None:
    before = [replace(result, id=f"{result.id}-{n}") for n in range(40) for result in ask_all(asking)]
    found = compare([improved(result) for result in before], before, "open")
    assert found.changes["answers.f1"].significant
    with pytest.raises(InvalidDataset, match="asked none of these"):
        compare(before, ask_all(asking), "open")


@pytest.mark.parametrize("text", ["f1", "f1>0.5", "f1>=", ">=0.5", "f1>=x", "a b>=1"])
def test_what_is_no_gate(text: str) -> None:
    with pytest.raises(InvalidGate, match="is no gate"):
        parse_gate(text)


def test_gates() -> None:
    made = {"answers.f1": 0.7, "answers.ece": 0.04, "answers.auroc": float("nan")}
    good = [parse_gate(text) for text in ("answers.f1>=0.7", "answers.ece <= 5e-2")]
    assert missed(good, made) == []
    bad = [parse_gate(text) for text in ("answers.f1>=0.71", "answers.ece<=.03", "answers.auroc>=0")]
    assert [sentence.split()[0] for sentence in missed(bad, made)] == ["answers.f1", "answers.ece", "answers.auroc"]
    assert missed([parse_gate("answers.aurc<=1")], made) == [
        "answers.aurc could not be measured, and the gate asks for <= 1."
    ]
    with pytest.raises(InvalidGate, match=r"no measure 'f1' here; the nearest are: answers\.f1"):
        check_names([parse_gate("f1>=0.5")], made)


@pytest.mark.parametrize("mode", ["open", "retrieval"])
def test_the_names_of_figures_are_known_before_a_run(asking: Asking, mode: Mode) -> None:
    made = figures(ask_all(Asking(DATASET, asking.answerer, mode, top_k=8)), mode)
    assert set(made.values()) <= names(mode)
    assert names(mode) - set(made.values()) <= {"answers.ece"}


def test_the_outputs(asking: Asking, tmp_path: Path) -> None:
    results = ask_all(asking)
    made = figures(results, "open")
    write_outputs(tmp_path, settings(asking), results, made, compare(results, results, "open"))
    said = json.loads((tmp_path / "report.json").read_text())
    assert said["retrieval"]["hybrid"]["RR@10"] == 1 and said["answers"]["f1"] == pytest.approx(1 / 3)
    assert said["intervals"]["answers.f1"] == list(made.intervals["answers.f1"])
    assert said["timings_ms"]["p50"] > 0
    assert said["index"] == {"generation": asking.index.generation, "encoder": "hash", "reader": "fixed"}
    assert "| far | 1 | answered without evidence 1 |" in (tmp_path / "report.md").read_text()
    assert "| RR@10 | 1.000 (0.342 to 1.000) |" in (tmp_path / "report.md").read_text()


def test_the_page_needs_nothing_from_outside_and_escapes_all_text(asking: Asking) -> None:
    hostile = "<script>alert(1)</script>"
    results = [replace(result, question=hostile, answer=hostile, type=hostile) for result in ask_all(asking)]
    page = report.page(settings(asking), results, figures(results, "open"))
    assert hostile not in page and page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6
    assert "&lt;b&gt;all day&lt;/b&gt;" in page, "the passage is shown as text"
    assert not re.findall(r"""(?:src|href)\s*=|url\(|@import|https?:""", page)
    assert page.count("<script>") == 1


def test_the_found_span_is_marked_in_its_passage(asking: Asking) -> None:
    page = report.page(settings(asking), ask_all(asking), figures(ask_all(asking), "open"))
    assert '<span class="quote">Dogs bark at </span><mark>strangers</mark><span class="quote">.</span>' in page


def test_names_are_nested_as_the_contract_has_them() -> None:
    assert nested({"answers.f1": 1, "retrieval.hybrid.RR@10": 2}) == {
        "answers": {"f1": 1},
        "retrieval": {"hybrid": {"RR@10": 2}},
    }


def question(
    identifier: str, text: str, answers: tuple[str, ...], evidence: tuple[str, ...], answerable: bool
) -> Question:
    return Question(identifier, text, answers, evidence, answerable, line=int(identifier))


def test_a_good_set_has_no_findings(index: Index) -> None:
    assert check(DATASET, index.documents.values()) == []


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (question("1", "Who?", ("strangers",), ("Dogs bark at thieves.",), True), "“Dogs bark at thieves.” is not"),
        (question("1", "Who?", ("thieves",), ("Dogs bark at strangers.",), True), "“thieves” is not in the evidence"),
        (question("1", "Who?", (), ("Dogs bark at strangers.",), True), "names no answer"),
        (question("1", "Who?", ("strangers",), (), True), "names no evidence"),
        (question("1", "Who?", ("strangers",), (), False), "is unanswerable and names an answer"),
        (question("1", "Do cats sleep all day?", (), (), False), "all of its words stand in “Cats sleep"),
    ],
)  # fmt: skip
def test_findings_name_what_is_wrong(index: Index, asked: Question, problem: str) -> None:
    findings = check(Dataset("odd", "questions", [asked]), index.documents.values())
    assert any(problem in finding.problem and finding.line == 1 for finding in findings), findings


def test_a_repeated_question_is_found(index: Index) -> None:
    twice = [replace(QUESTIONS[0], id=name) for name in ("a", "b")]
    (finding,) = check(Dataset("odd", "questions", twice), index.documents.values())
    assert (finding.id, finding.problem) == ("b", "asks the same as 'a'; remove one")


def test_the_pool_puts_disagreement_first(tmp_path: Path) -> None:
    texts = {f"{n}.txt": f"Filler number {n} about nothing." for n in range(30)} | {"x.txt": "zebra zebra"}
    index = Index.build([document(*row) for row in texts.items()], tmp_path, encoder=HashEncoder())
    questions = [Question("agree", "filler number about nothing"), Question("differ", "zebra")]
    lines = [json.loads(line) for line in pool(Dataset("p", "questions", questions), index, 2)]
    assert [line["agreement"] for line in lines] == sorted(line["agreement"] for line in lines)
    assert lines[0]["passages"] and set(lines[0]) >= {"id", "question", "answers", "evidence", "answerable"}


def test_squad_sets_open_and_given_the_paragraph(tmp_path: Path) -> None:
    documents = [
        document("A/0", "Dogs bark at strangers.", title="A"),
        document("B/0", "Cats meet strangers.", title="B"),
    ]
    questions = [
        Question("1", "Who do dogs bark at?", ("strangers",), relevant={"A/0": 1}, document="A/0", cluster="A"),
        Question("2", "Who sings?", answerable=False, relevant={}, document="B/0", cluster="B"),
    ]
    dataset = Dataset("squad", "squad", questions, documents)
    answerer = Answerer(
        Index.build(documents, tmp_path, encoder=HashEncoder()), reader=FixedReader({"strangers": -1.0})
    )
    given = [Asking(dataset, answerer, "reader", top_k=8).ask(q) for q in questions]
    assert [(r.best, r.answer) for r in given] == [("strangers", None), ("strangers", None)]
    made = figures(given, "reader").values()
    assert (made["answers.forced_f1"], made["answers.best_f1"]) == (1, 0.5)
    assert not [name for name in made if name.startswith("retrieval")]
    (first, _) = [Asking(dataset, answerer, "open", top_k=8).ask(q) for q in questions]
    assert first.rank_in("hybrid") == 1 and first.evidence_hit is True


def test_progress_is_told(asking: Asking) -> None:
    seen: list[tuple[int, int]] = []
    note: Callable[[int, int], None] = lambda done, total: seen.append((done, total))  # noqa: E731
    list(run(asking, QUESTIONS, done={}, keep=lambda _: None, progress=note))
    assert seen == [(1, 3), (2, 3), (3, 3)]
