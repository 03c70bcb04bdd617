"""TensorFlow Serving's REST API as a function: method, path and body to status and JSON.

No web framework here; `serving/rest/app.py` is the edge. Paths, codes and texts
are TensorFlow Serving's. Source: TensorFlow Serving,
`model_servers/http_rest_api_handler.cc` and `http_rest_api_util.cc`.
"""

import dataclasses
import json
import logging
import re
import urllib.parse
from collections.abc import Callable, Mapping

from serving import errors
from serving.execution import example_inference
from serving.execution.example_inference import Method
from serving.model import ModelSpec, Options, Repository, VersionStatus
from serving.rest import example_body, predict_body
from serving.rest.json import writer
from serving.telemetry.request_metrics import Metrics, RequestMetrics

_LOG = logging.getLogger(__name__)
_MODEL = r"(?:/([^/:]+))"
_VERSION = r"(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?"
_INFERENCE = re.compile(rf"/v1/models{_MODEL}{_VERSION}:(classify|regress|predict)", re.I | re.A)
_STATUS = re.compile(rf"/v1/models{_MODEL}?{_VERSION}(?:/(metadata))?", re.I | re.A)
_LARGEST_VERSION = 2**63 - 1
_DEFAULTS = Options()


@dataclasses.dataclass(frozen=True)
class Answer:
    """What goes back to the client, as `application/json`."""

    status: int
    """HTTP status."""
    body: bytes
    """JSON."""


def answer(
    repository: Repository,
    method: str,
    path: str,
    body: bytes,
    timeout: float | None,
    metrics: Metrics | None = None,
    options: Options = _DEFAULTS,
) -> Answer:
    """Answer one request to `/v1/...`.

    Args:
        repository: What can be asked.
        method: HTTP method.
        path: Path and query as the client sent them, still percent-encoded, one character a byte.
        body: Request body.
        timeout: Seconds a prediction may take; None for as long as it takes.
        metrics: Where the request is counted; None counts nothing.
        options: How to answer.
    """
    request = _Request(repository, body, timeout, RequestMetrics(metrics, "REST"), options)
    try:
        return Answer(200, _route(request, method, path))
    except errors.ServingError as error:
        return refusal(errors.HTTP_STATUS[error.code], error.text)
    except Exception as error:
        _LOG.exception("%s %s failed.", method, path)
        return refusal(500, f"{type(error).__name__}: {error}")


def refusal(status: int, text: str) -> Answer:
    """An error as the API words it."""
    return Answer(status, writer.write_error(text))


@dataclasses.dataclass(frozen=True)
class _Request:
    """What all the handlers need."""

    repository: Repository
    body: bytes
    timeout: float | None
    recorder: RequestMetrics
    options: Options


def _route(request: _Request, method: str, path: str) -> bytes:
    pattern = {"POST": _INFERENCE, "GET": _STATUS}.get(method)
    match = pattern.fullmatch(path) if pattern else None
    name = _decode(match[1] or "") if match else ""
    verb = match[4] if match and method == "POST" else ""
    with request.recorder.request(name, verb):
        if match and method == "GET":
            return _describe(request, name, match)
        # The pattern takes a verb in any case, but only lower case means something.
        handle = _HANDLERS.get(verb)
        if match is None or handle is None:
            raw = path.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
            raise errors.invalid_argument(f"Malformed request: {method} {raw}")
        return handle(request, _spec(name, match[2], match[3]))


def _predict(request: _Request, spec: ModelSpec) -> bytes:
    body = predict_body.parse(request.body)
    with request.repository.lease(spec) as predictor:
        signature = predict_body.find_signature(body, predictor.signatures)
        inputs = predict_body.decode(body, signature)
        example_inference.check_predict(predictor, body.signature_name, request.options)
        with request.recorder.runtime(spec.name, "Predict"):
            outputs = predictor.predict(body.signature_name, inputs, timeout=request.timeout)
    return predict_body.encode(outputs, is_row_format=body.is_row_format)


def _classify(request: _Request, spec: ModelSpec) -> bytes:
    body = predict_body.parse(request.body)
    examples = example_body.decode(body)
    method = Method(body.signature_name, example_inference.CLASSIFY)
    with request.repository.lease(spec) as predictor:
        signature = example_inference.find(predictor, method, request.options)
        with request.recorder.runtime(spec.name, "Classify"):
            classes = example_inference.classify(predictor, signature, examples, request.timeout)
    return writer.write_classes(classes.labels, classes.scores)


def _regress(request: _Request, spec: ModelSpec) -> bytes:
    body = predict_body.parse(request.body)
    examples = example_body.decode(body)
    method = Method(body.signature_name, example_inference.REGRESS)
    with request.repository.lease(spec) as predictor:
        signature = example_inference.find(predictor, method, request.options)
        with request.recorder.runtime(spec.name, "Regress"):
            values = example_inference.regress(predictor, signature, examples, request.timeout)
    return writer.write_values(values)


_HANDLERS: Mapping[str, Callable[[_Request, ModelSpec], bytes]] = {
    "predict": _predict,
    "classify": _classify,
    "regress": _regress,
}


def _describe(request: _Request, name: str, match: re.Match[str]) -> bytes:
    if not name:
        raise errors.invalid_argument("Missing model name in request.")
    spec = _spec(name, match[2], match[3])
    if match[4] == "metadata":
        return _metadata(request.repository, spec)
    # As in TensorFlow Serving, a label is ignored here.
    return encode_status(request.repository.status(spec.name, spec.version))


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
        name,
        None if version is None else int(version),
        None if label is None else _decode(label),
    )


def _decode(text: str) -> str:
    """Undo the percent-encoding of a part of the path."""
    raw = urllib.parse.unquote_to_bytes(text.encode("latin-1", "replace"))
    return raw.decode("utf-8", "replace")
