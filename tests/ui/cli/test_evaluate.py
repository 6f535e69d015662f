"""``pincite evaluate`` as evaluators meet it."""

import json
import signal
import subprocess
import time
from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, nDCG

from qa.types import Answer
from tests.ui.commands import PINCITE, REPOSITORY, environment, run
from ui.chat.entries import Entry
from ui.chat.feedback import Feedback

GOLD = str(REPOSITORY / "tests" / "gold" / "the-last-holdout.jsonl")
SOME = ("--sample", "25", "--seed", "3")


@pytest.fixture(scope="module")
def output(folder: Path) -> Path:
    """A finished run."""
    done = run(folder, "evaluate", GOLD, *SOME, "--output", "one")
    assert (
        "25 questions, mode open" in done.stdout
        and "RR@10" in done.stdout
        and "hybrid − lexical" in done.stdout
        and "citations verbatim" in done.stdout.lower()
    )
    return folder / "one"


def test_what_is_wrong_is_told_before_anything_is_asked(folder: Path) -> None:
    taken = folder / "taken.txt"
    taken.write_text("A file.")
    told = run(folder, "evaluate", GOLD, *SOME, "--output", str(taken), code=1).stderr
    assert "cannot be an output folder" in told and "Asking" not in told
    told = run(folder, "evaluate", GOLD, *SOME, "--baseline", str(folder / "nowhere"), code=1).stderr
    assert "nowhere" in told and "Asking" not in told
    told = run(folder, "evaluate", GOLD, *SOME, "--gate", "answers.fone>=0.5", code=2).stderr
    assert "answers.f1" in told and len(told) < 1000


def test_the_files_of_a_run_give_its_figures_to_other_tools(output: Path) -> None:
    said = json.loads((output / "report.json").read_text())
    qrels = list(ir_measures.read_trec_qrels(str(output / "qrels.trec")))
    for ranking in ("dense", "lexical", "hybrid", "reranked"):
        theirs = ir_measures.calc_aggregate(
            [RR @ 10, nDCG @ 10], qrels, ir_measures.read_trec_run(str(output / f"run.{ranking}.trec"))
        )
        for measure, figure in theirs.items():
            assert figure == pytest.approx(said["retrieval"][ranking][str(measure)], abs=1e-9)
    assert said["answers"]["citation_exact"] == 1
    for leg in ("dense", "lexical"):
        gain = said["retrieval"]["hybrid"]["RR@10"] - said["retrieval"][leg]["RR@10"]
        assert said["differences"][f"hybrid-{leg}"]["RR@10"] == pytest.approx(gain, abs=1e-9)


def test_json_is_one_line_of_the_contract(folder: Path, output: Path) -> None:
    done = run(folder, "evaluate", GOLD, *SOME, "--json", "--baseline", str(output))
    said = json.loads(done.stdout)
    assert {"dataset", "mode", "questions", "seed", "retrieval", "answers", "intervals", "timings_ms", "index"} <= set(
        said
    )
    earlier = json.loads((output / "report.json").read_text())
    told = [
        json.dumps({name: value for name, value in figures.items() if name not in {"timings_ms", "comparison"}})
        for figures in (earlier, said)
    ]
    assert told[0] == told[1], "two runs give the same bytes, apart from times"
    assert (said["comparison"]["better"], said["comparison"]["worse"]) == ([], [])


def test_gates_decide_the_exit_code(folder: Path) -> None:
    retrieval = ("evaluate", GOLD, "--sample", "10", "--mode", "retrieval")
    run(folder, *retrieval, "--gate", "retrieval.hybrid.RR@10>=0.1")
    done = run(folder, *retrieval, "--gate", "retrieval.hybrid.RR@10>=1.1", code=4)
    assert "Gate missed: retrieval.hybrid.RR@10 is " in done.stderr
    unknown = run(folder, *retrieval, "--gate", "f1>=0.1", code=2)
    assert "no measure 'f1'" in unknown.stderr and "Asking" not in unknown.stderr, "told before anything is asked"
    assert "is no gate" in run(folder, *retrieval, "--gate", "f1", code=2).stderr


def test_a_run_that_is_stopped_goes_on(folder: Path, output: Path) -> None:
    arguments = ("evaluate", GOLD, *SOME, "--output", "two")
    running = subprocess.Popen(
        [*PINCITE, *arguments],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A background job inherits that the signal is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    results = folder / "two" / "results.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (results.exists() and results.read_text().count("\n") >= 3):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=120)
    assert running.returncode == 130 and "--resume goes on" in told, told
    assert (folder / "two" / "report.html").exists(), "what is done is written"
    before = results.read_text()
    assert "add --resume" in run(folder, *arguments, code=1).stderr
    run(folder, *arguments, "--resume")
    assert results.read_text().startswith(before), "nothing is asked twice"
    figures = [json.loads((path / "report.json").read_text())["answers"] for path in (output, folder / "two")]
    assert figures[0] == figures[1]


def test_a_set_is_looked_over_with_line_numbers(folder: Path) -> None:
    assert "0 findings" in run(folder, "dataset", "check", GOLD).stderr
    row = {"id": "x", "question": "Who?", "answers": ["Nobody"], "evidence": ["Nobody said so."], "answerable": True}
    (folder / "mine.jsonl").write_text("\n" + json.dumps(row) + "\n")
    done = run(folder, "dataset", "check", "mine.jsonl", code=1)
    assert "line 2, x: the evidence “Nobody said so.” is not in the corpus" in done.stdout


def test_what_readers_said_of_answers_is_a_set_to_look_over(folder: Path) -> None:
    answer = Answer("Who owns it?", "Who owns it?", None, 0.1, "low_confidence", "The documents do not say.")
    Feedback(folder / "opinions.jsonl").keep(Entry("Who owns it?", answer, rating="down"), [])
    done = run(folder, "dataset", "check", "opinions.jsonl", code=1)
    assert "line 1, " in done.stdout and "not labelled" in done.stdout


def test_a_pool_to_label(folder: Path) -> None:
    run(folder, "dataset", "pool", GOLD, "pool.jsonl")
    lines = [json.loads(line) for line in (folder / "pool.jsonl").read_text().splitlines()]
    assert len(lines) == 50 and lines[0]["agreement"] <= lines[-1]["agreement"]


def test_confidence_is_fitted_for_the_index_and_used(folder: Path) -> None:
    run(folder, "index", "--builtin", "--index", "fitted")
    rows = Path(GOLD).read_text().splitlines()
    (folder / "third.jsonl").write_text("\n".join(rows[::3]) + "\n")
    done = run(folder, "fit-confidence", "third.jsonl", "--index", "fitted")
    assert "Fitted on 75 questions" in done.stdout and "AUROC" in done.stdout
    assert (folder / "fitted" / "confidence.json").exists()
    body = json.loads(run(folder, "ask", "Who is Meta's spokesperson?", "--json", "--index", "fitted").stdout)
    assert body["confidence"] > 0.5
    again = json.loads(run(folder, "fit-confidence", "third.jsonl", "--index", "fitted", "--json").stdout)
    assert again["questions"] == 75 and 0.5 < again["auroc"] <= 1 and 0 <= again["ece"] < 0.5
    (folder / "few.jsonl").write_text(rows[0] + "\n")
    done = run(folder, "fit-confidence", "few.jsonl", "--index", "fitted", code=1)
    assert "needs at least 25 questions" in done.stderr


def test_the_flags_of_before_lead_to_the_commands(folder: Path) -> None:
    told = run(folder, "evaluate", GOLD, "--check").stderr
    assert "0 findings" in told and "pincite dataset check" in told
    told = run(folder, "evaluate", GOLD, "--pool", "pool.jsonl").stderr
    assert "Wrote 50 questions" in told and "pincite dataset pool" in told


@pytest.mark.parametrize("instead", [("--check",), ("--pool", "pool.jsonl"), ("--fit-confidence",)])
def test_what_makes_no_run_takes_no_flags_of_a_run(folder: Path, instead: tuple[str, ...]) -> None:
    done = run(folder, "evaluate", GOLD, *instead, "--gate", "answers.f1>=0.7", "--top-k", "3", code=2)
    assert "leave out --gate and --top-k" in done.stderr


def squad(path: Path) -> str:
    contexts = {f"{word} live in {place}.": (word, place) for word, place in (("Cats", "Rome"), ("Owls", "Oslo"))}
    paragraphs = [
        {
            "context": context,
            "qas": [
                {
                    "id": word,
                    "question": f"Where do {word} live?",
                    "answers": [{"text": place, "answer_start": len(word) + 9}],
                },
                {"id": f"{word}-no", "question": f"What do {word} eat?", "answers": [], "is_impossible": True},
            ],
        }
        for context, (word, place) in contexts.items()
    ]
    path.write_text(json.dumps({"data": [{"title": "Animals", "paragraphs": paragraphs}]}))
    return str(path)


@pytest.mark.parametrize("mode", ["reader", "open"])
def test_a_squad_file_with_its_own_documents(folder: Path, tmp_path: Path, mode: str) -> None:
    said = json.loads(run(folder, "evaluate", squad(tmp_path / "s.json"), "--mode", mode, "--json").stdout)
    assert (said["questions"], said["mode"]) == (4, mode)
    assert said["answers"]["forced_exact"] == 1
    assert ("retrieval" in said) == (mode == "open")


def test_a_beir_folder(folder: Path) -> None:
    beir = folder / "beir"
    (beir / "qrels").mkdir(parents=True)
    (beir / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "", "text": "apple pear"}\n{"_id": "d2", "text": "plum"}\n'
    )
    (beir / "queries.jsonl").write_text('{"_id": "q1", "text": "plum"}\n')
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\n")
    said = json.loads(run(folder, "evaluate", "beir", "--json").stdout)
    assert (said["mode"], said["retrieval"]["hybrid"]["nDCG@10"]) == ("retrieval", 1)
    assert "use --mode retrieval" in run(folder, "evaluate", "beir", "--mode", "open", code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("nowhere.jsonl",), 1, "There is no file or folder"),
        ((GOLD, "--resume"), 2, "--output"),
        ((GOLD, "--baseline", "nowhere", "--sample", "2"), 1, "holds no run"),
        ((GOLD, "--mode", "reader"), 1, "use --mode open"),
        ((GOLD, "--sample", "0"), 2, "--sample"),
    ],
)
def test_mistakes(folder: Path, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    assert sentence in run(folder, "evaluate", *arguments, code=code).stderr
