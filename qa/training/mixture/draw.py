"""Passes drawn from what ``prepare`` wrote: examples into rows of tokens."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from qa.training.data.examples import SENTENCES, read_examples
from qa.training.data.features import training_features
from qa.training.data.pieces import sentence_table
from qa.training.data.shards import Rows, write_shard
from qa.training.mixture.negatives import all_pieces, read_hard
from qa.training.mixture.passes import Group, Material, one_pass
from qa.training.mixture.shares import Shares
from qa.training.mixture.synonyms import SYNONYMS, read_synonyms

_SHARD = 10_000  # groups


def read_material(work: Path, tokenizer: Tokenizer) -> Material:
    """What `prepare` wrote, with the sentences and pieces of the contexts."""
    examples = read_examples(work / "train.jsonl.gz")
    table = sentence_table((e.context for e in examples if e.source not in SENTENCES), tokenizer)
    pieces, hard = all_pieces(examples, table), read_hard(work / "hard.json.gz")
    return Material(examples, table, pieces, hard, read_synonyms(work / SYNONYMS))


def pass_of(material: Material, tokenizer: Tokenizer, shares: Shares, seed: int, number: int) -> list[Rows]:
    """The rows of a pass; the same seed and number give the same."""
    return rows_of(one_pass(material, shares, seed, number), tokenizer)


def rows_of(groups: Sequence[Group], tokenizer: Tokenizer) -> list[Rows]:
    """The features of each group; groups whose answer no window holds whole are left out."""
    features = iter(training_features([e for group in groups for e in group], tokenizer))
    rows = [[next(features) for _ in group] for group in groups]
    return [tuple(f for f in row if f is not None) for row in rows if None not in row]


def write_passes(
    material: Material, tokenizer: Tokenizer, shares: Shares, folder: Path, passes: int, seed: int
) -> None:
    """So many passes as files, each in a folder of its number, for a machine that has neither the data nor this."""
    for number in range(passes):
        (folder / str(number)).mkdir(parents=True, exist_ok=True)
        rows = pass_of(material, tokenizer, shares, seed, number)
        for first in range(0, len(rows), _SHARD):
            write_shard(rows[first : first + _SHARD], folder / str(number) / f"{first // _SHARD:05}.safetensors")
