from pathlib import Path
from random import Random

import pytest

from qa.training.data.examples import Example
from qa.training.data.pieces import Sentence
from qa.training.mixture.passes import Material, one_pass
from qa.training.mixture.shares import Shares
from qa.training.mixture.synonyms import read_synonyms, read_wordnet, reworded, write_synonyms

ENTRIES = """
buy: {v: {form: [bought, buying], sense: [{synset: 1-v}]}}
purchase: {v: {sense: [{synset: 1-v}]}}
car: {n: {sense: [{synset: 2-n}]}}
automobile: {n: {sense: [{synset: 2-n}]}}
city: {n: {sense: [{synset: 3-n}]}}
metropolis: {n: {sense: [{synset: 3-n}]}}
gain: {n: {sense: [{synset: 4-n}]}, v: {sense: [{synset: 5-v}]}}
addition: {n: {sense: [{synset: 4-n}]}}
look after: {v: {sense: [{synset: 6-v}]}}
tend: {v: {sense: [{synset: 6-v}]}}
Paris: {n: {sense: [{synset: 7-n}]}}
where: {n: {sense: [{synset: 7-n}]}}
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    (tmp_path / "entries-a.yaml").write_text(ENTRIES)
    (tmp_path / "verb.all.yaml").write_text(
        "1-v: {members: [buy, purchase]}\n5-v: {members: [gain]}\n6-v: {members: [look after, tend]}"
    )
    (tmp_path / "noun.all.yaml").write_text(
        "2-n: {members: [car, automobile]}\n3-n: {members: [city, metropolis]}\n"
        "4-n: {members: [gain, addition]}\n7-n: {members: [Paris, where]}"
    )
    (tmp_path / "frames.yaml").write_text("via: Somebody ----s something")
    return tmp_path


def test_forms_of_one_kind_stand_for_each_other(wordnet: Path) -> None:
    known = read_wordnet(wordnet)
    assert known["bought"] == ["purchased"] and known["purchasing"] == ["buying"] and known["purchases"] == ["buys"]
    assert known["cities"] == ["metropolises"] and known["automobiles"] == ["cars"]
    assert known["tended"] == ["looked after"] and known["tending"] == ["looking after"]


def test_what_may_be_noun_or_verb_stays_and_so_do_names_and_asking_words(wordnet: Path) -> None:
    known = read_wordnet(wordnet)
    assert not {"gain", "gains", "Paris", "where"} & known.keys()
    assert not any("Paris" in others for others in known.values())


def test_questions_in_other_words_keep_names_numbers_and_the_question_mark(wordnet: Path, tmp_path: Path) -> None:
    write_synonyms(read_wordnet(wordnet), tmp_path / "synonyms.json.gz")
    known = read_synonyms(tmp_path / "synonyms.json.gz")
    made = {reworded("Who bought 3 automobiles in Paris?", known, Random(seed)) for seed in range(60)}
    assert made == {
        f"Who {verb} 3 {what} in Paris?" for verb in ("bought", "purchased") for what in ("automobiles", "cars")
    }


def test_without_wordnet_questions_stay_as_they_are(tmp_path: Path) -> None:
    assert read_synonyms(tmp_path / "synonyms.json.gz") == {}
    assert reworded("Who bought it?", {}, Random(1)) == "Who bought it?"


def test_a_group_asks_one_question_and_keeps_its_answer() -> None:
    context = "Ann bought a car. It was red."
    example = Example("1", "Who bought the car?", context, (("Ann", 0),), True, "t", "squad", 0)
    table = {context: [Sentence(0, len(context), 9)]}
    material = Material([example], table, [], {}, {"bought": ["purchased"]})
    shares = Shares(short=0, heading=0, noise=0, near=0, cross=0, topic=0, reworded=1.0)
    asked = {group[0].question for number in range(20) for group in one_pass(material, shares, 1, number)}
    assert asked == {"Who bought the car?", "Who purchased the car?"}
    assert all(g[0].answers == (("Ann", 0),) for n in range(5) for g in one_pass(material, shares, 1, n))
