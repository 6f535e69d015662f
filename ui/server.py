"""The chat and the endpoint in one process."""

import errno
import os
import socket

# Read when the model hub's library is imported, which Gradio does: it may not ask the network for anything.
os.environ["HF_HUB_OFFLINE"] = "1"

import uvicorn
from fastapi import FastAPI

from corpus.errors import InvalidSetting, PortInUse
from qa import Answerer
from qa.api import LiveAnswerer, create_app
from ui.chat import mount_chat
from ui.logs import log_to_stderr


def create_server(answerer: Answerer) -> FastAPI:
    """The endpoint with the chat mounted at ``/``; both follow the index."""
    live = LiveAnswerer(answerer)
    return mount_chat(create_app(live), live)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortInUse or InvalidSetting."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (socket.gaierror, UnicodeError) as error:
        raise InvalidSetting(f"There is no address {host!r} on this machine; choose another with --host.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} on {host} is in use; stop what listens there, or choose another: --port 8001."
            ) from error
        raise InvalidSetting(
            f"Cannot listen on {host}:{port} ({error.strerror}); choose another with --host or --port."
        ) from error
    return listener


def serve(answerer: Answerer, listener: socket.socket) -> None:
    """Serve until interrupted; requests under way are finished."""
    log_to_stderr()
    config = uvicorn.Config(create_server(answerer), log_config=None, access_log=False, timeout_graceful_shutdown=10)
    uvicorn.Server(config).run(sockets=[listener])
