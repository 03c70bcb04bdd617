"""The calls over REST."""

import email.utils
import gzip
import ssl
import time
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from serving.client import rest_json, signature
from serving.client.address import Address
from serving.client.calls import Classes, Examples, Question
from serving.client.errors import ClientError, code_of_http
from serving.client.http1 import NotHttpError, Response, TruncatedError
from serving.client.pool import Pool
from serving.client.retries import Deadline
from serving.client.signature import Signature
from serving.model import ModelSpec, VersionStatus

# Fast compression: the bytes are JSON, and somebody waits.
_GZIP_LEVEL = 1


class RestTransport:
    """See `serving.client.calls.Transport`.

    Args:
        address: Where.
        pool: Its connections.
        sleep: How to wait.
        token: Sent as `Authorization: Bearer`; None sends nothing.
        gzip_above: Bytes of a body from which on it is compressed; None never does.
    """

    def __init__(
        self,
        address: Address,
        pool: Pool,
        sleep: Callable[[float], Awaitable[None]],
        token: str | None,
        gzip_above: int | None,
    ):
        self.address = address.target
        self.sleep = sleep
        self._pool = pool
        self._prefix = address.prefix
        self._gzip_above = gzip_above
        self._headers = f"Host: {address.target}\r\nAccept: application/json\r\n"
        if token is not None:
            self._headers += f"Authorization: Bearer {token}\r\n"

    async def signatures(self, spec: ModelSpec, deadline: Deadline) -> dict[str, Signature]:
        """What a model takes and gives, by the name of the signature."""
        answer = await self._ask("GET", f"{_path(spec)}/metadata", b"", deadline)
        with _Expected(self.address, "its signatures"):
            return signature.from_json(answer["metadata"]["signature_def"]["signature_def"])

    async def status(
        self, name: str, version: int | None, deadline: Deadline
    ) -> list[VersionStatus]:
        """States of a model's versions, newest first."""
        answer = await self._ask("GET", _path(ModelSpec(name, version)), b"", deadline)
        with _Expected(self.address, "its versions"):
            return [
                VersionStatus(
                    int(known["version"]),
                    known["state"],
                    known["status"]["error_code"],
                    known["status"]["error_message"],
                )
                for known in answer["model_version_status"]
            ]

    async def predict(self, question: Question, deadline: Deadline) -> dict[str, np.ndarray]:
        """Outputs by name; strings as object arrays of bytes."""
        body = rest_json.dump_predict(question.signature_name, question.inputs)
        answer = await self._ask(
            "POST",
            f"{_path(question.spec)}:predict",
            body,
            deadline,
            is_idempotent=question.is_idempotent,
        )
        with _Expected(self.address, "`outputs`"):
            outputs = answer["outputs"]
        return rest_json.read_outputs(outputs, question.signature, question.outputs)

    async def classify(self, examples: Examples, deadline: Deadline) -> Classes:
        """Labels and scores of each example."""
        results = await self._ask_about_examples("classify", examples, deadline)
        with _Expected(self.address, "`results`"):
            return [[(label, float(score)) for label, score in classes] for classes in results]

    async def regress(self, examples: Examples, deadline: Deadline) -> np.ndarray:
        """A float32 number for each example."""
        results = await self._ask_about_examples("regress", examples, deadline)
        with _Expected(self.address, "`results`"):
            return np.array(results, np.float32)

    async def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    async def _ask_about_examples(
        self, method: str, examples: Examples, deadline: Deadline
    ) -> list[Any]:
        body = rest_json.dump_examples(examples.signature_name, examples.examples, examples.context)
        answer = await self._ask("POST", f"{_path(examples.spec)}:{method}", body, deadline)
        with _Expected(self.address, "`results`"):
            return answer["results"]

    async def _ask(
        self, method: str, path: str, body: bytes, deadline: Deadline, *, is_idempotent: bool = True
    ) -> Any:
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._headers}"
        if body:
            head += "Content-Type: application/json\r\n"
        if self._gzip_above is not None and len(body) > self._gzip_above:
            body = gzip.compress(body, _GZIP_LEVEL)
            head += "Content-Encoding: gzip\r\n"
        if method == "POST":
            head += f"Content-Length: {len(body)}\r\n"
        request = f"{head}\r\n".encode("latin-1")
        try:
            response = await self._pool.exchange(
                request, body, deadline, is_idempotent=is_idempotent
            )
        except TimeoutError as error:
            raise deadline.passed() from error
        except TruncatedError as error:
            raise ClientError(f"{self.address} broke off in the middle of its answer.") from error
        except NotHttpError as error:
            raise ClientError(_stranger(self.address, "what is not HTTP")) from error
        except OSError as error:
            raise _unreachable(self.address, error) from error
        return _parse(response, self.address)


class _Expected:
    """Turns what is missing from an answer into an error that says so."""

    def __init__(self, address: str, what: str):
        self._address = address
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, LookupError | TypeError | ValueError | AttributeError | OverflowError):
            text = f"{self._address} is not a model server: {self._what} are not in its answer."
            raise ClientError(text) from error


def _path(spec: ModelSpec) -> str:
    path = f"/v1/models/{_quote(spec.name)}"
    if spec.version is not None:
        return f"{path}/versions/{spec.version}"
    return path if spec.label is None else f"{path}/labels/{_quote(spec.label)}"


def _quote(name: str) -> str:
    return urllib.parse.quote(name, safe="")


def _parse(response: Response, address: str) -> Any:
    status = response.status
    try:
        answer = rest_json.load(response.body)
    except ValueError as error:
        if status == 200 or code_of_http(status) in ("NOT_FOUND", "INVALID_ARGUMENT", "UNKNOWN"):
            text = _stranger(address, f"HTTP {status} without JSON")
            raise ClientError(text, code_of_http(status), status) from error
        answer = None  # A proxy's own page, whose number says enough.
    if status == 200:
        return answer
    told = answer.get("error") if isinstance(answer, dict) else None
    raise ClientError(
        told if isinstance(told, str) else f"{address} answered HTTP {status}.",
        code_of_http(status),
        status,
        retry_after=_retry_after(response.headers.get("retry-after")),
    )


def _retry_after(text: str | None) -> float | None:
    """Seconds from `Retry-After`, which is a number of them or a date."""
    if text is None:
        return None
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _stranger(address: str, answered: str) -> str:
    return (
        f"{address} is not a model server: it answered {answered}. If it is the gRPC port of one, "
        f"write grpc://{address}"
    )


def _unreachable(address: str, error: OSError) -> ClientError:
    if isinstance(error, ssl.SSLCertVerificationError):
        text = (
            f"The certificate of {address} is not trusted: {error.verify_message}. "
            "Name its authority: tls=Tls(ca=...)"
        )
        return ClientError(text, "UNAUTHENTICATED")
    if isinstance(error, ssl.SSLError):
        text = f"{address} and this client found no common encryption: {error.reason or error}"
        return ClientError(text)
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        text = f"{address} closed the connection before it answered."
        return ClientError(text, "UNAVAILABLE")
    return ClientError(
        f"No server answers at {address} ({error}). Start one with `maru serve`, or give the "
        "address of a running one.",
        "UNAVAILABLE",
    )
