"""The current answerer: one of the newest generation, opened while the one before still answers."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from index import Index
from index.errors import IndexFault
from qa.answerer import Answerer
from qa.api.queue import Line
from qa.types import Answer, Turn

_log = logging.getLogger(__name__)


class LiveAnswerer:
    """Answers in line, and follows its index: each question is asked of the newest generation.

    Whoever keeps what ``current`` gave keeps that generation, whatever is committed meanwhile.
    """

    def __init__(self, answerer: Answerer, *, line: Line | None = None) -> None:
        self.line = line or Line()
        self.on_answer: Callable[[Answer], None] = _nothing
        self._answerer = answerer
        self._turning = threading.Lock()
        self._refused: str | None = ""  # the id of the generation that cannot be opened; None of a lost one
        self._told = ""

    def current(self) -> Answerer:
        """The answerer of the newest generation that can be opened.

        The first to find a newer one opens it, which takes a moment; others are not kept waiting. One that cannot
        be opened is tried and logged once, and the generation before it goes on answering.
        """
        latest = self._latest()
        if latest not in {self._answerer.index.generation, self._refused} and self._turning.acquire(blocking=False):
            try:
                self._turn(latest)
            finally:
                self._turning.release()
        return self._answerer

    def adopt(self, index: Index) -> None:
        """Answer from this generation, which was just made of the one before."""
        with self._turning:
            self._answerer = Answerer(index, reader=self._answerer.reader)

    def _latest(self) -> str | None:
        """The newest generation's id; of an index that cannot say so, the one that answers."""
        try:
            return self._answerer.index.latest()
        except IndexFault as fault:
            self._refuse(None, str(fault))
            return self._answerer.index.generation

    def _turn(self, latest: str | None) -> None:
        before = self._answerer
        try:
            index = Index.open(before.index.directory, encoder=before.index.encoder)
        except IndexFault as fault:
            self._refuse(latest, str(fault))
            return
        self._answerer = Answerer(index, reader=before.reader)
        self._refused, self._told = "", ""

    def _refuse(self, latest: str | None, why: str) -> None:
        self._refused = latest
        if why != self._told:
            _log.warning("The newer index is not used, the one before it still answers: %s", why)
        self._told = why

    @property
    def index(self) -> Index:
        """The newest generation."""
        return self.current().index

    @property
    def examples(self) -> list[str]:
        """As ``Answerer.examples``, of the newest generation."""
        return self.current().examples

    def begin(self, question: str, *, history: Sequence[Turn] = ()) -> Future[Answer]:
        """As ``Answerer.ask``, in line with all other questions, of one generation from beginning to end.

        The future raises what ``Answerer.ask`` does; cancelled before its turn, it leaves the line. Raises Overloaded.
        """
        return self.line.join(lambda: self._counted(question, history))

    def _counted(self, question: str, history: Sequence[Turn]) -> Answer:
        answer = self.current().ask(question, history=history)
        self.on_answer(answer)
        return answer


def _nothing(_: Answer) -> None:
    """Until someone counts answers."""
