"""Who may do what: keys, hosts and origins."""

import hashlib
import hmac
import ipaddress
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from qa.errors import InvalidSetting

Role = Literal["read", "write"]

_KEY = re.compile(r"([\w.-]+):(read|write):(\S{16,})", re.ASCII)  # a cookie carries the name
SESSION_SECONDS = 7 * 24 * 3600
"""How long a session of the chat lasts."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key by its SHA-256; the secret itself is not kept."""

    name: str
    role: Role
    digest: bytes


@dataclass(slots=True)
class Access:
    """Without ``keys`` everyone who reaches the server may read, and write if ``open_writes``.

    The keys may be exchanged while a server uses this: a session lasts no longer than the key that began it.

    ``hosts`` are names by which the server may be asked, beside ``localhost`` and bare addresses, which no DNS
    server can turn to another machine. ``origins`` are the only other sites whose pages may ask.
    """

    keys: tuple[Key, ...] = ()
    open_writes: bool = True
    hosts: frozenset[str] = frozenset()
    origins: tuple[str, ...] = ()

    def key_of(self, secret: str) -> Key | None:
        """The key of that secret; every key is compared, each in constant time."""
        given = _digest(secret)
        match = None
        for key in self.keys:
            if hmac.compare_digest(key.digest, given):
                match = key
        return match

    def knows_host(self, host: str) -> bool:
        """Whether a request may name this host, given as the ``Host`` header has it."""
        name = hostname(f"//{host}")
        return name == "localhost" or name in self.hosts or "*" in self.hosts or _is_address(name)

    def knows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of this origin may ask the server that is called ``host``."""
        return origin in self.origins or (bool(host) and origin.partition("://")[2].lower() == host.lower())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Signed cookies for the chat: they name a key, and end with the process or after a week."""

    access: Access
    _ended: dict[str, int] = field(default_factory=dict, repr=False)  # what was logged out, and until when it lasted
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def begin(self, key: Key) -> str:
        """The cookie of a new session."""
        payload = f"{key.name}:{int(time.time()) + SESSION_SECONDS}"
        return f"{payload}:{self._sign(payload, key)}"

    def key_of(self, cookie: str) -> Key | None:
        """The key that a cookie of ours names, while it lasts."""
        payload, _, signature = cookie.rpartition(":")
        name, _, ends = payload.rpartition(":")
        key = next((key for key in self.access.keys if key.name == name), None)
        if key is None or not hmac.compare_digest(
            self._sign(payload, key).encode(), signature.encode("utf-8", "replace")
        ):
            return None
        return key if int(ends) >= time.time() and cookie not in self._ended else None

    def end(self, cookie: str) -> None:
        """Log out: the cookie names no key any more, whoever has a copy."""
        if self.key_of(cookie):
            now = time.time()
            for old in [old for old, ends in self._ended.items() if ends < now]:
                del self._ended[old]
            self._ended[cookie] = int(cookie.rsplit(":", 2)[1])

    def _sign(self, payload: str, key: Key) -> str:
        return hmac.new(self._secret, key.digest + payload.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def parse_keys(text: str) -> tuple[Key, ...]:
    """Keys from ``name:role:secret``, parted by commas or blanks. Raises InvalidSetting, which shows no secret."""
    keys: list[Key] = []
    for number, item in enumerate(words(text), start=1):
        match = _KEY.fullmatch(item)
        if match is None:
            raise InvalidSetting(
                f"API key {number} is not of the form name:role:secret, with the role read or write and a secret of at "
                "least 16 characters; mend PINCITE_API_KEYS."
            )
        name, role, secret = match.groups()
        if any(key.name == name for key in keys):
            raise InvalidSetting(f"Two API keys are called {name!r}; rename one in PINCITE_API_KEYS.")
        keys.append(Key(name, "write" if role == "write" else "read", _digest(secret)))
    return tuple(keys)


def parse_origins(text: str) -> tuple[str, ...]:
    """Origins like ``https://example.org:8443``. Raises InvalidSetting."""
    origins = words(text)
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}":
            raise InvalidSetting(
                f"{origin!r} is no origin; write scheme, host and port alone, as https://example.org, in "
                "PINCITE_CORS_ORIGINS."
            )
    return tuple(origins)


def words(text: str) -> list[str]:
    """The parts of a setting that lists several."""
    return text.replace(",", " ").split()


def hosts(names: Iterable[str]) -> frozenset[str]:
    """Host names as ``Access`` compares them."""
    return frozenset(name.lower().strip("[]") for name in names)


def hostname(address: str) -> str:
    """The host of an address in lower case, without port and brackets; empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
