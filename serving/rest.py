"""TensorFlow Serving's REST API as a function: method, path and body to status and JSON.

No web framework here; `serving/app.py` is the edge. Paths, codes and texts
are TensorFlow Serving's. Source: TensorFlow Serving,
`model_servers/http_rest_api_handler.cc` and `http_rest_api_util.cc`.
"""

import dataclasses
import json
import logging
import re
import urllib.parse

from serving import errors, json_writer, protocol
from serving.model import ModelSpec, Repository, VersionStatus

_LOG = logging.getLogger(__name__)
_MODEL = r"(?:/([^/:]+))"
_VERSION = r"(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?"
_INFERENCE = re.compile(rf"/v1/models{_MODEL}{_VERSION}:(classify|regress|predict)", re.I | re.A)
_STATUS = re.compile(rf"/v1/models{_MODEL}?{_VERSION}(?:/(metadata))?", re.I | re.A)
_LARGEST_VERSION = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Answer:
    """What goes back to the client, as `application/json`."""

    status: int
    """HTTP status."""
    body: bytes
    """JSON."""


def answer(repository: Repository, method: str, path: str, body: bytes, timeout: float) -> Answer:
    """Answer one request to `/v1/...`.

    Args:
        repository: What can be asked.
        method: HTTP method.
        path: Path and query as the client sent them, still percent-encoded.
        body: Request body.
        timeout: Seconds a prediction may take.
    """
    try:
        return Answer(200, _route(repository, method, path, body, timeout))
    except errors.ServingError as error:
        return refusal(errors.HTTP_STATUS[error.code], error.text)
    except Exception as error:
        _LOG.exception("%s %s failed.", method, path)
        return refusal(500, f"{type(error).__name__}: {error}")


def refusal(status: int, text: str) -> Answer:
    """An error as the API words it."""
    return Answer(status, json_writer.write_error(text))


def _route(repository: Repository, method: str, path: str, body: bytes, timeout: float) -> bytes:
    inference = _INFERENCE.fullmatch(path) if method == "POST" else None
    if inference and inference[4] == "predict":
        return _predict(repository, _spec(*inference.groups()[:3]), body, timeout)
    if inference and inference[4] in ("classify", "regress"):
        raise errors.ServingError("UNIMPLEMENTED", f"{inference[4]} is not implemented")
    status = _STATUS.fullmatch(path) if method == "GET" else None
    if status is None:
        raise errors.invalid_argument(f"Malformed request: {method} {path}")
    if status[1] is None:
        raise errors.invalid_argument("Missing model name in request.")
    spec = _spec(*status.groups()[:3])
    if status[4] == "metadata":
        return _metadata(repository, spec)
    # As in TensorFlow Serving, a label is ignored here.
    return encode_status(repository.status(spec.name, spec.version))


def _predict(repository: Repository, spec: ModelSpec, body: bytes, timeout: float) -> bytes:
    parsed = protocol.parse(body)
    with repository.lease(spec) as predictor:
        signature = protocol.find_signature(parsed, predictor.signatures)
        inputs = protocol.decode(parsed, signature)
        outputs = predictor.predict(parsed.signature_name, inputs, timeout=timeout)
    return protocol.encode(outputs, is_row_format=parsed.is_row_format)


def _metadata(repository: Repository, spec: ModelSpec) -> bytes:
    with repository.lease(spec) as predictor:
        version, signatures = predictor.version, predictor.metadata_json
    model = {"name": spec.name, "signature_name": "", "version": str(version)}
    text = (
        f'{{\n"model_spec":{json.dumps(model, indent=1, ensure_ascii=False)}\n,\n'
        f'"metadata": {{"signature_def": {signatures}\n}}\n}}\n'
    )
    return text.encode()


def encode_status(statuses: list[VersionStatus]) -> bytes:
    """The body of a status answer."""
    versions = [
        {
            "version": str(status.version),
            "state": status.state,
            "status": {
                "error_code": status.error_code,
                "error_message": status.error_message,
            },
        }
        for status in statuses
    ]
    text = json.dumps({"model_version_status": versions}, indent=1, ensure_ascii=False)
    return (text + "\n").encode()


def _spec(name: str, version: str | None, label: str | None) -> ModelSpec:
    # Digits are counted first: Python refuses to convert thousands of them.
    digits = (version or "").lstrip("0")
    if len(digits) > len(str(_LARGEST_VERSION)) or int(digits or 0) > _LARGEST_VERSION:
        raise errors.invalid_argument(f"Failed to convert version: {version} to numeric.")
    return ModelSpec(
        urllib.parse.unquote(name),
        None if version is None else int(version),
        None if label is None else urllib.parse.unquote(label),
    )
