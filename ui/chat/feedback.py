"""What readers think of answers, kept as questions to label: a file that ``pincite dataset check`` opens."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from qa.types import Turn
from ui.chat.entries import Entry
from ui.errors import FeedbackNotKept

NOTE_CHARACTERS = 1000
_LARGEST = 20_000_000
_PATIENCE = 2.0  # seconds for another process that writes


class Feedback:
    """A file of JSON lines, one for each answer that a reader rated; a second opinion replaces the first."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, entry: Entry, history: Sequence[Turn]) -> None:
        """Append the entry as an unlabelled question, or put it in the place of its earlier line.

        Raises FeedbackNotKept where the file cannot be written or has grown too large.
        """
        line = json.dumps(_row(entry, history), ensure_ascii=False) + "\n"
        try:
            with FileLock(self.path.with_name(self.path.name + ".lock"), timeout=_PATIENCE):
                self._write(entry.id, line)
        except (OSError, Timeout, UnicodeDecodeError) as error:
            raise FeedbackNotKept(f"Your opinion could not be kept: {self.path} cannot be written.") from error

    def _write(self, identifier: str, line: str) -> None:
        before = self.path.read_text("utf-8") if self.path.exists() else ""
        if len(before) > _LARGEST:
            raise FeedbackNotKept(f"Your opinion could not be kept: {self.path} is full; move it away to go on.")
        begins = f'{{"id": "{identifier}"'
        if begins not in before:
            with open(self.path, "a", encoding="utf-8", opener=_private) as file:
                file.write(("\n" if before and not before.endswith("\n") else "") + line)
            return
        lines = [line.rstrip("\n") if old.startswith(begins) else old for old in before.split("\n")]
        draft = self.path.with_name(self.path.name + ".new")
        with open(draft, "w", encoding="utf-8", opener=_private) as file:
            file.write("\n".join(lines))
        os.replace(draft, self.path)  # noqa: PTH105 - one step, so that a killed server leaves a whole file


def _private(path: str, flags: int) -> int:
    """What readers ask and think is for the owner of the file alone."""
    return os.open(path, flags, 0o600)


def _row(entry: Entry, history: Sequence[Turn]) -> dict[str, Any]:
    """The fields of a question set, unlabelled, and beside them what was answered."""
    record = entry.record
    given = record.model_dump(mode="json", include={"answer", "confidence", "citations", "index"}) if record else None
    return {
        "id": entry.id,
        "question": entry.question,
        "turns": [{"question": turn.question, "answer": turn.answer} for turn in history],
        "answerable": None,
        "answers": [],
        "evidence": [],
        "type": "feedback",
        "rating": entry.rating,
        "note": entry.note,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "given": given,
    }
