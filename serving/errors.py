"""The one error the server answers with, and its numbers in HTTP.

Codes are the canonical gRPC names. Source of the table: TensorFlow Serving,
`model_servers/http_server.cc`, `ToHTTPStatusCode`.
"""

HTTP_STATUS = {
    "OK": 200,
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}


class ServingError(Exception):
    """A request or a model version failed; both protocols answer with `code` and `text`.

    Args:
        code: Canonical name, a key of `HTTP_STATUS`.
        text: What the client reads, word for word.
    """

    def __init__(self, code: str, text: str):
        super().__init__(text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def invalid_argument(text: str) -> ServingError:
    """The client sent something that no model state would make right."""
    return ServingError("INVALID_ARGUMENT", text)


def not_found(text: str) -> ServingError:
    """The named model or version is not served."""
    return ServingError("NOT_FOUND", text)
