"""What `maru predict` does: ask a running server, or the pushed model itself."""

import json
import pathlib
import sys
from typing import Any

from rich import cells

from pipeline import logs, paths, terminal
from serving import client, errors, start_up, storage

DEFAULT_SERVER = "127.0.0.1:8501"
_SHOWN = 5


def predict(
    name: str, question: str, server: str | None, workspace: pathlib.Path, *, as_json: bool
) -> str:
    """Ask a model and word its answer.

    Args:
        name: Model.
        question: A text, or the path of an image.
        server: Address of a running server; None tries the default one, then loads the model.
        workspace: Where pushed models are.
        as_json: Answer with all labels as JSON.

    Raises:
        ValueError: If there is no such model or image, the image cannot be read, or the server
            refuses.
    """
    answer = _from_server(name, question, server)
    if answer is None:
        answer = _from_disk(name, question, paths.Paths(workspace.resolve(), name))
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


def _from_server(name: str, question: str, server: str | None) -> dict[str, Any] | None:
    """The answer of a running server; None if no address was given and none has the model."""
    # Where nobody said that there is a server, one look is enough.
    retries = client.Retries(attempts=1 if server is None else 4)
    try:
        with client.Client(server or DEFAULT_SERVER, retries=retries) as asked:
            signature = asked.signatures(name)["serving_default"]
            inputs = {key: [_value(key, question)] for key in signature.inputs}
            outputs = asked.predict(name, inputs)
    except client.ClientError as error:
        if server is None and error.status in (None, 404):
            return None
        raise ValueError(str(error)) from error
    return {key: outputs[key][0].tolist() for key in ("labels", "probabilities")}


def _from_disk(name: str, question: str, where: paths.Paths) -> dict[str, Any]:
    """The answer of the newest pushed version, loaded for this question."""
    versions = storage.find_versions(where.served)
    if not versions:
        folder = where.served_models
        known = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
        raise ValueError(
            f"No model {name!r} was pushed to {folder}. Pushed models: "
            f"{', '.join(known) or 'none'}. Train one with `maru run CONFIG`."
        )
    with logs.to_file(where.root / "predict.log"):
        return _load_and_ask(versions[max(versions)], question)


def _load_and_ask(version: pathlib.Path, question: str) -> dict[str, Any]:
    start_up.skip_keras()
    import numpy as np

    from serving import saved_model

    predictor = saved_model.SavedModelPredictor(version)
    (key,) = predictor.signatures["serving_default"].inputs
    value = _value(key, question)
    array = np.array([value.encode() if isinstance(value, str) else value], dtype=object)
    try:
        outputs = predictor.predict("serving_default", {key: array})
    except errors.ServingError as error:
        if isinstance(value, str) or error.code != "INVALID_ARGUMENT":
            raise
        reason = error.text.splitlines()[0]  # Below it is where in the graph.
        raise ValueError(
            f"The image {question!r} is broken, or no JPEG, PNG, GIF or BMP file: {reason}"
        ) from error
    return {
        "labels": [label.decode() for label in outputs["labels"][0]],
        "probabilities": outputs["probabilities"][0].tolist(),
    }


def _value(input_name: str, question: str) -> str | bytes:
    """The question as the model's input: bytes of a file for images, else the text itself."""
    if not input_name.endswith("_bytes"):
        return question
    path = pathlib.Path(question)
    if not path.is_file():
        raise ValueError(f"This model answers about images. There is no file {question!r}.")
    return path.read_bytes()
