"""The training run: passes -> batches -> steps, with checkpoints, a log and development figures on the way."""

import hashlib
import json
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from index.encoder.runtime import open_tokenizer
from qa.reading.spans import Logits
from qa.training import checkpoint, develop
from qa.training.data.batches import Batch, collate, plan
from qa.training.data.examples import Example, read_examples
from qa.training.data.features import Feature
from qa.training.data.shards import Rows, read_shards
from qa.training.dropout import Masks
from qa.training.mixture.shares import CONTINUED, LISTWISE, Shares
from qa.training.model import (
    Precision,
    distillation_loss,
    freeze,
    keep_positions,
    load_reader,
    precision,
    span_logits,
    span_loss,
)
from qa.training.schedule import average, rate

LOG = logging.getLogger(__name__)

RowsOf = Callable[[int], list[Rows]]
"""The features of each group in a pass of that number."""
LABELS, ROWS = "labels", "rows"
"""Folders of a run's work: what a teacher has labelled, and the passes that were drawn beforehand."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes the weights; a run goes on only under the recipe it was started with."""

    seed: int = 1
    rows: int = 16
    body_rate: float = 1e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    dropout: float = 0.15
    warm_up: int = 400
    mean_decay: float = 0.9995
    shared_norm: float = 0.5
    shares: Shares = field(default_factory=Shares)
    frozen: int = 0  # layers that stay as they were pretrained, with the embeddings
    teacher: float = 0.0  # the share of the loss that a teacher's labels have
    temperature: float = 2.0
    margin: float = 0.2
    start: str = ""  # SHA-256 of the file whose weights were the first ones; empty for the pretrained ones

    def continued(self, start: Path) -> "Recipe":
        """A run that goes on from earlier weights, with draws of its own."""
        digest = hashlib.sha256(start.read_bytes()).hexdigest()
        return replace(self, seed=int(digest[:8], 16), start=digest)


RECIPES = {
    "quick": Recipe(),
    "quick-continued": Recipe(shares=CONTINUED),
    "distilled": Recipe(
        rows=128, body_rate=1.2e-4, head_rate=5e-4, dropout=0.1, warm_up=300, mean_decay=0.999, teacher=0.75
    ),
    "careful": Recipe(
        rows=128,
        body_rate=5e-5,
        head_rate=5e-4,
        dropout=0.1,
        warm_up=300,
        mean_decay=0.998,
        shared_norm=1.0,
        shares=LISTWISE,
    ),
}
"""The readers' recipes by name, of those that ship for an accelerator. MPNet's own for SQuAD has 2e-5 and 48 rows."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how: free to change when a run goes on. `passes` sets where the rate starts to fall (`decay`).

    Where a machine is lent by the minute, `seconds` is how long this run may take, whatever `passes` says: the steps
    that fit are estimated anew at each step, and the rate falls in time for the last.
    """

    passes: float = 3
    seconds: float | None = None
    decay: float = 0.6
    stop_at: int | None = None
    save_every: int = 500
    log_every: int = 50
    develop_every: int = 2000
    watched: int = 600  # development questions with an answer; half as many without one, and of other articles
    precision: Precision = "auto"
    compiled: bool = False


def train(work: Path, pretrained: Path, recipe: Recipe, pace: Pace, start: Path | None = None) -> None:
    """Start the run in `work`, or go on with it from its last checkpoint.

    `start` is a reader to begin with instead of the pretrained weights: an exported .onnx file, or a checkpoint (its
    average).
    """
    if start and start.suffix == ".onnx" and recipe.frozen:
        raise ValueError(f"{start} was rounded, and frozen layers would stay so unrecorded: start from a checkpoint.")
    recipe = recipe.continued(start) if start else recipe
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = precision(pace.precision, device)
    tokenizer = open_tokenizer(pretrained / "tokenizer.json")
    reader = load_reader(pretrained, recipe.seed, dtype=dtype)
    if start and start.suffix == ".onnx":
        from qa.training.ship.restore import restore

        restore(start, reader)
    elif start:
        checkpoint.load_mean(reader, start)
    freeze(reader, recipe.frozen)
    masks = Masks(reader, recipe.dropout, recipe.seed)
    reader.to(device)  # type: ignore[arg-type]  # transformers wraps it without its types
    if device.type == "cuda":
        keep_positions(reader)
    if pace.compiled:
        reader.base_model.compile(dynamic=True)
    run = checkpoint.start_run(
        reader, body_rate=recipe.body_rate, head_rate=recipe.head_rate, weight_decay=recipe.weight_decay
    )
    saved = work / "checkpoint.safetensors"
    if saved.exists():
        checkpoint.load(run, saved, asdict(recipe))
    LOG.info("%s step %d on %s in %s.", "Going on from" if run.step else "Starting at", run.step, device, dtype)
    rows_of = rows_of_run(work, tokenizer, recipe)
    watched = develop.sample(read_examples(work / "development.jsonl.gz"), pace.watched, pace.watched // 2, recipe.seed)
    log = Log(work / "log.jsonl", pace.log_every, run.step)
    started, first = time.perf_counter(), run.step
    for batch, planned in ahead(steps(rows_of, recipe, pace, run.step)):
        total = planned
        if pace.seconds and run.step > first:
            total = math.ceil(first + (run.step - first) * pace.seconds / (time.perf_counter() - started))
        masks.draw(run.step)
        loss = step(run, batch.to(device), recipe, pace, total, dtype)
        log.add(run.step, loss, len(batch.ids), run.optimizer.param_groups[0]["lr"])
        done = run.step >= total or run.step == pace.stop_at
        if run.step % pace.save_every == 0 or done:
            checkpoint.save(run, saved, asdict(recipe))
        if run.step % pace.develop_every == 0 or done:
            log.write({"step": run.step, **evaluate(run, watched, tokenizer, dtype)})
        if done:
            break
    LOG.info("Stopped at step %d of %d.", run.step, total)


def rows_of_run(work: Path, tokenizer: Tokenizer, recipe: Recipe) -> RowsOf:
    """What a teacher has labelled, for who learns from one; else the passes drawn into files, or each drawn anew."""
    if recipe.teacher:
        rows = read_shards(work / LABELS)
        return lambda _: rows
    if (work / ROWS).is_dir():
        return lambda number: read_shards(work / ROWS / str(number))
    from qa.training.mixture.draw import (  # whose libraries a machine that is given the rows can lack
        pass_of,
        read_material,
    )

    material = read_material(work, tokenizer)
    return lambda number: pass_of(material, tokenizer, recipe.shares, recipe.seed, number)


def steps(rows_of: RowsOf, recipe: Recipe, pace: Pace, done: int) -> Iterator[tuple[Batch, int]]:
    """The batches after the first `done`, with the (estimated) number of steps of the whole run.

    Passes differ by a few batches; the first pass times their number is the estimate, and ends the run.
    """
    total = at = number = 0
    while not total or at < total:
        rows = rows_of(number)
        batches = plan([[len(f.ids) for f in group] for group in rows], recipe.rows, recipe.seed, number)
        total = total or round(len(batches) * pace.passes)
        for batch in batches[: total - at]:
            at += 1
            if at > done:
                yield collate([rows[i] for i in batch]), total
        number += 1


def ahead(batches: Iterator[tuple[Batch, int]], most: int = 8) -> Iterator[tuple[Batch, int]]:
    """The same, made in a thread beside whoever takes them: an accelerator does not wait for its next batch."""
    with ThreadPoolExecutor(1) as maker:
        waiting = deque(maker.submit(next, batches, None) for _ in range(most))
        while (batch := waiting.popleft().result()) is not None:
            waiting.append(maker.submit(next, batches, None))
            yield batch


def step(run: checkpoint.Run, batch: Batch, recipe: Recipe, pace: Pace, total: int, dtype: torch.dtype) -> torch.Tensor:
    """One step of gradient descent and of the average; returns the loss, for which nobody waits."""
    share = rate(run.step, total, warm_up=recipe.warm_up, decay=pace.decay)
    for group in run.optimizer.param_groups:
        group["lr"] = group["base"] * share
    run.reader.train()
    start, end = span_logits(run.reader, batch, dtype)
    loss = span_loss(start, end, batch, recipe.shared_norm)
    if batch.soft is not None:
        taught = distillation_loss(start, end, batch.soft, temperature=recipe.temperature, margin=recipe.margin)
        loss = recipe.teacher * taught + (1 - recipe.teacher) * loss
    loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
    torch.nn.utils.clip_grad_norm_(run.reader.parameters(), recipe.clip)
    run.optimizer.step()
    run.optimizer.zero_grad()
    average(run.mean.values(), (p for _, p in checkpoint.trained(run.reader)), run.step, recipe.mean_decay)
    run.step += 1
    return loss.detach()


def evaluate(
    run: checkpoint.Run, examples: Sequence[Example], tokenizer: Tokenizer, dtype: torch.dtype
) -> dict[str, float]:
    """Development figures of the averaged weights; the current ones are put back."""
    weights: list[torch.Tensor] = [p for _, p in checkpoint.trained(run.reader)]
    current = [p.detach().clone() for p in weights]
    with torch.no_grad():
        torch._foreach_copy_(weights, list(run.mean.values()))
        predictions = develop.predict(examples, tokenizer, scorer(run.reader, dtype))
        torch._foreach_copy_(weights, current)
    return develop.figures(examples, predictions)


def scorer(reader: PreTrainedModel, dtype: torch.dtype, rows: int = 32) -> develop.Scorer:
    """Logits of features, batched by length, returned in the order asked."""

    def score(features: Sequence[Feature]) -> list[tuple[Logits, Logits]]:
        reader.eval()  # type: ignore[no-untyped-call]  # as transformers overrides it
        order = sorted(range(len(features)), key=lambda i: len(features[i].ids))
        logits: dict[int, tuple[Logits, Logits]] = {}
        for first in range(0, len(order), rows):
            members = order[first : first + rows]
            batch = collate([[features[i]] for i in members]).to(reader.device)
            with torch.inference_mode():
                start, end = span_logits(reader, batch, dtype)
            logits.update((i, (start[n].cpu().numpy(), end[n].cpu().numpy())) for n, i in enumerate(members))
        return [logits[i] for i in range(len(features))]

    return score


class Log:
    """JSON lines of a run: the mean loss and the speed of every few steps, and whatever else is written."""

    def __init__(self, path: Path, every: int, step: int) -> None:
        self.path, self.every, self.since = path, every, step
        self.losses: list[torch.Tensor] = []
        self.examples, self.started = 0, time.perf_counter()

    def add(self, step: int, loss: torch.Tensor, examples: int, lr: float) -> None:
        """Count one step, and write a line every so many."""
        self.losses.append(loss)
        self.examples += examples
        if step % self.every == 0:
            mean = round(torch.stack(self.losses).mean().item(), 4)
            seconds = time.perf_counter() - self.started
            self.write({"step": step, "loss": mean, "lr": lr, "examples_per_s": round(self.examples / seconds, 1)})
            self.losses, self.examples, self.started = [], 0, time.perf_counter()

    def write(self, line: dict[str, float]) -> None:
        """Append one line with the time of day."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": time.strftime("%F %T"), **line}) + "\n")
