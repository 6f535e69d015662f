"""What a benchmark's figures are held to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A figure and the bound that it has to keep; one that could not be measured (NaN) keeps none."""

    what: str
    value: float
    at_least: float = float("-inf")
    below: float = float("inf")

    @property
    def met(self) -> bool:
        return self.at_least <= self.value < self.below

    def __str__(self) -> str:
        limit = f"below {self.below:g}" if self.below != float("inf") else f"at least {self.at_least:g}"
        return f"  {self.what}: {self.value:.2f} ({limit}: {'met' if self.met else 'MISSED'})"


def judged(*bars: Bar) -> int:
    """Print each; the exit code."""
    for bar in bars:
        print(bar)
    return 0 if all(bar.met for bar in bars) else 1
