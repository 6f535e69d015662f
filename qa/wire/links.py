"""Addresses that open the chat at a place in a document.

They carry the beginning of the text's digest: a document that was replaced since holds other words at the same
characters, and whoever follows an old link is to be told, not shown these.
"""

from urllib.parse import urlencode

_DIGITS = 12


def version_of(text_digest: str) -> str:
    """As much of a text's digest as a link carries."""
    return text_digest.removeprefix("sha256:")[:_DIGITS]


def link_to(doc_id: str, start: int = 0, end: int = 0, version: str = "") -> str:
    """The address, on the server of the chat, of a document, or of characters in one version of its text."""
    place = {"start": start, "end": end} if start < end else {}
    return "/?" + urlencode({"doc": doc_id, **place, **({"text": version} if version else {})})
