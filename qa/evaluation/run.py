"""A run: every question of a set asked, each result on disk as soon as it is there, so that a run can go on later."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from corpus.digest import digest
from qa.evaluation.data.formats import Dataset, Question
from qa.evaluation.errors import InvalidRun
from qa.evaluation.result import Asking, Mode, Result

RESULTS, SETTINGS = "results.jsonl", "settings.json"
Progress = Callable[[int, int], None]
"""Called with (questions done, questions in all)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was made with: two runs of the same settings give the same figures."""

    dataset: str
    questions_digest: str
    mode: Mode
    questions: int
    sample: int | None
    seed: int
    top_k: int
    generation: str
    encoder: str
    reader: str


def settings_of(asking: Asking, questions: Sequence[Question], *, sample: int | None, seed: int) -> Settings:
    """The settings of asking these questions."""
    rows = [asdict(question) for question in questions]
    for row in rows:
        del row["doc_ids"]  # no set's format holds them, and runs from before they were a field keep their digest
    return Settings(
        dataset=asking.dataset.name,
        questions_digest=digest(json.dumps(rows, sort_keys=True).encode()),
        mode=asking.mode,
        questions=len(questions),
        sample=sample,
        seed=seed,
        top_k=asking.top_k,
        generation=asking.index.generation,
        encoder=asking.index.encoder.name,
        reader=asking.answerer.reader.name,
    )


def drawn(dataset: Dataset, sample: int | None, seed: int) -> list[Question]:
    """All questions, or some drawn from the seed, in the order of the set."""
    if sample is None or sample >= len(dataset.questions):
        return dataset.questions
    chosen = Random(seed).sample(range(len(dataset.questions)), sample)  # noqa: S311 - the same seed draws the same
    return [dataset.questions[n] for n in sorted(chosen)]


class Folder:
    """An output folder. Results are appended as they come, and a line that was cut off is asked again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, settings: Settings, *, resume: bool) -> dict[str, Result]:
        """Make the folder ready and give back the results that are there already. Raises InvalidRun."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidRun(
                f"{self.path} cannot be an output folder ({error.strerror}); name another with --output."
            ) from error
        there = (self.path / RESULTS).exists()
        if there and not resume:
            raise InvalidRun(f"{self.path} holds a run already; add --resume to go on with it, or name another folder.")
        if there and self.settings() != settings:
            raise InvalidRun(f"The run in {self.path} had other settings or another index; name another folder.")
        results = {result.id: result for result in self.results()} if there else {}
        text = json.dumps(asdict(settings), indent=1) + "\n"
        (self.path / SETTINGS).write_text(text, encoding="utf-8")
        (self.path / RESULTS).write_text("".join(_line(result) for result in results.values()), encoding="utf-8")
        return results

    def add(self, result: Result) -> None:
        """Append one result."""
        with (self.path / RESULTS).open("a", encoding="utf-8") as file:
            file.write(_line(result))

    def settings(self) -> Settings:
        """Raises InvalidRun."""
        try:
            return Settings(**json.loads((self.path / SETTINGS).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise InvalidRun(f"{self.path} is no output folder of this version ({error}); name another.") from error

    def results(self) -> list[Result]:
        """In the order asked. Raises InvalidRun."""
        return list(self._whole_lines())

    def _whole_lines(self) -> Iterator[Result]:
        try:
            with (self.path / RESULTS).open(encoding="utf-8", newline="\n") as file:
                lines = file.readlines()
        except (OSError, ValueError) as error:
            raise InvalidRun(f"{self.path} holds no run ({error}); name the output folder of one.") from error
        for number, line in enumerate(lines, start=1):
            if number == len(lines) and not line.endswith("\n"):
                return  # the run was killed while it wrote this one
            try:
                yield Result.from_json(json.loads(line))
            except (ValueError, TypeError) as error:
                raise InvalidRun(
                    f"{self.path / RESULTS}:{number} is no result of this version ({error}); run again."
                ) from error


def run(
    asking: Asking,
    questions: Sequence[Question],
    *,
    done: dict[str, Result],
    keep: Callable[[Result], None],
    progress: Progress,
) -> Iterator[Result]:
    """The result of each question, in order; those of ``done`` are not asked again."""
    for number, question in enumerate(questions, start=1):
        if question.id in done:
            yield done[question.id]
        else:
            result = asking.ask(question)
            keep(result)
            yield result
        progress(number, len(questions))


def _line(result: Result) -> str:
    return json.dumps(result.to_json(), ensure_ascii=False) + "\n"
