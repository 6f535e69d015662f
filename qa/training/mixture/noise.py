"""Questions as people type them: misspelt, as keywords, informal. Answerability is never looked at."""

from collections.abc import Callable
from random import Random

Noise = Callable[[str, Random], str]

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_FUNCTION_WORDS = """
    what which whom whose does do did is are was were be been being has have had can could would will shall should
    may might the a an of in on at to for from by with that this these those it its there and or as
"""
_DROPPED = frozenset(_FUNCTION_WORDS.split())
_ASKING = frozenset(["who", "when", "where", "why", "how"])
_OPENINGS = ("tell me ", "can you tell me ", "do you know ", "i want to know ", "so ", "hi, ", "and ")
_SHORT = (("what is ", "what's "), ("who is ", "who's "), ("where is ", "where's "), ("what is ", "whats "))


def noisy(question: str, random: Random) -> str:
    """The question with one kind of noise."""
    return random.choice((misspell, misspell, keywords, informal))(question, random)


def misspell(question: str, random: Random) -> str:
    """One typing slip, in long questions sometimes two, in words of at least four letters."""
    words = question.split(" ")
    long = [i for i, word in enumerate(words) if len(word.strip("?.,\"'()")) >= 4 and word.strip("?.,\"'()").isalpha()]
    slips = min(len(long), 2 if len(words) > 8 and random.random() < 0.3 else 1)
    for i in random.sample(long, slips):
        words[i] = _slip(words[i], random)
    return " ".join(words)


def _slip(word: str, random: Random) -> str:
    """Two letters exchanged, a letter left out, doubled, or replaced by its neighbour on the keyboard."""
    letters = [i for i in range(1, len(word)) if word[i].isalpha() and word[i - 1].isalpha()]
    if not letters:
        return word
    i = random.choice(letters)
    kind = random.choice(("exchange", "drop", "double", "neighbour"))
    if kind == "exchange":
        return word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]
    if kind == "drop":
        return word[:i] + word[i + 1 :]
    if kind == "double":
        return word[:i] + word[i] + word[i:]
    return word[:i] + _neighbour(word[i], random) + word[i + 1 :]


def _neighbour(letter: str, random: Random) -> str:
    for row in _ROWS:
        if (at := row.find(letter.lower())) >= 0:
            return random.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return letter


def keywords(question: str, random: Random) -> str:
    """Content words only; most often the asking word stays if it says what is sought (who, when, where, why, how)."""
    keep_asking = random.random() < 0.7
    words = question.rstrip("?. ").split()
    content_words = [w for w in words if w.lower() not in _DROPPED and (keep_asking or w.lower() not in _ASKING)]
    return " ".join(content_words).lower() if len(content_words) >= 2 else question


def informal(question: str, random: Random) -> str:
    """Lower case without the question mark; at times a contraction, no apostrophes, or a spoken opening."""
    text = question.lower().rstrip("? ")
    if random.random() < 0.4:
        long, short = random.choice(_SHORT)
        text = text.replace(long, short, 1)
    if random.random() < 0.3:
        text = text.replace("'", "")
    if random.random() < 0.3:
        text = random.choice(_OPENINGS) + text
    return text
