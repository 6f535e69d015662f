import re
from collections import Counter
from random import Random

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from qa.evaluation.measures.answers import normalise
from qa.training.data.batches import plan
from qa.training.data.examples import Example
from qa.training.data.pieces import sentence_table
from qa.training.mixture import nearmiss, negatives, noise
from qa.training.mixture.passes import Material, one_pass
from qa.training.mixture.shares import CONTINUED, Shares

NAMES = ["Anna", "Boris", "Clara", "David", "Elena", "Felix"]
CITIES = ["Paris", "Vienna", "Oslo", "Lima", "Quito", "Cairo"]


def composer(article: int, number: int) -> list[Example]:
    name, city, year = NAMES[number], CITIES[(number + article) % 6], 1801 + 10 * number + 100 * article
    context = f"{name} first came to {city} in {year}. There was music by {name} everywhere. It rained a lot."
    title = f"Article_{article}"

    def ask(question: str, text: str) -> Example:
        at = context.index(text)
        return Example(f"{article}-{number}-{text}", question, context, ((text, at),), True, title, "squad", at)

    asked = [
        ask(f"When did the great {name} first come to {city}?", str(year)),
        ask(f"Who first came to {city} in {year}?", name),
    ]
    refused = Example(f"{article}-{number}-no", f"Did {name} sing?", context, (), False, title, "squad", 5)
    return [*asked, refused]


@pytest.fixture(scope="module")
def material() -> Material:
    examples = [e for article in range(3) for number in range(6) for e in composer(article, number)]
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = sentence_table((e.context for e in examples), tokenizer)
    pieces = negatives.all_pieces(examples, table)
    hard = {
        e.id: [n for n, p in enumerate(pieces) if not negatives.holds_answer(p.text, e.answers)][:10] for e in examples
    }
    return Material(examples, table, pieces, hard)


SHARES = Shares(hard=1, cross=1, near=1, topic=1, noise=0.5)


def test_no_negative_holds_an_answer_of_its_question(material: Material) -> None:
    gold = {e.id: e for e in material.examples}
    counts: Counter[str] = Counter()
    for number in range(5):
        for example in (e for group in one_pass(material, SHARES, 1, number) for e in group):
            counts[example.source] += 1
            if example.source in ("hard", "cross") and (asked := gold.get(example.id.split("~")[0])):
                assert not negatives.holds_answer(example.context, asked.answers)
            if example.answerable:
                text, start = example.answers[0]
                assert example.context[start : start + len(text)] == text
    assert set(counts) == {"squad", "hard", "cross", "near"}


def test_the_same_pass_is_made_twice_and_another_differs(material: Material) -> None:
    assert one_pass(material, SHARES, 1, 0) == one_pass(material, SHARES, 1, 0)
    assert one_pass(material, SHARES, 1, 0) != one_pass(material, SHARES, 1, 1)
    assert one_pass(material, SHARES, 1, 0) != one_pass(material, SHARES, 2, 0)


def test_a_continued_run_draws_fewer_passages_of_other_topics(material: Material) -> None:
    drawn = [one_pass(material, shares, 1, number) for shares in (Shares(), CONTINUED) for number in range(30)]
    pairs = [sum(len(group) == 2 for one in some for group in one) for some in (drawn[:30], drawn[30:])]
    assert 0 < pairs[1] < 0.7 * pairs[0]


def test_a_pair_asks_one_question(material: Material) -> None:
    pairs = [group for group in one_pass(material, SHARES, 1, 0) if len(group) == 2]
    assert pairs
    assert all(a.question == b.question and a.answerable and not b.answerable for a, b in pairs)


def test_noise_is_as_frequent_in_both_kinds(material: Material) -> None:
    originals = {e.question for e in material.examples}
    kinds: dict[bool, list[bool]] = {True: [], False: []}
    for number in range(40):
        for group in one_pass(material, Shares(hard=0, cross=0, near=0, topic=0, noise=0.5), 1, number):
            kinds[group[0].answerable].append(group[0].question not in originals)
    rates = [sum(changed) / len(changed) for changed in kinds.values()]
    assert all(0.35 < rate < 0.6 for rate in rates), rates


def test_answers_are_found_only_as_whole_words() -> None:
    assert negatives.holds_answer("He had the two.", [("two", 0)])
    assert not negatives.holds_answer("He went twofold.", [("two", 0)])
    assert negatives.holds_answer("Anything at all", [("The", 0)])
    for text, answer in (("in 776 BC.[8]", "776 BC"), ("from 590–604.", "604"), ("Ptolemy IV's fleet", "Ptolemy IV")):
        assert negatives.holds_answer(text, [(answer, 0)])


def test_a_swapped_in_thing_is_not_in_the_paragraph(material: Material) -> None:
    known = nearmiss.mentions(material.examples)
    made = 0
    for seed in range(10):
        for example in (e for e in material.examples if e.answerable):
            near = nearmiss.near_miss(example, known, Random(seed))
            if near is None or "n't" in near.question:
                continue
            made += 1
            new = set(normalise(near.question).split()) - set(normalise(example.question).split())
            assert new
            assert not new & set(normalise(example.context).split()), near.question
            assert not near.answerable
    assert made > 100


@pytest.mark.parametrize("kind", [noise.misspell, noise.keywords, noise.informal, noise.noisy])
def test_noise_is_deterministic_and_leaves_a_question(kind: noise.Noise) -> None:
    for question in ("Who?", "What is the population of Greater London?", "Ω ?", "When did they leave, and why?"):
        for seed in range(30):
            made = kind(question, Random(seed))
            assert made == kind(question, Random(seed))
            assert made


def test_a_misspelling_changes_one_word_by_one_slip() -> None:
    question = "Where did Chopin live?"
    for seed in range(50):
        changed = [
            (a, b)
            for a, b in zip(question.split(), noise.misspell(question, Random(seed)).split(), strict=True)
            if a != b
        ]
        assert len(changed) <= 1
        assert all(abs(len(a) - len(b)) <= 1 and len(re.findall(r"\w", a)) >= 4 for a, b in changed)


def test_keywords_keep_content_words() -> None:
    assert noise.keywords("What is the population of Greater London?", Random(0)) == "population greater london"


def test_batches_hold_every_group_once_within_the_limit_in_a_fixed_order() -> None:
    random = Random(0)
    lengths = [[random.randint(10, 300) for _ in range(random.choice((1, 1, 2)))] for _ in range(1000)]
    made = plan(lengths, 32, seed=1, number=0)
    assert sorted(i for batch in made for i in batch) == list(range(1000))
    assert all(sum(len(lengths[i]) for i in batch) <= 32 for batch in made)
    assert made == plan(lengths, 32, seed=1, number=0)
    assert made != plan(lengths, 32, seed=1, number=1)
