"""The client for threads."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from serving.client.address import Address, Tls
from serving.client.calls import Classes, Transport, check_examples, model_spec, run_blocking
from serving.client.opening import BaseClient
from serving.client.signature import Signature
from serving.model import VersionStatus


class Client(BaseClient):
    """Asks a model server, ours or TensorFlow Serving, over REST or gRPC.

    Threads may share a client; each request in progress has a connection of its own over REST, and
    they share one over gRPC. Arguments and errors are those of `BaseClient`.

    Example:
        with Client("127.0.0.1:8501") as client:
            answer = client.predict("reviews", {"text": ["Never again.", "Lovely."]})
            answer["label"]  # array(['1', '5'], dtype=object)
    """

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
            is_idempotent: False if asking twice does harm; then nothing is ever repeated, not even
                when the server closes a kept connection just as it is used.

        Returns:
            Arrays by output name. Strings are object arrays of `str`; of `bytes`, if the name ends
            in `_bytes`. bfloat16 comes as float32.

        Raises:
            ValueError: If the inputs do not fit the signature; the message says what does.
            ClientError: If the server refuses or does not answer in time.
        """
        spec = model_spec(model, version, label)
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
        spec = model_spec(model, version, label)
        checked = check_examples(spec, signature, examples, context)
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
        spec = model_spec(model, version, label)
        checked = check_examples(spec, signature, examples, context)
        return run_blocking(self._calls.regress(checked, timeout))

    def status(
        self, model: str, *, version: int | None = None, timeout: float | None = None
    ) -> list[VersionStatus]:
        """States of a model's versions, newest first; of one, if `version` says so.

        Raises:
            ClientError: NOT_FOUND if the server never had the model.
        """
        spec = model_spec(model, version, None)
        return run_blocking(self._calls.status(spec, timeout))

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
        spec = model_spec(model, version, label)
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
        spec = model_spec(model, version, None)
        return run_blocking(self._calls.wait_until_ready(spec, timeout))

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

    def _open_rest(
        self, where: Address, tls: Tls, token: str | None, gzip_above: int | None
    ) -> Transport:
        from serving.client.http import BlockingHttp
        from serving.client.over_rest import RestTransport

        return RestTransport(where.target, BlockingHttp(where, tls, token), _sleep, gzip_above)

    def _open_grpc(
        self, where: Address, tls: Tls, token: str | None, gzip_above: int | None
    ) -> Transport:
        import grpc

        from serving.client import over_grpc

        channel = over_grpc.opener(grpc, where, tls)
        return over_grpc.GrpcTransport(where.target, channel, _wait, _sleep, token, gzip_above)


async def _sleep(seconds: float) -> None:
    time.sleep(seconds)


async def _wait(function: Any) -> Any:
    return function()
