"""`python -m qa.training STEP`: the recipe, one step at a time. Each step says what it wrote."""

import argparse
import json
import logging
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from index.encoder.runtime import open_tokenizer
from qa.confidence import CALIBRATION, SHIPPED
from qa.reading import CAREFUL, QUICK, WAYS
from qa.training import develop
from qa.training.data.examples import (
    SENTENCES,
    Example,
    Part,
    read_folder,
    read_texts,
    split,
    write_examples,
    write_squad,
)
from qa.training.data.label import SHARD, label
from qa.training.data.pieces import sentence_table
from qa.training.mixture import kinds, nearmiss, negatives, tables
from qa.training.mixture.draw import read_material, write_passes
from qa.training.mixture.synonyms import SYNONYMS, WORDNET, read_wordnet, write_synonyms
from qa.training.ship.calibrate import calibrate
from qa.training.ship.compare import compare
from qa.training.ship.export import export, onnx_scorer, ship
from qa.training.train import LABELS, RECIPES, ROWS, Pace, train

LOG = logging.getLogger(__name__)
TABLES, TABLES_HELD_BACK = 2000, 150


def prepare(folder: Path, work: Path, pretrained: Path) -> None:
    """Read, split and write the examples; find hard negatives for the train part."""
    parts = split(read_folder(folder))
    held_back: tuple[Part, ...] = ("development", "calibration")
    for part in held_back:
        # As the texts stand: a list that is laid out anew would stand in its document twice.
        texts = {e.context for e in parts[part]}
        examples = by_rule(parts[part], [], TABLES_HELD_BACK, part)
        parts[part] += [e for e in examples if e.context in texts or e.id.startswith("table")]
    parts["train"] += by_rule(parts["train"], read_texts(folder), TABLES, "train")
    work.mkdir(parents=True, exist_ok=True)
    for part, members in parts.items():
        write_examples(members, work / f"{part}.jsonl.gz")
        if part != "train":
            write_squad(members, work / f"{part}.squad.json")
        counts = Counter(f"{e.source} {'answerable' if e.answerable else 'unanswerable'}" for e in members)
        LOG.info("%s: %s", part, dict(sorted(counts.items())))
    # A third of which cannot be answered, as the bars for the reader alone have it: `pincite evaluate --mode reader`.
    third = develop.sample(parts["report"], 1400, 700, seed=1)
    write_squad((e for e in third if e.source != "cross"), work / "report.third.squad.json")
    train_part = parts["train"]
    tokenizer = open_tokenizer(pretrained / "tokenizer.json")
    table = sentence_table((e.context for e in train_part if e.source not in SENTENCES), tokenizer)
    pieces = negatives.all_pieces(train_part, table)
    LOG.info("Ranking %d pieces for the train questions; this takes minutes.", len(pieces))
    mined = negatives.mine_hard(train_part, pieces)
    negatives.write_hard(mined, work / "hard.json.gz")
    LOG.info("hard negatives: %d for %d questions", sum(map(len, mined.values())), sum(map(bool, mined.values())))
    if (folder / WORDNET).is_dir():
        synonyms = read_wordnet(folder / WORDNET)
        write_synonyms(synonyms, work / SYNONYMS)
        LOG.info("synonyms: of %d forms of words", len(synonyms))
    else:
        LOG.info("No folder %s: no question will be put in other words by rule.", folder / WORDNET)


def by_rule(examples: Sequence[Example], texts: Sequence[tuple[str, str]], count: int, part: Part) -> list[Example]:
    """Questions made by rule: about the contexts of documents, about other texts, and so many about tables."""
    random = Random(f"by rule {part}")
    contexts = dict.fromkeys((e.title, e.context) for e in examples if e.source in ("squad", "tydi", "qed"))
    parts = [part for title, text in texts for part in kinds.paragraphs(title, text)]
    names = sorted(
        {n for known in nearmiss.mentions(examples).values() for k, ns in known.items() if "name" in k for n in ns}
    )
    return kinds.made_by_rule([*contexts, *parts], random) + tables.about_tables(names, count, random)


def main() -> None:
    """Parse the flags and run one step."""
    parser = argparse.ArgumentParser(prog="python -m qa.training", description=__doc__)
    parser.add_argument("step", choices=["prepare", "draw", "label", "train", "export", "calibrate"])
    parser.add_argument("--data", type=Path, help="folder of .jsonl[.gz] or official SQuAD .json files (prepare)")
    parser.add_argument("--work", type=Path, required=True, help="folder for everything large; outside the repository")
    parser.add_argument("--passes", type=float, default=3, help="over the data; may grow until the rate falls")
    parser.add_argument("--seconds", type=float, help="how long this run may take, whatever --passes says (train)")
    parser.add_argument("--stop-at", type=int, help="stop for now at this step")
    parser.add_argument("--start", type=Path, help="exported .onnx or checkpoint to train on from (train)")
    parser.add_argument(
        "--mean-with", type=Path, action="append", default=[], help="exported .onnx to average with; repeat it (export)"
    )
    parser.add_argument("--teacher", type=Path, help="folder of an exported reader that labels views (label)")
    parser.add_argument("--shards", type=int, default=50, help=f"of {SHARD} questions each (label)")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument("--compile", action="store_true", help="with torch.compile; needs a C++ compiler (train)")
    parser.add_argument("--reader", default="quick", help="quick, careful, both (calibrate alone), or a folder")
    parser.add_argument(
        "--pretrained",
        type=Path,
        required=True,
        help="folder of all-MiniLM-L6-v2 (quick) or all-mpnet-base-v2 (careful)",
    )
    parser.add_argument("--recipe", choices=RECIPES, default="quick", help="what is trained (draw, train)")
    parser.add_argument("--gold", type=Path, default=Path("tests/gold"), help="the article's question sets (calibrate)")
    flags = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    folder = {"quick": QUICK, "careful": CAREFUL}.get(flags.reader, Path(flags.reader))
    if flags.step == "prepare":
        if flags.data is None:
            parser.error("prepare needs --data DIR")
        prepare(flags.data, flags.work, flags.pretrained)
    elif flags.step == "train":
        pace = Pace(
            passes=flags.passes,
            seconds=flags.seconds,
            stop_at=flags.stop_at,
            precision=flags.precision,
            compiled=flags.compile,
        )
        train(flags.work, flags.pretrained, RECIPES[flags.recipe], pace, flags.start)
    elif flags.step == "draw":
        tokenizer, recipe = open_tokenizer(flags.pretrained / "tokenizer.json"), RECIPES[flags.recipe]
        material = read_material(flags.work, tokenizer)
        passes = math.ceil(flags.passes)
        write_passes(material, tokenizer, recipe.shares, flags.work / ROWS, passes, recipe.seed)
    elif flags.step == "label":
        if flags.teacher is None:
            parser.error("label needs --teacher DIR")
        tokenizers = [open_tokenizer(folder / "tokenizer.json") for folder in (flags.pretrained, flags.teacher)]
        teacher = onnx_scorer(flags.teacher / "model.onnx")
        material = read_material(flags.work, tokenizers[0])
        label(material, (tokenizers[0], tokenizers[1]), teacher, flags.work / LABELS, flags.shards, seed=1)
    elif flags.step == "calibrate":
        into = SHIPPED / f"{flags.reader}.json" if flags.reader in WAYS else folder / CALIBRATION
        LOG.info(json.dumps(calibrate(flags.work, flags.reader, into, flags.gold), indent=1))
    else:
        small = export(flags.work, flags.pretrained, flags.mean_with)
        ship(small, flags.pretrained / "tokenizer.json", folder)
        LOG.info("Wrote %s; comparing it with its full-precision parent.", flags.reader)
        LOG.info(json.dumps(compare(flags.work, open_tokenizer(flags.pretrained / "tokenizer.json")), indent=1))


if __name__ == "__main__":
    main()
