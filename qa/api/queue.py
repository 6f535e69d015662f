"""The line in which questions wait: bounded, so that a busy server says so at once."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from qa.api.errors import Overloaded

T = TypeVar("T")
_PATIENCE = 0.5
"""Seconds before a question is refused: a client that asks again at once would cost more than its question."""


class Line:
    """At most ``at_work`` questions are answered at once, and at most ``waiting`` more wait. Thread-safe."""

    def __init__(self, at_work: int = 2, waiting: int = 16) -> None:
        self._pool = ThreadPoolExecutor(at_work, thread_name_prefix="question")
        self._room = at_work + waiting
        self._lock = threading.Lock()
        self._taken = 0
        self._working = 0

    @property
    def working(self) -> int:
        """How many are being answered."""
        return self._working

    @property
    def waiting(self) -> int:
        """How many wait to be."""
        return max(self._taken - self._working, 0)

    def join(self, work: Callable[[], T]) -> Future[T]:
        """Do ``work`` in its turn; a future that is cancelled before leaves the line. Raises Overloaded."""
        with self._lock:
            if self._taken >= self._room:
                raise Overloaded("All places in the line are taken; ask again in a second.")
            self._taken += 1
        try:
            future = self._pool.submit(self._work, work)
        except RuntimeError as error:
            self._leave(None)
            raise Overloaded("The server is stopping; ask again when it has started.") from error
        future.add_done_callback(self._leave)
        return future

    def close(self) -> None:
        """Take no more questions, and finish those that were taken."""
        self._pool.shutdown()

    def _work(self, work: Callable[[], T]) -> T:
        with self._lock:
            self._working += 1
        try:
            return work()
        finally:
            with self._lock:
                self._working -= 1

    def _leave(self, _: object) -> None:
        with self._lock:
            self._taken -= 1


async def joined(line: Line, work: Callable[[], T]) -> Future[T]:
    """Join the line; one that is full is tried once more before Overloaded is raised."""
    try:
        return line.join(work)
    except Overloaded:
        await asyncio.sleep(_PATIENCE)
        return line.join(work)


async def finished(request: Request, future: Future[T], on_gone: Callable[[], object] = lambda: None) -> T:
    """What the future gives. A client that goes takes it out of the line, and ``on_gone`` is called."""
    answered = asyncio.wrap_future(future)
    gone = asyncio.create_task(_gone(request))
    either: list[asyncio.Future[Any]] = [answered, gone]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not answered.done():
            raise ClientDisconnect
        return answered.result()
    finally:
        gone.cancel()
        if answered.cancel():
            on_gone()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
