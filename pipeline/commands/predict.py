"""What `maru predict` does: ask a running server, or the pushed model itself."""

import json
import os
import pathlib
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich import cells

from components.ingest import images
from components.ingest.files import locate
from pipeline import paths, pushed_models
from pipeline.display import terminal
from pipeline.runtime import logs, running_server
from serving import client, errors, process

if TYPE_CHECKING:  # Imports TensorFlow.
    from serving.execution import saved_model

_SHOWN = 5
_CLASSIFIES = ("labels", "probabilities")
"""What every model of ours answers, and models of others may not."""
_NO_CLASSIFIER = (
    "{} is no model of `maru run`, which answers labels and probabilities about one text or image "
    "under serving_default. Ask it with `serving.client`."
)


def predict(
    name: str, question: str, server: str | None, workspace: pathlib.Path, *, as_json: bool
) -> str:
    """Ask a model and word its answer.

    Args:
        name: Model.
        question: A text, or the path of an image.
        server: Address of a running server; None asks the one that `maru serve` runs for this
            workspace, and loads the model if there is none.
        workspace: Where pushed models are.
        as_json: Answer with all labels as JSON.

    Raises:
        ValueError: If there is no such model or image, the image cannot be read, or the server
            refuses.
    """
    answer = _from_server(name, question, server) if server else None
    if not server and (running := running_server.find(paths.workspace(workspace))):
        answer = _from_running(name, question, running)
    if answer is None:
        answer = _from_disk(name, question, paths.Paths(paths.workspace(workspace), name))
    scores = sorted(zip(answer["probabilities"], answer["labels"], strict=True), reverse=True)
    if as_json:
        ranked = {label: probability for probability, label in scores}
        return json.dumps(
            {"label": scores[0][1], "probabilities": ranked},
            ensure_ascii=not terminal.takes_any_character(sys.stdout),
        )
    # In columns of a terminal, of which Hangul and emoji take two.
    width = max(cells.cell_len(label) for _, label in scores[:_SHOWN])
    return "\n".join(
        f"{label}{' ' * (width - cells.cell_len(label))}  {p:7.1%}" for p, label in scores[:_SHOWN]
    )


def _from_running(name: str, question: str, address: str) -> dict[str, Any] | None:
    """The answer of the server that runs for the workspace; None if it cannot give one."""
    try:
        # One look is enough: the model is on the disk, too.
        return _ask(name, question, address, client.Retries(attempts=1))
    except client.ClientError as error:
        if error.status in (None, 404):
            return None
        raise ValueError(str(error)) from error


def _from_server(name: str, question: str, address: str) -> dict[str, Any]:
    """The answer of the server that was named."""
    try:
        return _ask(name, question, address, client.Retries())
    except client.ClientError as error:
        raise ValueError(str(error)) from error


def _ask(name: str, question: str, address: str, retries: client.Retries) -> dict[str, Any]:
    with client.Client(address, retries=retries) as asked:
        signature = asked.signatures(name).get("serving_default")
        if signature is None or not set(_CLASSIFIES) <= signature.outputs.keys():
            raise ValueError(_NO_CLASSIFIER.format(f"{name} at {address}"))
        inputs = {key: [_value(key, question)] for key in signature.inputs}
        outputs = asked.predict(name, inputs)
    return _classes(outputs, f"{name} at {address}")


def _classes(outputs: Mapping[str, Any], which: str) -> dict[str, Any]:
    """Labels and probabilities of the only row.

    Raises:
        ValueError: If they are something else, for a model that is not ours.
    """
    answers: list[Any] = [outputs.get(key) for key in _CLASSIFIES]
    labels, probabilities = answers
    fits = (
        labels is not None
        and probabilities is not None
        and labels.shape == probabilities.shape
        and labels.shape[:1] == (1,)
        and labels.ndim == 2
        and (labels.dtype.kind, probabilities.dtype.kind) == ("O", "f")
    )
    if not fits or not labels.size:
        raise ValueError(_NO_CLASSIFIER.format(which))
    # Over REST and gRPC they are text already.
    words = [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in labels[0]]
    return {"labels": words, "probabilities": probabilities[0].tolist()}


def _from_disk(name: str, question: str, where: paths.Paths) -> dict[str, Any]:
    """The answer of the newest pushed version, loaded for this question."""
    newest = pushed_models.newest(where)
    with logs.to_file(where.root / "predict.log"):
        return _load_and_ask(newest.folder, question)


def _load_and_ask(version: pathlib.Path, question: str) -> dict[str, Any]:
    process.skip_keras()
    import numpy as np

    predictor = _load(version)
    signature = predictor.signatures.get("serving_default")
    if signature is None or [spec.dtype for spec in signature.inputs.values()] != ["string"]:
        raise ValueError(_NO_CLASSIFIER.format(version))
    (key,) = signature.inputs
    value = _value(key, question)
    array = np.array([value.encode() if isinstance(value, str) else value], dtype=object)
    try:
        outputs = predictor.predict("serving_default", {key: array})
    except errors.ServingError as error:
        if isinstance(value, str) or error.code != "INVALID_ARGUMENT":
            raise
        reason = error.text.splitlines()[0]  # Below it is where in the graph.
        raise ValueError(f"The model refuses the image {question!r}: {reason}") from error
    return _classes(outputs, str(version))


def _load(version: pathlib.Path) -> "saved_model.SavedModelPredictor":
    from serving.execution import saved_model

    try:
        return saved_model.SavedModelPredictor(version)
    except errors.ServingError as error:
        raise ValueError(
            f"{version} cannot be loaded: {error.text} Remove this version, or push another one "
            "with `maru run`."
        ) from error


def _value(input_name: str, question: str) -> str | bytes:
    """The question as the model's input: an image as Ingest prepares it, else the text itself."""
    if not input_name.endswith("_bytes"):
        return _utf8(question)
    path = locate.spelled(pathlib.Path(question))
    if not os.path.isfile(path):  # A question too long for a path is none, either.
        raise ValueError(f"This model answers about images. There is no file {question!r}.")
    try:
        return images.prepare(path.read_bytes()).data
    except images.BadImage as error:
        raise ValueError(f"The image {question!r} cannot be read: {error}") from error


def _utf8(question: str) -> str:
    """The question as text, also where Python took its bytes for another encoding than UTF-8."""
    try:
        return os.fsencode(question).decode() if not _is_whole(question) else question
    except UnicodeDecodeError as error:
        raise ValueError(f"The text must be UTF-8. Received: {question!r}") from error


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
