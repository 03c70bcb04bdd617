"""What a call does whatever the protocol, and whether or not it blocks.

Written once, as coroutines. The blocking client runs them with `run_blocking`:
its transports block where those of the asyncio client would suspend, so its
coroutines never do, and need no event loop.
"""

import dataclasses
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from serving.client import features, retries, tensors
from serving.client.errors import ClientError
from serving.client.retries import Deadline
from serving.client.signature import Signature, unknown
from serving.model import DEFAULT_SIGNATURE, ModelSpec, VersionStatus

Classes = list[list[tuple[str, float]]]
"""Labels and scores of each example, in the model's order."""

_POLL_SECONDS = 0.2
_PATIENCE = 5.0
# With these a server answers a request that fits an older signature than it has.
_PERHAPS_STALE = frozenset({"INVALID_ARGUMENT", "FAILED_PRECONDITION", "DATA_LOSS"})
_ResultT = TypeVar("_ResultT")


@dataclasses.dataclass(frozen=True)
class Question:
    """A checked request to predict."""

    spec: ModelSpec
    """Whom to ask."""
    signature_name: str
    """As the caller gave it: empty means `serving_default`."""
    signature: Signature
    """What the model takes and gives."""
    inputs: Mapping[str, np.ndarray]
    """Arrays by name; strings as object arrays of bytes."""
    outputs: Sequence[str] = ()
    """Wanted outputs; empty means all of them."""


@dataclasses.dataclass(frozen=True)
class Examples:
    """A checked request to classify or to regress."""

    spec: ModelSpec
    """Whom to ask."""
    signature_name: str
    """As the caller gave it: empty means `serving_default`."""
    examples: Sequence[Mapping[str, Any]]
    """Features by name, for each example: a value or a list of them."""
    context: Mapping[str, Any] | None = None
    """Features that all examples share."""


class Transport(Protocol):
    """One attempt of each call over one protocol; raises ClientError."""

    address: str
    """Who is asked, for errors."""
    sleep: Callable[[float], Awaitable[None]]
    """How to wait for so many seconds."""

    async def signatures(self, spec: ModelSpec, deadline: Deadline) -> dict[str, Signature]:
        """What a model takes and gives, by the name of the signature."""

    async def status(
        self, name: str, version: int | None, deadline: Deadline
    ) -> list[VersionStatus]:
        """States of a model's versions, newest first."""

    async def predict(self, question: Question, deadline: Deadline) -> dict[str, np.ndarray]:
        """Outputs by name; strings as object arrays of bytes."""

    async def classify(self, examples: Examples, deadline: Deadline) -> Classes:
        """Labels and scores of each example."""

    async def regress(self, examples: Examples, deadline: Deadline) -> np.ndarray:
        """A float32 number for each example."""

    async def close(self) -> None:
        """Close the connections."""


class Calls:
    """The calls of a client.

    Args:
        transport: How to reach the server.
        timeout: Seconds for a call that does not say.
        policy: When to repeat an attempt.
        rng: Spreads the repetitions of many clients over time.
    """

    def __init__(
        self, transport: Transport, timeout: float, policy: retries.Retries, rng: random.Random
    ):
        self.transport = transport
        self._timeout = timeout
        self._retries = policy
        self._rng = rng
        self._known: dict[ModelSpec, dict[str, Signature]] = {}

    async def predict(
        self,
        spec: ModelSpec,
        inputs: Mapping[str, Any],
        signature_name: str,
        outputs: Sequence[str],
        timeout: float | None,
        is_idempotent: bool,
    ) -> dict[str, np.ndarray]:
        """Run one signature.

        The signatures that a model had are believed until a request fails, because a new version
        may have changed them. If it has, the request is made anew.
        """
        deadline = self._deadline(timeout)

        async def ask(known: Mapping[str, Signature]) -> dict[str, np.ndarray]:
            question = _question(known, spec, inputs, signature_name, outputs)
            try:
                answer = await self._persist(
                    lambda: self.transport.predict(question, deadline), deadline, is_idempotent
                )
            except ClientError as error:
                _add_shapes(error, question)
                raise
            return {name: tensors.readable(name, array) for name, array in answer.items()}

        known = self._known.get(spec)
        if known is not None:
            try:
                return await ask(known)
            except (ClientError, ValueError) as error:
                if isinstance(error, ClientError) and error.code not in _PERHAPS_STALE:
                    raise
                if await self._fetch_signatures(spec, deadline) == known:
                    raise
        return await ask(self._known.get(spec) or await self._fetch_signatures(spec, deadline))

    async def classify(self, examples: Examples, timeout: float | None) -> Classes:
        """Labels and scores of each example."""
        deadline = self._deadline(timeout)
        return await self._persist(lambda: self.transport.classify(examples, deadline), deadline)

    async def regress(self, examples: Examples, timeout: float | None) -> np.ndarray:
        """A number for each example."""
        deadline = self._deadline(timeout)
        return await self._persist(lambda: self.transport.regress(examples, deadline), deadline)

    async def status(self, spec: ModelSpec, timeout: float | None) -> list[VersionStatus]:
        """States of a model's versions, newest first."""
        deadline = self._deadline(timeout)
        return await self._persist(
            lambda: self.transport.status(spec.name, spec.version, deadline), deadline
        )

    async def signatures(self, spec: ModelSpec, timeout: float | None) -> dict[str, Signature]:
        """What a model takes and gives, asked anew."""
        return dict(await self._fetch_signatures(spec, self._deadline(timeout)))

    async def wait_until_ready(self, spec: ModelSpec, timeout: float) -> int:
        """Ask for the status until a version is available; that version."""
        name, version = spec.name, spec.version
        deadline = self._deadline(timeout)
        state = "nobody answered"
        while True:
            try:
                # Who hangs, such as a port that is not forwarded yet, may be well a moment later.
                attempt = Deadline(min(_PATIENCE, deadline.left()), self.transport.address)
                known = await self.transport.status(name, version, attempt)
            except ClientError as error:
                if not error.is_transient and error.code not in ("NOT_FOUND", "DEADLINE_EXCEEDED"):
                    raise
                state = str(error) if error.code != "DEADLINE_EXCEEDED" else state
            else:
                available = [status.version for status in known if status.state == "AVAILABLE"]
                if available:
                    return max(available)
                state = ", ".join(_word(status) for status in known) or "it has no versions"
            if not deadline.has(_POLL_SECONDS):
                break
            await self.transport.sleep(_POLL_SECONDS)
        which = name if version is None else f"{name} version {version}"
        text = f"{which} was not ready within {timeout:g} seconds: {state}"
        raise ClientError(text, "DEADLINE_EXCEEDED")

    def _deadline(self, timeout: float | None) -> Deadline:
        return Deadline(self._timeout if timeout is None else timeout, self.transport.address)

    async def _persist(
        self,
        attempt: Callable[[], Awaitable[_ResultT]],
        deadline: Deadline,
        is_idempotent: bool = True,
    ) -> _ResultT:
        policy = self._retries if is_idempotent else retries.Retries(attempts=1)
        return await retries.persist(attempt, policy, deadline, self._rng, self.transport.sleep)

    async def _fetch_signatures(self, spec: ModelSpec, deadline: Deadline) -> dict[str, Signature]:
        known = await self._persist(lambda: self.transport.signatures(spec, deadline), deadline)
        self._known[spec] = known
        return known


def run_blocking(coroutine: Coroutine[Any, Any, _ResultT]) -> _ResultT:
    """Run a coroutine over a blocking transport to its end.

    Raises:
        RuntimeError: If it suspends, which a blocking transport does not.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("A blocking call tried to wait for an event loop.")


def model_spec(model: str, version: int | None, label: str | None) -> ModelSpec:
    """Which model is meant.

    Raises:
        ValueError: If both a version and a label are given, or no name.
    """
    if not model:
        raise ValueError(
            "The model's name must be the one that it is served under, and not empty. "
            f"Received: {model!r}"
        )
    if version is not None and label is not None:
        raise ValueError(
            "A version and a label exclude each other. "
            f"Received: version={version}, label={label!r}"
        )
    return ModelSpec(model, version, label)


def check_examples(
    spec: ModelSpec,
    signature_name: str,
    examples: Sequence[Mapping[str, Any]],
    context: Mapping[str, Any] | None,
) -> Examples:
    """A request to classify or to regress.

    Raises:
        ValueError: If the examples are not features with numbers, strings or bytes.
    """
    encoded = features.encode_examples(examples)
    shared = None if context is None else features.encode_example(context, "the context")
    return Examples(spec, signature_name, encoded, shared)


def _question(
    known: Mapping[str, Signature],
    spec: ModelSpec,
    inputs: Mapping[str, Any],
    signature_name: str,
    outputs: Sequence[str],
) -> Question:
    name = signature_name or DEFAULT_SIGNATURE
    if name not in known:
        raise ValueError(unknown(f"Model {spec.name!r} has no signature", name, known))
    signature = known[name]
    where = f"{name!r} of {spec.name!r}"
    if isinstance(outputs, str):
        raise ValueError(f"`outputs` must be a list of names. Received: {outputs!r}")
    for output in outputs:
        if output not in signature.outputs:
            raise ValueError(unknown(f"Signature {where} has no output", output, signature.outputs))
    arrays = tensors.encode_inputs(inputs, signature, where)
    return Question(spec, signature_name, signature, arrays, tuple(outputs))


def _add_shapes(error: ClientError, question: Question) -> None:
    """Say which shapes were sent, if the model refused and one is not what it wants.

    Only then: whether a shape does is for the graph to say, which may take others than it names.
    """
    sent = {name: array.shape for name, array in question.inputs.items()}
    specs = question.signature.inputs
    if error.code == "INVALID_ARGUMENT" and not all(
        tensors.fits(shape, specs[name].shape) for name, shape in sent.items()
    ):
        shapes = ", ".join(f"{name}: {shape}" for name, shape in sent.items())
        error.args = (
            f"{error} (the signature expects {question.signature.expects()}; sent {shapes})",
        )


def _word(status: VersionStatus) -> str:
    reason = f" ({status.error_message})" if status.error_message else ""
    return f"version {status.version} is {status.state}{reason}"
