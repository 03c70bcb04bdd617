"""What both clients are opened with."""

import abc
import random

from serving.client import address
from serving.client.address import Address, Tls
from serving.client.calls import Calls, Transport
from serving.client.retries import Retries


class BaseClient(abc.ABC):
    """A client of one server; the address chooses the protocol.

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
        where = address.parse(server)
        address.check_secrets(where, tls, token)
        open_transport = self._open_grpc if where.is_grpc else self._open_rest
        transport = open_transport(where, tls or Tls(), token, gzip_above)
        self._calls = Calls(transport, timeout, retries or Retries(), rng or random.Random())

    @abc.abstractmethod
    def _open_rest(
        self, where: Address, tls: Tls, token: str | None, gzip_above: int | None
    ) -> Transport:
        """Prepare to ask over REST; imports what that takes."""

    @abc.abstractmethod
    def _open_grpc(
        self, where: Address, tls: Tls, token: str | None, gzip_above: int | None
    ) -> Transport:
        """Prepare to ask over gRPC; imports what that takes."""
