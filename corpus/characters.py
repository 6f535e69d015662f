"""Which characters are text: a lone half of a surrogate pair cannot be written as UTF-8."""

import re

_SURROGATE = "\ud800-\udfff"
_NO_TEXT = re.compile(f"[{_SURROGATE}]")
# NUL ends a text for many programs.
_UNSTORABLE = re.compile(f"[\0{_SURROGATE}]")


def is_text(characters: str) -> bool:
    """Whether every character is one."""
    return _NO_TEXT.search(characters) is None


def storable(characters: str) -> str:
    """With U+FFFD for what is no text, and for NUL: one character for one, so that offsets stay."""
    return _UNSTORABLE.sub("\ufffd", characters)
