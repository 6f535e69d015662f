"""What one application holds, and how its routes are given it: by FastAPI's own injection."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from qa.api.limits import Limits
from qa.api.live import LiveAnswerer
from qa.api.metrics import Meters
from qa.api.middleware.access import Access, Sessions
from qa.api.middleware.guard import WrongKeys
from qa.api.queue import QuestionQueue


@dataclass(frozen=True, slots=True)
class State:
    """Of one application. ``changes`` is the queue of additions and removals: one at a time, a few that wait."""

    live: LiveAnswerer
    limits: Limits
    meters: Meters
    access: Access
    sessions: Sessions
    wrong: WrongKeys
    changes: QuestionQueue

    def install(self, app: FastAPI) -> None:
        """Let the routes of ``app`` have it."""
        app.state.pincite = self


# Not plain functions: those FastAPI would call in a thread of their own, for every request.
async def _state(request: Request) -> State:
    state: State = request.app.state.pincite
    return state


async def _live(request: Request) -> LiveAnswerer:
    return (await _state(request)).live


Held = Annotated[State, Depends(_state)]
Live = Annotated[LiveAnswerer, Depends(_live)]
