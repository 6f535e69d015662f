"""The queue of questions: bounded, so that a busy server says so at once."""

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


class QuestionQueue:
    """At most ``running`` questions are answered at once, and at most ``waiting`` more wait. Thread-safe."""

    def __init__(self, running: int = 2, waiting: int = 16) -> None:
        self._pool = ThreadPoolExecutor(running, thread_name_prefix="question")
        self._room = running + waiting
        self._lock = threading.Lock()
        self._taken = 0
        self._running = 0

    @property
    def running(self) -> int:
        """How many are being answered."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many wait to be."""
        return max(self._taken - self._running, 0)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do ``work`` in its turn; a future that is cancelled before leaves the queue. Raises Overloaded."""
        with self._lock:
            if self._taken >= self._room:
                raise Overloaded("All places in the line are taken; ask again in a second.")
            self._taken += 1
        try:
            future = self._pool.submit(self._run, work)
        except RuntimeError as error:
            self._leave(None)
            raise Overloaded("The server is stopping; ask again when it has started.") from error
        future.add_done_callback(self._leave)
        return future

    def close(self) -> None:
        """Take no more questions, and finish those that were taken."""
        self._pool.shutdown()

    def _run(self, work: Callable[[], T]) -> T:
        with self._lock:
            self._running += 1
        try:
            return work()
        finally:
            with self._lock:
                self._running -= 1

    def _leave(self, _: object) -> None:
        with self._lock:
            self._taken -= 1


async def submitted(queue: QuestionQueue, work: Callable[[], T]) -> Future[T]:
    """Into the queue; one that is full is tried once more before Overloaded is raised."""
    try:
        return queue.submit(work)
    except Overloaded:
        await asyncio.sleep(_PATIENCE)
        return queue.submit(work)


async def finished(request: Request, future: Future[T], on_gone: Callable[[], object] = lambda: None) -> T:
    """What the future gives. A client that goes takes it out of the queue, and ``on_gone`` is called."""
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
