"""The client for threads."""

import functools
import random
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from serving.client import address as addresses
from serving.client import calls, streams
from serving.client.address import Address, Tls
from serving.client.calls import Calls, Classes, Transport, run_blocking
from serving.client.over_rest import RestTransport
from serving.client.pool import Pool
from serving.client.retries import Retries
from serving.client.signature import Signature
from serving.model import VersionStatus


class Client:
    """Asks a model server, ours or TensorFlow Serving, over REST or gRPC.

    The address chooses the protocol. Threads may share a client; each request in progress has a
    connection of its own over REST, and they share one over gRPC.

    Args:
        server: `host:port`, `http://...` or `https://...` for REST; `grpc://host:port`,
            `grpcs://host:port` (TLS) or `unix:/path` for gRPC.
        timeout: Seconds for a call that does not say, repetitions included.
        retries: When and how often a failed request is repeated; None means `Retries()`.
        tls: Certificates, for `https://` and `grpcs://`.
        token: Bearer token that proves who asks.
        gzip_above: Bytes of a request from which on it is compressed; None never does.
        rng: Spreads the repetitions of many clients over time.

    Raises:
        ValueError: If the address is none of these, or the token is no header.

    Example:
        with Client("127.0.0.1:8501") as client:
            answer = client.predict("reviews", {"text": ["Never again.", "Lovely."]})
            answer["label"]  # array(['1', '5'], dtype=object)
    """

    def __init__(
        self,
        server: str,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        tls: Tls | None = None,
        token: str | None = None,
        gzip_above: int | None = None,
        rng: random.Random | None = None,
    ):
        where = addresses.parse(server)
        addresses.check_secrets(where, tls, token)
        open_transport = _open_grpc if where.is_grpc else _open_rest
        transport = open_transport(where, tls or Tls(), token, gzip_above)
        self._calls = Calls(transport, timeout, retries or Retries(), rng or random.Random())

    def predict(
        self,
        model: str,
        inputs: Mapping[str, Any],
        signature: str = "",
        *,
        version: int | None = None,
        label: str | None = None,
        outputs: Sequence[str] = (),
        timeout: float | None = None,
        is_idempotent: bool = True,
    ) -> dict[str, np.ndarray]:
        """Run one signature.

        The model's own signature says which types the inputs get, so `{"text": ["a", "b"]}` and
        `{"ids": [[1, 2]]}` do. It is asked once, and again when a request does not fit it any more.

        Args:
            model: Served name.
            inputs: By name: numbers, strings, bytes, (nested) lists of them, or NumPy arrays.
            signature: Its name; empty means `serving_default`.
            version: Exact version; None means the newest.
            label: Version label, such as `stable`; excludes `version`.
            outputs: Names of the outputs to return; empty means all of them. Over gRPC the others
                are not even calculated.
            timeout: Seconds; None means the client's.
            is_idempotent: False if asking twice does harm; then nothing is ever repeated.

        Returns:
            Arrays by output name. Strings are object arrays of `str`; of `bytes`, if the name ends
            in `_bytes`. bfloat16 comes as float32.

        Raises:
            ValueError: If the inputs do not fit the signature; the message says what does.
            ClientError: If the server refuses or does not answer in time.
        """
        spec = calls.model_spec(model, version, label)
        return run_blocking(
            self._calls.predict(spec, inputs, signature, outputs, timeout, is_idempotent)
        )

    def classify(
        self,
        model: str,
        examples: Sequence[Mapping[str, Any]],
        signature: str = "",
        *,
        context: Mapping[str, Any] | None = None,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
    ) -> Classes:
        """Label examples, with a model whose signature takes `tf.Example`s for this.

        Args:
            model: Served name.
            examples: A value or a flat list of values by feature, for each example.
            signature: Its name; empty means `serving_default`.
            context: Features that all examples share.
            version: Exact version; None means the newest.
            label: Version label; excludes `version`.
            timeout: Seconds; None means the client's.

        Returns:
            `(label, score)` of each class, for each example.

        Raises:
            ValueError: If a feature is neither numbers nor strings and bytes.
            ClientError: If the server refuses or does not answer in time.
        """
        spec = calls.model_spec(model, version, label)
        checked = calls.check_examples(spec, signature, examples, context)
        return run_blocking(self._calls.classify(checked, timeout))

    def regress(
        self,
        model: str,
        examples: Sequence[Mapping[str, Any]],
        signature: str = "",
        *,
        context: Mapping[str, Any] | None = None,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
    ) -> np.ndarray:
        """Predict one number for each example; see `classify`.

        Returns:
            `(examples,)` float32.
        """
        spec = calls.model_spec(model, version, label)
        checked = calls.check_examples(spec, signature, examples, context)
        return run_blocking(self._calls.regress(checked, timeout))

    def status(
        self, model: str, *, version: int | None = None, timeout: float | None = None
    ) -> list[VersionStatus]:
        """States of a model's versions, newest first; of one, if `version` says so.

        Raises:
            ClientError: NOT_FOUND if the server never had the model.
        """
        spec = calls.model_spec(model, version, None)
        return run_blocking(self._calls.status(spec.name, spec.version, timeout))

    def signatures(
        self,
        model: str,
        *,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Signature]:
        """What a model takes and gives, by the name of the signature.

        Raises:
            ClientError: NOT_FOUND if the model is not available.
        """
        spec = calls.model_spec(model, version, label)
        return run_blocking(self._calls.signatures(spec, timeout))

    def wait_until_ready(
        self, model: str, *, version: int | None = None, timeout: float = 60.0
    ) -> int:
        """Wait for a server to start and to load a model.

        Returns:
            The newest available version.

        Raises:
            ClientError: DEADLINE_EXCEEDED if it took too long, with what the model was doing.
        """
        spec = calls.model_spec(model, version, None)
        return run_blocking(self._calls.wait_until_ready(spec.name, spec.version, timeout))

    def close(self) -> None:
        """Close the connections."""
        run_blocking(self._calls.transport.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


async def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _open_rest(where: Address, tls: Tls, token: str | None, gzip_above: int | None) -> Transport:
    context = tls.context() if where.is_secure else None
    pool = Pool(functools.partial(streams.connect, where, context))
    return RestTransport(where, pool, _sleep, token, gzip_above)


def _open_grpc(where: Address, tls: Tls, token: str | None, gzip_above: int | None) -> Transport:
    # Imported late: whoever asks over REST should not wait for gRPC.
    import grpc

    from serving.client import over_grpc

    if where.is_secure:
        proof = over_grpc.credentials(tls)
        channel = functools.partial(grpc.secure_channel, where.target, proof, over_grpc.OPTIONS)
    else:
        channel = functools.partial(grpc.insecure_channel, where.target, over_grpc.OPTIONS)
    return over_grpc.GrpcTransport(where, channel, _wait, _sleep, token, gzip_above)


async def _wait(function: Any) -> Any:
    return function()
