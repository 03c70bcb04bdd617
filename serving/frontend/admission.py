"""Who may ask, how many at a time, and whether new requests are still welcome.

One object per server, so that both protocols count together.
"""

import contextlib
import hmac
import pathlib
import threading
from collections.abc import Iterator

from serving import errors
from serving.telemetry.metrics import Metrics

_IN_PROGRESS = "/maru/serving/requests_in_progress"
_REFUSED = "/maru/serving/requests_refused"
_SHORTEST_TOKEN = 16


class Admission:
    """Decides about requests before any model is asked.

    Args:
        metrics: Where requests in progress and refused ones are counted.
        token: What callers must present as `Authorization: Bearer <token>`; None lets all in.
        max_concurrent_requests: Requests in progress at a time; None for any number.

    Attributes:
        is_draining: Whether the server is about to stop.
    """

    def __init__(
        self,
        metrics: Metrics,
        token: str | None = None,
        max_concurrent_requests: int | None = None,
    ):
        self._metrics = metrics
        self._expected = None if token is None else f"Bearer {token}".encode()
        self._most = max_concurrent_requests
        self._in_progress = 0
        self._lock = threading.Lock()
        self.is_draining = False

    @property
    def needs_token(self) -> bool:
        """Whether callers must present a token."""
        return self._expected is not None

    def check_token(self, authorization: bytes, entrypoint: str) -> None:
        """Look at a caller's token.

        Args:
            authorization: The header of HTTP, or the metadata of gRPC; empty if there is none.
            entrypoint: `REST` or `GRPC`.

        Raises:
            ServingError: UNAUTHENTICATED if it is not the right one.
        """
        # Compared in constant time, so that nobody finds it letter by letter.
        if self._expected is None or hmac.compare_digest(authorization, self._expected):
            return
        self.count_refusal(entrypoint, "token")
        raise errors.ServingError(
            "UNAUTHENTICATED",
            "This server asks for a token. Send the header `Authorization: Bearer <token>` with "
            "the token that the server was started with.",
        )

    @contextlib.contextmanager
    def request(self, entrypoint: str) -> Iterator[None]:
        """Hold one of the places while a request is answered.

        Args:
            entrypoint: `REST` or `GRPC`.

        Raises:
            ServingError: UNAVAILABLE if all places are taken.
        """
        with self._lock:
            is_full = self._most is not None and self._in_progress >= self._most
            if not is_full:
                self._in_progress += 1
        if is_full:
            self.count_refusal(entrypoint, "concurrency")
            raise errors.ServingError(
                "UNAVAILABLE",
                f"The server already answers {self._most} requests, its limit. Try again later.",
            )
        self._metrics.increment(_IN_PROGRESS, entrypoint=entrypoint)
        try:
            yield
        finally:
            self._metrics.increment(_IN_PROGRESS, -1, entrypoint=entrypoint)
            with self._lock:
                self._in_progress -= 1

    def count_refusal(self, entrypoint: str, reason: str) -> None:
        """Count a request that was refused: by `token`, `concurrency`, `size` or `stalled`."""
        self._metrics.increment(_REFUSED, entrypoint=entrypoint, reason=reason)

    def drain(self) -> None:
        """Tell load balancers to go elsewhere; requests that come anyway are answered."""
        self.is_draining = True


def read_token(path: pathlib.Path) -> str:
    """Read a token; white space around it does not count.

    Raises:
        ServingError: NOT_FOUND if the file cannot be read, INVALID_ARGUMENT if what it holds is
            short or cannot be a header.
    """
    try:
        token = path.read_text().strip()
    except OSError as error:
        raise errors.not_found(f"Cannot read the token file {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        token = ""
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise errors.invalid_argument(
            f"The token file {path} must hold one line of at least {_SHORTEST_TOKEN} printable "
            f"ASCII characters; it holds {len(token)}. Make one with: openssl rand -hex 32"
        )
    return token
