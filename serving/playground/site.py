"""The page on which people try the models: its files, and what it is told of a model.

The page asks `/models` what is served, and TensorFlow Serving's API for answers. What a model takes
and how its answer reads is in `assets.extra/task.json` of its version, or else in its signature.
"""

import dataclasses
import importlib.resources
import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

from serving import errors
from serving.export import description, request_form
from serving.model import DEFAULT_SIGNATURE, ModelSpec, Predictor, Repository, Signature

_ABOUT = re.compile(r"/playground/models/([^/:]+)(?:/versions/(\d{1,19}))?", re.A)
"""Numbers of versions reach 2**63 - 1."""
_FILES = {
    "/": "index.html",
    "/playground/answers.js": "answers.js",
    "/playground/code.js": "code.js",
    "/playground/elements.js": "elements.js",
    "/playground/icon.svg": "icon.svg",
    "/playground/inputs.js": "inputs.js",
    "/playground/main.js": "main.js",
    "/playground/server.js": "server.js",
    "/playground/style.css": "style.css",
}
"""File of the folder `page` by path."""
_TYPES = {
    "css": b"text/css; charset=utf-8",
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "svg": b"image/svg+xml",
}
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # After an update of the server nobody sees a mixture of two pages.
    (b"cache-control", b"no-cache"),
)


@dataclasses.dataclass(frozen=True)
class GrpcPort:
    """Where the same server answers gRPC."""

    number: int
    """Of the port."""
    is_encrypted: bool
    """Whether it speaks TLS."""


@dataclasses.dataclass(frozen=True)
class File:
    """A file of the page."""

    content: bytes
    """As it is sent."""
    headers: tuple[tuple[bytes, bytes], ...]
    """Its type and what browsers may do with it."""


class Playground:
    """The page over a repository.

    Args:
        repository: What can be asked.
        grpc: Where it answers gRPC, too; None for nowhere.
    """

    def __init__(self, repository: Repository, grpc: GrpcPort | None = None):
        self._repository = repository
        self._grpc = grpc
        folder = importlib.resources.files("serving.playground") / "page"
        self._files = {
            path: File(
                (folder / name).read_bytes(),
                ((b"content-type", _TYPES[name.rpartition(".")[2]]), *_HEADERS),
            )
            for path, name in _FILES.items()
        }

    def file(self, path: str) -> File | None:
        """A file of the page, which holds nothing secret; None if there is none at this path."""
        return self._files.get(path)

    def about(self, spec: ModelSpec) -> bytes:
        """What the page needs to know of a model, as JSON.

        `name`, `version`, `kind` (null for models of others), `inputs` (each with `name`, `holds`
        and `column`), `outputs` (each with `name` and `length`, the output that says how many of
        its values count, or null), `shown_as` (null: output by output), `examples` (elements of
        `instances`) and `grpc` (`number` and `is_encrypted` of the port, or null).

        Args:
            spec: Which one.

        Raises:
            ServingError: NOT_FOUND if it is not available, FAILED_PRECONDITION if it takes other
                things than texts and images, or brings a description of another release.
        """
        with self._repository.lease(spec) as predictor:
            signature = _signature(spec.name, predictor)
            told = {
                "name": spec.name,
                "version": str(predictor.version),
                **_task(predictor, signature),
                "grpc": None if self._grpc is None else dataclasses.asdict(self._grpc),
            }
        return json.dumps(told, ensure_ascii=False).encode()


def asked(path: str) -> ModelSpec | None:
    """The model that the page asks about; None if the path is another one.

    Args:
        path: Still percent-encoded.
    """
    match = _ABOUT.fullmatch(path)
    if match is None:
        return None
    return ModelSpec(urllib.parse.unquote(match[1]), int(match[2]) if match[2] else None)


def _signature(name: str, predictor: Predictor) -> Signature:
    signature = predictor.signatures.get(DEFAULT_SIGNATURE)
    inputs = dict(signature.inputs) if signature else {}
    others = [f"{key} ({spec.dtype})" for key, spec in inputs.items() if spec.dtype != "string"]
    if signature is None or not inputs or others:
        takes = f"takes {', '.join(others)}" if others else "is missing or takes nothing"
        raise errors.ServingError(
            "FAILED_PRECONDITION",
            f"This page asks about texts and images, but the signature {DEFAULT_SIGNATURE} of "
            f"{name} {takes}. Ask it over REST or gRPC; /v1/models/{name}/metadata says what its "
            "signatures take.",
        )
    return signature


def _task(predictor: Predictor, signature: Signature) -> Mapping[str, Any]:
    """What the export says of itself, or what can be told without that."""
    try:
        said = description.read(predictor.folder)
    except ValueError as error:
        raise errors.ServingError("FAILED_PRECONDITION", str(error)) from error
    if said is not None:
        told = dataclasses.asdict(said)
        return {key: told[key] for key in ("kind", "inputs", "outputs", "shown_as", "examples")}
    inputs = [
        {
            "name": name,
            "holds": "image" if name.endswith(request_form.BINARY) else "text",
            "column": name,
        }
        for name in sorted(signature.inputs)
    ]
    outputs = [{"name": name, "length": None} for name in sorted(signature.outputs)]
    return {"kind": None, "inputs": inputs, "outputs": outputs, "shown_as": None, "examples": []}
