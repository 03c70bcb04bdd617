"""Ask a pushed model, or a server, about many rows at once."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline import pushed_models
from pipeline.display import answers
from pipeline.scoring.rows import Input
from serving import client, errors, process
from serving.export import description

Ask = Callable[[Mapping[str, Sequence[bytes]]], Mapping[str, np.ndarray]]
"""Values by input, each `(rows,)`, to outputs by name, each `(rows, ...)`."""


class Refused(ValueError):
    """The model takes no such request; one row of it may be why."""


@dataclasses.dataclass(frozen=True)
class Model:
    """A model that answers."""

    inputs: tuple[Input, ...]
    """What it takes; columns are named as its training data named them, where that is known."""
    form: answers.Form
    """How an answer is written."""
    ask: Ask
    """Raises `Refused` for a request that the model does not take."""
    identity: dict[str, Any]
    """Which model this is, in JSON."""

    def answer(self, rows: Sequence[Mapping[str, bytes]]) -> list[dict[str, Any] | Refused]:
        """The answer to each row, or why the model refuses it.

        Args:
            rows: Values by the names of `inputs`.
        """
        try:
            outputs = self.ask({one.name: [row[one.name] for row in rows] for one in self.inputs})
        except Refused as error:
            if len(rows) == 1:
                return [error]
            return [answer for row in rows for answer in self.answer([row])]
        texts = {name: _text(outputs[name]) for name in self.form.outputs}
        return [
            self.form.fields({name: values[index] for name, values in texts.items()})
            for index in range(len(rows))
        ]


def _text(values: np.ndarray) -> np.ndarray:
    """Bytes as text; the labels of all rows are mostly the same few."""
    if values.dtype.kind != "O":
        return values
    known: dict[bytes | str, str] = {}
    for value in values.flat:
        if value not in known:
            known[value] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    flat = np.empty(values.size, object)
    flat[:] = [known[value] for value in values.flat]
    return flat.reshape(values.shape)


def from_disk(pushed: pushed_models.PushedModel) -> Model:
    """The pushed version itself, loaded once.

    Raises:
        ValueError: If it cannot be loaded, or is not of `maru run`.
    """
    process.skip_keras()
    predictor = pushed_models.load(pushed)
    signature = predictor.signatures.get("serving_default")
    form = answers.form_of(signature.outputs) if signature else None
    if signature is None or form is None:
        raise _not_ours(pushed.name)

    def ask(values: Mapping[str, Sequence[bytes]]) -> Mapping[str, np.ndarray]:
        arrays = {name: np.array(each, dtype=object) for name, each in values.items()}
        try:
            return predictor.predict("serving_default", arrays, form.outputs)
        except errors.ServingError as error:
            if error.code != "INVALID_ARGUMENT":
                raise
            raise Refused(error.text.splitlines()[0]) from error

    source = {"name": pushed.name, "version": pushed.version}
    return Model(_inputs(sorted(signature.inputs), pushed.folder), form, ask, source)


def from_server(name: str, address: str, known: pathlib.Path | None) -> Model:
    """A model that a server answers for.

    Args:
        name: Of the model.
        address: `host:port`, or `grpc://host:port`.
        known: Folder of a pushed version of the same name, to tell columns by.

    Raises:
        ValueError: If the server does not answer, or the model is not of `maru run`.
    """
    asked = client.Client(address)
    try:
        signature = asked.signatures(name).get("serving_default")
    except client.ClientError as error:
        raise ValueError(str(error)) from error
    form = answers.form_of(signature.outputs) if signature else None
    if signature is None or form is None:
        raise _not_ours(f"{name} at {address}")

    def ask(values: Mapping[str, Sequence[bytes]]) -> Mapping[str, np.ndarray]:
        # Over REST, text travels as text and images as base64, by the name's ending.
        given = {
            key: list(each) if key.endswith("_bytes") else [one.decode() for one in each]
            for key, each in values.items()
        }
        try:
            return asked.predict(name, given, outputs=form.outputs)
        except client.ClientError as error:
            if error.status == 400:
                raise Refused(str(error).splitlines()[0]) from error
            raise ValueError(str(error)) from error

    return Model(
        _inputs(sorted(signature.inputs), known), form, ask, {"name": name, "server": address}
    )


def _inputs(names: Sequence[str], version: pathlib.Path | None) -> tuple[Input, ...]:
    path = version / description.FILE if version else None
    described = json.loads(path.read_text("utf-8")) if path and path.is_file() else {}
    columns = {one["name"]: one.get("column", one["name"]) for one in described.get("inputs", [])}
    return tuple(
        Input(
            name,
            "image" if name.endswith("_bytes") else "text",
            columns.get(name, name.removesuffix("_bytes")),
        )
        for name in names
    )


def _not_ours(name: str) -> ValueError:
    return ValueError(
        f"{name} is no model of `maru run`, whose serving_default answers labels with "
        "probabilities or a value about texts or an image. Ask it with `serving.client`."
    )
