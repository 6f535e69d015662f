"""What a connection may hold while it has asked nothing: some seconds for a request's head, and one place of a number.

uvicorn closes connections that idle after a response, and waits without end for the head of a request.
"""

import asyncio
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20.0
"""How long the head of a request may take, from the connection or from its first byte on."""
MOST = 1000
"""How many connections are held open, where the process may open twice as many files."""
_REFUSED = b"All connections that this server holds are in use; try again in a moment.\n"


def most_connections() -> int:
    """Half of the files that the process may open, at most ``MOST``: the index and the log need some too."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if allowed == resource.RLIM_INFINITY else max(1, min(MOST, allowed // 2))


class Connection(H11Protocol):
    """Closed where no head comes in time. Beyond the most, the one that has waited longest makes room, as in nginx."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = most_connections()
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def asks_nothing(self) -> bool:
        """Whether no request is at work here."""
        return self.conn.their_state is h11.IDLE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Held among the others, if there is room."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._await_head()
        if len(self.connections) > self._most:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """The time for a head ends with the head, and begins with the first byte of the next."""
        super().data_received(data)
        if not self.asks_nothing:
            self._stop_waiting()
        elif self._timer is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _make_room(self) -> None:
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        if waiting := [other for other in others if other.asks_nothing]:
            min(waiting, key=lambda other: other._since).transport.close()
            return
        head = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 1\r\n"
        self.transport.write(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(_REFUSED) + _REFUSED)
        self.transport.close()
