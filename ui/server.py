"""The chat and the endpoint in one process."""

import errno
import ipaddress
import logging
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from corpus.errors import PinciteError
from qa import Answerer
from qa.api import LiveAnswerer, create_app
from qa.api.limits import Limits
from qa.api.middleware.access import Access, hosts, parse_keys, parse_origins, words
from qa.api.queue import QuestionQueue
from qa.errors import InvalidSetting
from ui.chat.app import end_streams, mount_chat
from ui.config import Settings
from ui.connections import Connection
from ui.errors import InsecureAddress, PortInUse
from ui.logs import announce, log_to_stderr

_LOG = logging.getLogger(__name__)
GRACE = 30
"""Seconds for what was taken when the server is told to stop: a full line of questions needs far less."""


class Server(uvicorn.Server):
    """Does not wait for the streams of open pages when it is told to stop, as uvicorn would."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                port=0,
                http=Connection,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self.app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was taken; what is not done after the grace is given up as if its client had gone."""
        end_streams(self.app)
        await super().shutdown(sockets)


def create_server(answerer: Answerer, settings: Settings | None = None, access: Access | None = None) -> Server:
    """The endpoint with the chat mounted at ``/``: both follow the index and stand in one line of questions."""
    settings = settings or Settings.model_construct()
    limits = Limits(
        at_work=settings.at_work,
        waiting=settings.waiting,
        upload=settings.max_upload_mb * 2**20,
        documents=settings.max_documents,
        rate=settings.key_rate,
    )
    access = access or access_of(settings)
    live = LiveAnswerer(answerer, queue=QuestionQueue(limits.at_work, limits.waiting))
    app = create_app(live, limits=limits, access=access, log_questions=settings.log_questions)
    offers = {"uploads": takes_uploads(settings), "keys": bool(access.keys)}
    mount_chat(app, live, feedback=settings.feedback, limits=limits, **offers)
    return Server(app)


def takes_uploads(settings: Settings) -> bool:
    """Whether the chat offers to add documents: where only this machine reaches it, or where that was asked for.

    Never where each would be refused: for readers without keys whom others reach, or with keys that only read.
    """
    alone, keys = _is_alone(settings), parse_keys(settings.api_keys)
    taken = any(key.role == "write" for key in keys) if keys else alone
    return taken and (alone if settings.chat_uploads is None else settings.chat_uploads)


def access_of(settings: Settings) -> Access:
    """Who may do what. Raises InsecureAddress where others would reach a server without keys; InvalidSetting."""
    keys = parse_keys(settings.api_keys)
    alone = _is_alone(settings)
    if not (keys or alone or settings.no_auth):
        by = settings.host if not _is_loopback(settings.host) else f"this server as {settings.allowed_hosts}"
        raise InsecureAddress(
            f"Other machines reach {by}, and no key is set: set PINCITE_API_KEYS (name:role:secret), or say "
            "--no-auth to let everyone read."
        )
    return Access(
        keys=keys,
        open_writes=alone,
        hosts=hosts([settings.host, *words(settings.allowed_hosts)]),
        origins=parse_origins(settings.cors_origins),
    )


def _is_alone(settings: Settings) -> bool:
    """Whether only this machine asks: a server on loopback that has a name for others is behind a proxy."""
    names = [name for name in words(settings.allowed_hosts) if name != "localhost"]
    return _is_loopback(settings.host) and not names


def _is_loopback(host: str) -> bool:
    try:
        addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise _no_address(host) from error
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in addresses)


def _no_address(host: str) -> InvalidSetting:
    return InvalidSetting(f"There is no address {host!r} on this machine; choose another with --host.")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortInUse or InvalidSetting."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Named, the protocol lets asyncio send small packets at once; else each response waits 40 ms for the client's
        # delayed acknowledgement of its head.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (socket.gaierror, UnicodeError) as error:
        raise _no_address(host) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} on {host} is in use; stop what listens there, or choose another: --port 8001."
            ) from error
        raise InvalidSetting(
            f"Cannot listen on {host}:{port} ({error.strerror}); choose another with --host or --port."
        ) from error
    return listener


def serve(
    answerer: Answerer, listener: socket.socket, settings: Settings, again: Callable[[], Settings] | None = None
) -> None:
    """Say where, and serve until interrupted; questions that were taken are answered.

    At the signal SIGHUP the keys are those of the settings that ``again`` gives.
    """
    log_to_stderr()
    access = access_of(settings)
    if again:
        signal.signal(signal.SIGHUP, lambda *_: exchange_keys(access, again))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    announce(f"Pincite is at http://{host}:{listener.getsockname()[1]} (chat at /, API at /docs). Ctrl-C stops it.")
    create_server(answerer, settings, access).run(sockets=[listener])


def exchange_keys(access: Access, again: Callable[[], Settings]) -> None:
    """Let the keys of the settings in, and no others. Where those cannot be used, all stays as it was."""
    try:
        keys = access_of(again()).keys
        if bool(keys) != bool(access.keys):
            raise InvalidSetting("Whether keys are needed is settled at the start; start the server again.")
    except PinciteError as error:
        _LOG.warning("The keys were not read again: %s", error)
        return
    access.keys = keys
    announce(f"The keys were read again: {', '.join(key.name for key in keys) or 'none'}.")
