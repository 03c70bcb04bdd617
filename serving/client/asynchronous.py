"""The client for asyncio."""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from serving.client.address import Address, Tls
from serving.client.calls import Classes, Transport, check_examples, model_spec
from serving.client.opening import BaseClient
from serving.client.signature import Signature
from serving.model import VersionStatus


class AsyncClient(BaseClient):
    """Asks like `Client`, with methods to be awaited in one event loop.

    Example:
        async with AsyncClient("grpc://127.0.0.1:8500") as client:
            answer = await client.predict("reviews", {"text": ["Never again.", "Lovely."]})
    """

    async def predict(
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
        """See `Client.predict`."""
        spec = model_spec(model, version, label)
        return await self._calls.predict(spec, inputs, signature, outputs, timeout, is_idempotent)

    async def classify(
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
        """See `Client.classify`."""
        spec = model_spec(model, version, label)
        checked = check_examples(spec, signature, examples, context)
        return await self._calls.classify(checked, timeout)

    async def regress(
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
        """See `Client.regress`."""
        spec = model_spec(model, version, label)
        checked = check_examples(spec, signature, examples, context)
        return await self._calls.regress(checked, timeout)

    async def status(
        self, model: str, *, version: int | None = None, timeout: float | None = None
    ) -> list[VersionStatus]:
        """See `Client.status`."""
        spec = model_spec(model, version, None)
        return await self._calls.status(spec, timeout)

    async def signatures(
        self,
        model: str,
        *,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Signature]:
        """See `Client.signatures`."""
        spec = model_spec(model, version, label)
        return await self._calls.signatures(spec, timeout)

    async def wait_until_ready(
        self, model: str, *, version: int | None = None, timeout: float = 60.0
    ) -> int:
        """See `Client.wait_until_ready`."""
        spec = model_spec(model, version, None)
        return await self._calls.wait_until_ready(spec, timeout)

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _open_rest(
        self, where: Address, tls: Tls, token: str | None, gzip_above: int | None
    ) -> Transport:
        from serving.client.asyncio_http import AsyncioHttp
        from serving.client.over_rest import RestTransport

        return RestTransport(
            where.target, AsyncioHttp(where, tls, token), asyncio.sleep, gzip_above
        )

    def _open_grpc(
        self, where: Address, tls: Tls, token: str | None, gzip_above: int | None
    ) -> Transport:
        import grpc.aio

        from serving.client import over_grpc

        channel = over_grpc.opener(grpc.aio, where, tls)
        return over_grpc.GrpcTransport(
            where.target, channel, _wait, asyncio.sleep, token, gzip_above
        )


async def _wait(function: Any) -> Any:
    return await function()
