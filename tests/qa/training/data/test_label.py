"""A teacher's labels: drawn, read, kept and learnt from."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from qa.training.data.batches import collate
from qa.training.data.examples import Example
from qa.training.data.features import Feature
from qa.training.data.label import label, labelled
from qa.training.data.pieces import Piece, Sentence
from qa.training.data.shards import read_shards
from qa.training.mixture.passes import Material
from qa.training.model import distillation_loss
from qa.training.train import Pace, Recipe, step, steps
from tests.qa.training.test_train import one_thread, start

__all__ = ["one_thread"]
WORDS = [f"w{n}" for n in range(60)]
PEAK = 7.5


def tokenizer(*marks: str) -> Tokenizer:
    made = Tokenizer(models.WordLevel({w: n for n, w in enumerate(["?", *marks, *WORDS])}, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


BOTH = (tokenizer("[CLS]", "[SEP]"), tokenizer("<s>", "</s>", "<pad>"))


def teacher(features: list[Feature]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Believes the second word of each passage more than null."""
    found = []
    for feature in features:
        assert feature.ids[0] == 1 and feature.ids[-1] == 2, "MPNet's marks"
        logits = np.full(len(feature.ids), -np.inf, dtype=np.float32)
        logits[[0, *range(feature.first, len(feature.ids) - 1)]] = 0.5
        logits[feature.first + 1] = 0.5 + PEAK
        found.append((logits, logits))
    return found


def example(number: int, words: int = 8) -> Example:
    context = " ".join(WORDS[(number + i) % 50] for i in range(words))
    answer = context.split()[1]
    at = context.index(answer)
    return Example(str(number), f"w{number % 50} ?", context, ((answer, at),), True, f"t{number}", "squad", at)


@pytest.fixture
def material() -> Material:
    examples = [example(n) for n in range(30)]
    table = {e.context: [Sentence(0, len(e.context), 8)] for e in examples}
    pieces = [Piece(e.title, e.context, 0, len(e.context)) for e in examples]
    return Material(examples, table, pieces, {str(n): [(n + 9) % 30] for n in range(30)})


def test_the_teachers_logits_stand_at_the_students_tokens() -> None:
    ((feature,),) = labelled([(example(1),)], BOTH, teacher)
    assert feature.soft is not None and feature.soft.shape == (9, 2)
    assert feature.soft[0].tolist() == [0, 0] and feature.soft[2].tolist() == [PEAK, PEAK]
    soft = collate([(feature,)]).soft
    assert soft is not None
    assert soft[0, feature.first + 1].tolist() == [PEAK, PEAK]
    assert feature.start == feature.first + 1, "which is where the label is too"
    assert torch.isfinite(soft[0, :, 0]).tolist() == [True, *[False] * (feature.first - 1), *[True] * 8, False]


def test_a_passage_that_has_to_be_cut_is_left_out() -> None:
    ((left,),) = labelled([(example(1, words=400),), (example(2),)], BOTH, teacher)
    ((alone,),) = labelled([(example(2),)], BOTH, teacher)
    assert left.ids.tolist() == alone.ids.tolist()


def test_labelling_goes_on_where_it_stopped(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.training.data.label.SHARD", 20)
    label(material, BOTH, teacher, tmp_path, 2, seed=1)
    first = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    (tmp_path / "00001.safetensors").unlink()
    read: list[int] = []

    def counted(features: list[Feature]) -> list[tuple[np.ndarray, np.ndarray]]:
        read.append(len(features))
        return teacher(features)

    label(material, BOTH, counted, tmp_path, 2, seed=1)
    assert len(read) == 1, "only what was missing"
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == first
    rows = read_shards(tmp_path)
    assert 30 < len(rows) <= 40 and any(len(group) > 1 for group in rows)
    assert all(f.soft is not None and len(f.soft) == len(f.ids) - f.first for group in rows for f in group)
    with pytest.raises(FileNotFoundError, match="draw or label"):
        read_shards(tmp_path / "nothing")


def test_the_distance_to_a_teacher_by_hand() -> None:
    ours = torch.tensor([[0.0, 1.0, float("-inf")]])
    theirs = torch.tensor([[0.0, 3.0, float("-inf")]])
    soft = torch.stack([theirs, theirs], dim=2)
    wanted, had = torch.tensor([0.0, 3 / 2]).softmax(0), torch.tensor([0.0, 1 / 2]).softmax(0)
    divergence = (wanted * (wanted / had).log()).sum()
    null = torch.nn.functional.binary_cross_entropy(torch.tensor(1.0).sigmoid(), torch.tensor(3.0).sigmoid())
    expected = 4 * divergence + 0.2 * null
    torch.testing.assert_close(distillation_loss(ours, ours, soft, temperature=2.0, margin=0.2), expected)
    least = distillation_loss(theirs, theirs, soft, temperature=2.0, margin=0.0)
    torch.testing.assert_close(least, torch.tensor(0.0), atol=1e-6, rtol=0)


def test_a_student_learns_what_the_teacher_believes(material: Material, tmp_path: Path) -> None:
    label(material, BOTH, teacher, tmp_path, 1, seed=1)
    rows, recipe = read_shards(tmp_path), Recipe(rows=8, warm_up=1, teacher=1.0)
    run = start()
    batch, _ = next(steps(lambda _: rows, recipe, Pace(passes=3), 0))
    losses = [step(run, batch, recipe, Pace(), 10_000, torch.float32) for _ in range(60)]
    assert losses[-1] < 0.2 * losses[0]
