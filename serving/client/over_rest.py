"""The calls over REST."""

import email.utils
import gzip
import time
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from serving.client import rest_json, signature
from serving.client.calls import Classes, Examples, Question
from serving.client.errors import ClientError, code_of_http
from serving.client.http import Http, Response, stranger
from serving.client.retries import Deadline
from serving.client.signature import Signature
from serving.model import ModelSpec, VersionStatus

# Fast compression: the bytes are JSON, and somebody waits.
_GZIP_LEVEL = 1


class RestTransport:
    """See `serving.client.calls.Transport`.

    Args:
        address: Who is asked, for errors.
        http: Sends requests there.
        sleep: How to wait.
        gzip_above: Bytes of a body from which on it is compressed; None never does.
    """

    def __init__(
        self,
        address: str,
        http: Http,
        sleep: Callable[[float], Awaitable[None]],
        gzip_above: int | None,
    ):
        self.address = address
        self.sleep = sleep
        self._http = http
        self._gzip_above = gzip_above

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
        answer = await self._ask("POST", f"{_path(question.spec)}:predict", body, deadline)
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
        await self._http.close()

    async def _ask_about_examples(
        self, method: str, examples: Examples, deadline: Deadline
    ) -> list[Any]:
        body = rest_json.dump_examples(examples.signature_name, examples.examples, examples.context)
        answer = await self._ask("POST", f"{_path(examples.spec)}:{method}", body, deadline)
        with _Expected(self.address, "`results`"):
            return answer["results"]

    async def _ask(self, method: str, path: str, body: bytes, deadline: Deadline) -> Any:
        headers = {"Content-Type": "application/json"} if body else {}
        if self._gzip_above is not None and len(body) > self._gzip_above:
            body = gzip.compress(body, _GZIP_LEVEL)
            headers["Content-Encoding"] = "gzip"
        response = await self._http.exchange(method, path, headers, body, deadline)
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
            text = stranger(address, f"HTTP {status} without JSON")
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
