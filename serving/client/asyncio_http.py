"""HTTP requests with asyncio; apart, because importing asyncio takes time."""

import asyncio
from collections.abc import Mapping

import httpx2

from serving.client.address import Address, Tls
from serving.client.http import Response, errors, settings
from serving.client.retries import Deadline


class AsyncioHttp:
    """Requests of one event loop; see `serving.client.http.Http`.

    Arguments are those of `BlockingHttp`.
    """

    def __init__(self, where: Address, tls: Tls, token: str | None):
        self._address = where.target
        self._client = httpx2.AsyncClient(**settings(where, tls, token), timeout=None)

    async def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> Response:
        """Send one request and read its answer."""
        with errors(self._address, deadline):
            async with asyncio.timeout(deadline.left()):
                answer = await self._client.request(
                    method, path, headers=headers, content=body or None
                )
        return Response(answer.status_code, answer.headers, answer.content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
