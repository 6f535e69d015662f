"""How much the endpoint takes at once."""

from dataclasses import dataclass

from corpus.sandbox import ALLOWANCE, Allowance


@dataclass(frozen=True, slots=True)
class Limits:
    """``at_work`` questions are answered at once, ``waiting`` more stand in line. Sizes are bytes of a request.

    ``rate`` is how often a minute each key may ask; 0 is any number.
    """

    at_work: int = 2
    waiting: int = 16
    body: int = 1_000_000
    upload: int = 20 * 2**20
    files: int = 20
    documents: int = 10_000
    rate: int = 1000
    reading: Allowance = ALLOWANCE
