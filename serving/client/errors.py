"""The one error that a client raises for what happened beyond it."""

from serving import errors

CODES = tuple(errors.HTTP_STATUS)
"""Canonical names by their number in gRPC; the table of HTTP numbers is in that order."""

_TRANSIENT = frozenset({"UNAVAILABLE", "RESOURCE_EXHAUSTED"})
# What TensorFlow Serving answers under the same number is told by its first name in this table.
_CODE_OF_HTTP = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    413: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",  # A proxy whose server is restarting.
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class ClientError(Exception):
    """The server refused, or nobody answered in time.

    What is wrong with the request itself, and seen before it is sent, is a `ValueError`.

    Args:
        text: The server's own words, or what went wrong on the way.
        code: Canonical name, a key of `serving.errors.HTTP_STATUS`. REST does not tell all of them
            apart: its 400 is always INVALID_ARGUMENT.
        status: HTTP status; None if there was no answer, and over gRPC.
        retry_after: Seconds after which the server wants to be asked again; None if it did not say.
        is_transient: Whether the same request may be answered a little later; None decides by
            `code`.
    """

    def __init__(
        self,
        text: str,
        code: str = "UNKNOWN",
        status: int | None = None,
        *,
        retry_after: float | None = None,
        is_transient: bool | None = None,
    ):
        super().__init__(text)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.is_transient = code in _TRANSIENT if is_transient is None else is_transient


def code_of_http(status: int) -> str:
    """The canonical name that an HTTP status stands for."""
    return _CODE_OF_HTTP.get(status, "UNKNOWN")
