"""The current answerer: one of the newest generation, opened while the one before still answers."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from index import Hit, Index
from index.errors import IndexFault
from qa.answerer import TOP_K, Answerer
from qa.api.queue import QuestionQueue
from qa.types import Answer, Turn

_log = logging.getLogger(__name__)


class LiveAnswerer:
    """Answers in line, and follows its index: each question is asked of the newest generation.

    Whoever keeps what ``current`` gave keeps that generation, whatever is committed meanwhile.
    """

    def __init__(self, answerer: Answerer, *, queue: QuestionQueue | None = None) -> None:
        self.queue = queue or QuestionQueue()
        self._listeners: list[Callable[[Answer], None]] = []
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

    def on_answer(self, listener: Callable[[Answer], None]) -> None:
        """Have ``listener`` told of each answer, whoever asked."""
        self._listeners.append(listener)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        top_k: int = TOP_K,
        doc_ids: Sequence[str] | None = None,
        min_confidence: float | None = None,
        on_hits: Callable[[list[Hit], Index], None] | None = None,
    ) -> Answer:
        """As ``Answerer.ask``, at once, of one generation from beginning to end, which ``on_hits`` is given too."""
        answerer = self.current()
        answer = answerer.ask(
            question,
            history=history,
            top_k=top_k,
            doc_ids=doc_ids,
            min_confidence=min_confidence,
            on_hits=(lambda hits: on_hits(hits, answerer.index)) if on_hits else None,
        )
        for listener in self._listeners:
            listener(answer)
        return answer

    def submit(self, question: str, *, history: Sequence[Turn] = ()) -> Future[Answer]:
        """As ``ask``, in its turn among all other questions.

        The future raises what ``Answerer.ask`` does; cancelled before its turn, it leaves the queue. Raises Overloaded.
        """
        return self.queue.submit(lambda: self.ask(question, history=history))
