"""Gates: figures that must reach a value, for use in continuous integration."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from qa.evaluation.errors import InvalidGate

_NEAR = 5
_GATE = re.compile(r"\s*(?P<name>[^<>=\s]+)\s*(?P<sign>>=|<=)\s*(?P<value>[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)\s*")


class Gate(NamedTuple):
    """``answers.f1>=0.7``, or with ``<=`` for what should be small."""

    name: str
    sign: str
    value: float

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.value:g}"


def parse_gate(text: str) -> Gate:
    """Raises InvalidGate."""
    match = _GATE.fullmatch(text)
    if not match:
        raise InvalidGate(f"{text!r} is no gate; write a measure, >= or <=, and a number: answers.f1>=0.7.")
    return Gate(match["name"], match["sign"], float(match["value"]))


def check_names(gates: Sequence[Gate], names: Collection[str]) -> None:
    """Raises InvalidGate for a measure that a run does not have."""
    for gate in gates:
        if gate.name not in names:
            near = get_close_matches(gate.name, sorted(names), n=_NEAR, cutoff=0.0)
            raise InvalidGate(f"There is no measure {gate.name!r} here; the nearest are: {', '.join(near)}.")


def missed(gates: Sequence[Gate], figures: Mapping[str, float]) -> list[str]:
    """A sentence for each gate that is not reached; a measure that could not be taken reaches nothing."""
    sentences = []
    for gate in gates:
        value = figures.get(gate.name, math.nan)
        reached = value >= gate.value if gate.sign == ">=" else value <= gate.value
        if not reached:
            outcome = "could not be measured" if math.isnan(value) else f"is {value:.4f}"
            sentences.append(f"{gate.name} {outcome}, and the gate asks for {gate.sign} {gate.value:g}.")
    return sentences
