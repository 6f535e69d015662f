"""The same answers in OpenAI's shape, so that chat clients made for it can ask Pincite."""

import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, StrictBool

from index.types import Encoder
from qa.answerer import MAX_QUESTION, check_question
from qa.api.errors import InvalidRequest, Overloaded, UnknownModel
from qa.api.middleware.request_log import note_question
from qa.api.openapi import errors, events
from qa.api.queue import finished, submitted
from qa.api.routes.ask import answered
from qa.api.routes.stream import event_stream
from qa.api.state import Live
from qa.errors import CitationBroken, EmptyQuestion, InvalidText, QuestionTooLong
from qa.question.followup import TURNS
from qa.types import Turn
from qa.wire.markdown import escaped, quotation, unmarked
from qa.wire.schemas import AnswerOut, AskBody, CitationOut

MODEL = "pincite"
_EVENTS = events(
    "With `stream`: chunks as OpenAI streams them. The last with a choice has `citations`, `abstained`, `reason` and "
    "`confidence` too; one with the usage follows where it was asked for, and `[DONE]` ends the stream.",
    {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}},
    'data: {"id":"chatcmpl-6f0c","object":"chat.completion.chunk",…}\n\ndata: [DONE]\n\n',
)
_ASKED = errors(EmptyQuestion, QuestionTooLong, InvalidText, InvalidRequest, Overloaded, CitationBroken, body="json")


class Part(BaseModel):
    """A part of a message; Pincite reads text alone."""

    type: str = Field(description="`text`; anything else is refused.", examples=["text"])
    text: str | None = Field(default=None, description="What is said.", examples=["Who is Meta's spokesperson?"])


class Message(BaseModel):
    """What someone said."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = Field(
        description="Who said it; only `user` and `assistant` are heard.", examples=["user"]
    )
    content: str | list[Part] | None = Field(
        default=None, description="What was said, whole or in parts.", examples=["Who is Meta's spokesperson?"]
    )

    def said(self) -> str:
        """Its text. Raises InvalidRequest for a picture or a sound."""
        if isinstance(self.content, list):
            if any(part.type != "text" for part in self.content):
                raise InvalidRequest("A message holds more than text; send text alone.")
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream holds beside the answer."""

    include_usage: StrictBool = Field(
        default=False, description="Whether a last chunk holds the usage.", examples=[True]
    )


class ChatBody(BaseModel):
    """OpenAI's request; what makes no sense for verbatim answers (temperature, tools, …) is passed over."""

    messages: list[Message] = Field(
        min_length=1,
        description=f"The conversation, oldest first; the last is the question, {TURNS} turns before are read.",
    )
    model: str = Field(default=MODEL, description="Any name; there is one model.", examples=[MODEL])
    stream: StrictBool = Field(default=False, description="Whether to answer in server-sent events.", examples=[False])
    stream_options: StreamOptions | None = Field(default=None, description="What a stream holds beside the answer.")

    def asked(self) -> AskBody:
        """The last message as the question. Raises InvalidRequest where it is not a user's."""
        messages = [message for message in self.messages if message.role in {"user", "assistant"}]
        if not messages or messages[-1].role != "user":
            raise InvalidRequest("The last message is not a user's; send the question as that.")
        question = messages[-1].said()
        check_question(question)
        return AskBody(question=question)

    def turns(self) -> tuple[Turn, ...]:
        """The messages before the question: each user's with the assistant's after it."""
        turns: list[Turn] = []
        messages = [message for message in self.messages if message.role in {"user", "assistant"}]
        for message in messages[:-1]:
            if message.role == "user":
                turns.append(Turn(message.said()[:MAX_QUESTION], None))
            elif turns:
                turns[-1] = Turn(turns[-1].question, unmarked(message.said()) or None)
        return tuple(turns[-TURNS:])


class ChatMessage(BaseModel):
    """The answer in Markdown: the quote with the answer in bold, and its marker."""

    role: Literal["assistant"] = Field(default="assistant", description="Always that.", examples=["assistant"])
    content: str = Field(
        description="Markdown; each marker links to its source.",
        examples=[
            "A Meta spokesperson, **Francis Brennan**, told the paper that … [\\[1\\]](http://127.0.0.1:8000/?doc=…)"
        ],
    )
    refusal: None = Field(default=None, description="Always null: an abstention is an answer.", examples=[None])


class Choice(BaseModel):
    """There is always one."""

    index: int = Field(default=0, description="Always 0.", examples=[0])
    message: ChatMessage = Field(description="The answer.")
    finish_reason: Literal["stop"] = Field(default="stop", description="Always that.", examples=["stop"])
    logprobs: None = Field(default=None, description="Always null.", examples=[None])


class Usage(BaseModel):
    """Tokens as the encoder counts them; nothing is billed."""

    prompt_tokens: int = Field(description="Those of the question.", examples=[7])
    completion_tokens: int = Field(description="Those of the answer.", examples=[21])
    total_tokens: int = Field(description="Both together.", examples=[28])


class ChatOut(BaseModel):
    """OpenAI's response, with the citations and what else Pincite says."""

    id: str = Field(description="A new one for each.", examples=["chatcmpl-6f0c"])
    object: Literal["chat.completion"] = Field(
        default="chat.completion", description="Always that.", examples=["chat.completion"]
    )
    created: int = Field(description="Seconds since 1970.", examples=[1760000000])
    model: str = Field(default=MODEL, description="The model that answered.", examples=[MODEL])
    choices: list[Choice] = Field(description="Always one.")
    usage: Usage = Field(description="Tokens of question and answer.")
    citations: list[CitationOut] = Field(description="Where the answer stands, as `/v1/ask` has it.")
    abstained: bool = Field(description="Whether there is no answer.", examples=[False])
    reason: str | None = Field(description="A stable code: why there is no answer.", examples=[None, "no_evidence"])
    confidence: float | None = Field(
        description="The probability that the answer is right; null where none was fitted.", examples=[0.73, None]
    )


class ModelOut(BaseModel):
    """The one model there is."""

    id: str = Field(default=MODEL, description="Its name.", examples=[MODEL])
    object: Literal["model"] = Field(default="model", description="Always that.", examples=["model"])
    created: int = Field(default=0, description="Not told.", examples=[0])
    owned_by: str = Field(default=MODEL, description="Not told.", examples=[MODEL])


class ModelsOut(BaseModel):
    """All models."""

    object: Literal["list"] = Field(default="list", description="Always that.", examples=["list"])
    data: list[ModelOut] = Field(description="Always one.")


router = APIRouter(tags=["openai"])
"""Chat completions and the list of models."""


@router.post(
    "/v1/chat/completions",
    response_model=ChatOut,
    responses={200: {"content": _EVENTS}, **_ASKED},
)
async def complete(body: ChatBody, request: Request, live: Live) -> Response:
    """Answer the last message in the words of the documents, or say that they do not say."""
    asked, turns = body.asked(), body.turns()
    note_question(request, asked.question)
    base = str(request.base_url).rstrip("/")

    def work() -> ChatOut:
        return _chat_out(answered(live, asked, history=turns), base, live.index.encoder)

    out = await finished(request, await submitted(live.queue, work))
    if body.stream:
        return event_stream(_chunks(out, usage=bool(body.stream_options and body.stream_options.include_usage)))
    return Response(out.model_dump_json(), media_type="application/json")


@router.get("/v1/models", responses=errors())
def models() -> ModelsOut:
    """The one model."""
    return ModelsOut(data=[ModelOut()])


@router.get("/v1/models/{model}", responses=errors(UnknownModel))
def model(model: Annotated[str, Path(description="Its name.", examples=[MODEL])]) -> ModelOut:
    """The model, by its name."""
    if model != MODEL:
        raise UnknownModel(f"There is no model {model!r} here; ask {MODEL!r}.")
    return ModelOut()


def _chat_out(answer: AnswerOut, base: str, encoder: Encoder) -> ChatOut:
    content = _markdown(answer, base)
    prompt, completion = encoder.count_tokens(answer.question), encoder.count_tokens(content)
    return ChatOut(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        created=int(time.time()),
        choices=[Choice(message=ChatMessage(content=content))],
        usage=Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion),
        citations=answer.citations,
        abstained=answer.abstained,
        reason=answer.reason,
        confidence=answer.confidence,
    )


def _markdown(answer: AnswerOut, base: str) -> str:
    """Each quote with its answer in bold and its marker, then the places. Text of documents is never markup."""
    if not answer.citations:
        return escaped(answer.message or "")
    quotes, places = [], []
    for citation in answer.citations:
        marker = f"[\\[{citation.marker}\\]]({base}{citation.link})"
        quotes.append(f"{quotation(citation)} {marker}")
        where = ", ".join(escaped(part) for part in (citation.title, citation.section) if part)
        places.append(f"\\[{citation.marker}\\] {where}")
    return "\n\n".join([*quotes, "  \n".join(places)])


async def _chunks(out: ChatOut, *, usage: bool) -> AsyncIterator[str]:
    """The answer as OpenAI streams one; the last chunk before the usage holds the citations."""
    content = out.choices[0].message.content
    head = {"id": out.id, "object": "chat.completion.chunk", "created": out.created, "model": out.model}
    extra = out.model_dump(include={"citations", "abstained", "reason", "confidence"})
    yield _data({**head, "choices": [_delta({"role": "assistant", "content": content}, None)]})
    yield _data({**head, "choices": [_delta({}, "stop")], **extra})
    if usage:
        yield _data({**head, "choices": [], "usage": out.usage.model_dump()})
    yield "data: [DONE]\n\n"


def _delta(delta: dict[str, str], finish: str | None) -> dict[str, object]:
    return {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}


def _data(content: dict[str, object]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"
