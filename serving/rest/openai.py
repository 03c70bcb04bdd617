"""OpenAI's completions and embeddings, answered by models that continue or embed texts.

`POST /v1/completions` and `POST /v1/embeddings` as https://platform.openai.com/docs/api-reference
has them, so that its clients work unchanged; paths of TensorFlow Serving are not touched. What a
model is asked by: signatures `sample` and `score` of a language model, `embed` of an embedder.

Not there: streams, prompts of token ids (pieces are the model's own), `suffix`, penalties,
`logit_bias`, `best_of`, `dimensions`; `logprobs` above 1 tells one alternative to each token, too.
"""

from __future__ import annotations

import base64
import dataclasses
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import orjson
import pydantic

from serving import errors, ragged
from serving.model import ListedRepository, ModelSpec, Predictor
from serving.rest import completion_tokens
from serving.rest.api import Answer
from serving.telemetry.request_metrics import Metrics, RequestMetrics

_LOG = logging.getLogger(__name__)
SAMPLE, SCORE, EMBED = "sample", "score", "embed"
"""Signatures."""
_LARGEST_SEED = 2**62


class _Body(pydantic.BaseModel):
    """Fields that are not known change nothing in OpenAI's API either."""

    model_config = pydantic.ConfigDict(extra="ignore", strict=True)
    model: str


class _Completions(_Body):
    prompt: str | list[str]
    max_tokens: Annotated[int, pydantic.Field(ge=0, le=2**31 - 1)] | None = 16
    temperature: Annotated[float, pydantic.Field(ge=0, le=2)] | None = 1.0
    top_p: Annotated[float, pydantic.Field(ge=0, le=1)] | None = 1.0
    n: Annotated[int, pydantic.Field(ge=1, le=128)] | None = 1
    stop: str | list[str] | None = None
    seed: Annotated[int, pydantic.Field(gt=-_LARGEST_SEED, lt=_LARGEST_SEED)] | None = None
    logprobs: Annotated[int, pydantic.Field(ge=0, le=20)] | None = None
    echo: bool | None = False
    stream: Literal[False] | None = None
    suffix: None = None
    best_of: Annotated[int, pydantic.Field(ge=1, le=1)] | None = None
    presence_penalty: Annotated[float, pydantic.Field(ge=0, le=0)] | None = None
    frequency_penalty: Annotated[float, pydantic.Field(ge=0, le=0)] | None = None
    logit_bias: Annotated[dict[str, float], pydantic.Field(max_length=0)] | None = None


class _Embeddings(_Body):
    input: str | list[str]
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: None = None


def answer(
    repository: ListedRepository,
    path: str,
    body: bytes,
    timeout: float | None,
    metrics: Metrics | None = None,
) -> Answer:
    """Answer one request to a path of `PATHS`.

    Args:
        repository: What can be asked.
        path: As the client sent it, without a query.
        body: JSON.
        timeout: Seconds a prediction may take; None for as long as it takes.
        metrics: Where the request is counted; None counts nothing.
    """
    handle = PATHS[path]
    recorder = RequestMetrics(metrics, "REST")
    try:
        document = _document(body)
        _complete(document, repository.model_names())
        with recorder.request(_name(document), path.rsplit("/", 1)[1]):
            request = _parse(handle.body, document)
            with repository.lease(ModelSpec(request.model)) as predictor:
                told = handle.answer(request, _Asked(predictor, timeout))
        return Answer(200, orjson.dumps({**told, "model": request.model}))
    except errors.ServingError as error:
        return _refusal(error)
    except Exception as error:
        _LOG.exception("POST %s failed.", path)
        return _refusal(errors.ServingError("INTERNAL", f"{type(error).__name__}: {error}"))


def _refusal(error: errors.ServingError) -> Answer:
    status = errors.HTTP_STATUS[error.code]
    kind = "invalid_request_error" if 400 <= status < 500 else "server_error"
    told = {"message": error.text, "type": kind, "param": None, "code": error.code.lower()}
    return Answer(status, orjson.dumps({"error": told}))


@dataclasses.dataclass(frozen=True)
class _Asked:
    """A model while one request is answered."""

    predictor: Predictor
    timeout: float | None

    def rows(self, signature: str, **inputs: np.ndarray) -> list[dict[str, Any]]:
        """What a signature says of each row."""
        found = self.predictor.predict(signature, inputs, timeout=self.timeout)
        return ragged.rows(found)

    def require(self, names: Sequence[str], inputs: set[str], what: str) -> None:
        """Refuse a model without some signatures.

        Args:
            names: Of the signatures.
            inputs: Of the first of them.
            what: That they do, in words.
        """
        known = self.predictor.signatures
        if set(names) <= known.keys() and known[names[0]].inputs.keys() == inputs:
            return
        received = {name: sorted(signature.inputs) for name, signature in known.items()}
        raise errors.invalid_argument(
            f"The model {what}: expected the signatures {' and '.join(names)}, the first of "
            f"{', '.join(sorted(inputs))}. Received a model with {received}"
        )


def _document(body: bytes) -> Any:
    """A body's JSON; None of what is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _complete(document: Any, known: Sequence[str]) -> None:
    """Name the only model where a request names none, as those for llama.cpp's server do."""
    if isinstance(document, dict) and "model" not in document and len(known) == 1:
        document["model"] = known[0]


def _name(document: Any) -> str:
    """The model that a request names; empty if it does not."""
    found = document.get("model") if isinstance(document, dict) else None
    return found if isinstance(found, str) else ""


def _parse(kind: type[_Body], document: Any) -> Any:
    try:
        return kind.model_validate(document)
    except pydantic.ValidationError as error:
        told = [
            f"`{'.'.join(map(str, one['loc'])) or 'body'}`: {one['msg']}. "
            f"Received: {str(one['input'])[:200]}"
            for one in error.errors()
        ]
        raise errors.invalid_argument("; ".join(told)) from error


def _completions(request: _Completions, asked: _Asked) -> dict[str, Any]:
    settings = {"text", "temperature", "top_k", "top_p", "seed", "longest"}
    asked.require((SAMPLE, SCORE), settings, "continues no texts")
    prompts = [request.prompt] if isinstance(request.prompt, str) else request.prompt
    if not prompts:
        raise errors.invalid_argument("`prompt`: expected at least one text. Received: []")
    stops = [request.stop] if isinstance(request.stop, str) else request.stop or []
    repeated = [prompt for prompt in prompts for _ in range(request.n or 1)]
    written = list(_written(request, repeated, asked))
    choices = [_choice(*pair, stops) for pair in zip(repeated, written, strict=True)]
    told = _logprobs(request, asked, choices)
    read = sum(one.read for one in written[:: request.n or 1])
    drawn = sum(one.written for one in written)
    return {
        "id": f"cmpl-{uuid.uuid4().hex}",
        "object": "text_completion",
        "created": int(time.time()),
        "choices": [
            {
                "index": index,
                "text": one.prompt + one.text if request.echo else one.text,
                "finish_reason": one.reason,
                "logprobs": logprobs,
            }
            for index, (one, logprobs) in enumerate(zip(choices, told, strict=True))
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": drawn,
            "total_tokens": read + drawn,
        },
    }


class _Written(NamedTuple):
    """A continuation."""

    text: str
    score: float
    """Logarithm of its probability, with its end."""
    has_ended: bool
    """By itself."""
    read: int
    """Pieces of the prompt."""
    written: int
    """Its own."""


class _Choice(NamedTuple):
    """What is answered to a prompt."""

    prompt: str
    text: str
    reason: str
    """Why it goes no further."""
    ending: float | None
    """Logarithm of its probability with its end; None if it has not ended by itself."""


def _choice(prompt: str, written: _Written, stops: Sequence[str]) -> _Choice:
    whole = written.text
    cut = min((whole.find(stop) for stop in stops if stop and stop in whole), default=len(whole))
    if cut < len(whole):
        return _Choice(prompt, whole[:cut], "stop", None)
    if written.has_ended:
        return _Choice(prompt, whole, "stop", written.score)
    return _Choice(prompt, whole, "length", None)


def _written(request: _Completions, prompts: Sequence[str], asked: _Asked) -> Iterator[_Written]:
    """The continuation of each text."""
    most = 16 if request.max_tokens is None else request.max_tokens
    if most == 0:
        for row in asked.rows(SCORE, text=_strings(prompts)):
            yield _Written("", 0.0, False, len(row["piece"]), 0)
        return
    count = len(prompts)
    seed = int(time.time_ns() if request.seed is None else request.seed) % _LARGEST_SEED
    warmth = 1.0 if request.temperature is None else request.temperature
    share = 1.0 if request.top_p is None else request.top_p
    rows = asked.rows(
        SAMPLE,
        text=_strings(prompts),
        temperature=np.full(count, warmth, np.float32),
        top_k=np.zeros(count, np.int64),
        top_p=np.full(count, share, np.float32),
        seed=np.arange(seed, seed + count, dtype=np.int64),
        longest=np.full(count, most, np.int64),
    )
    for row in rows:
        text = row["text"].decode("utf-8", "replace")
        yield _Written(
            text,
            float(row["score"]),
            bool(row["has_ended"]),
            int(row["read"]),
            int(row["written"]),
        )


def _logprobs(
    request: _Completions, asked: _Asked, choices: Sequence[_Choice]
) -> list[dict[str, Any] | None]:
    """Of what is told of each choice; None if they are not asked for."""
    if request.logprobs is None:
        return [None] * len(choices)
    texts = dict.fromkeys(text for one in choices for text in (one.prompt, one.prompt + one.text))
    rows = asked.rows(SCORE, text=_strings([*texts]))
    known = dict(zip(texts, map(completion_tokens.read, rows), strict=True))
    found: list[dict[str, Any] | None] = []
    for one in choices:
        prompt, first = known[one.prompt], len(one.prompt)
        tokens = completion_tokens.written(
            prompt, known[one.prompt + one.text], first, one.text, one.ending
        )
        if request.echo:
            tokens, first = [*prompt, *tokens], 0
        has_alternatives = request.logprobs > 0
        told = completion_tokens.logprobs(tokens, first, with_alternatives=has_alternatives)
        found.append(told)
    return found


def _embeddings(request: _Embeddings, asked: _Asked) -> dict[str, Any]:
    known = asked.predictor.signatures.get(EMBED)
    names = [] if known is None else [*known.inputs]
    asked.require((EMBED,), {names[0] if len(names) == 1 else "text"}, "embeds no texts")
    texts = [request.input] if isinstance(request.input, str) else request.input
    if not texts:
        raise errors.invalid_argument("`input`: expected at least one text. Received: []")
    vectors = [row["embedding"] for row in asked.rows(EMBED, **{names[0]: _strings(texts)})]
    is_packed = request.encoding_format == "base64"
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": _packed(vector) if is_packed else vector.tolist(),
            }
            for index, vector in enumerate(vectors)
        ],
        # Pieces are not counted where texts are embedded.
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
    }


def _packed(vector: np.ndarray) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def _strings(texts: Sequence[str]) -> np.ndarray:
    return np.array([text.encode("utf-8", "replace") for text in texts], object)


@dataclasses.dataclass(frozen=True)
class _Handler:
    body: type[_Body]
    answer: Callable[[Any, _Asked], dict[str, Any]]


PATHS: Mapping[str, _Handler] = {
    "/v1/completions": _Handler(_Completions, _completions),
    "/v1/embeddings": _Handler(_Embeddings, _embeddings),
}
"""What is answered, by path; all are POSTed."""
