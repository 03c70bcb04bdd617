"""Ask a pushed model, or a server, about many rows at once."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline import pushed_models
from pipeline.display import answers
from pipeline.paths import Paths
from pipeline.scoring.rows import Input
from serving import client, errors, process, ragged
from serving.export import description
from serving.model import DEFAULT_SIGNATURE, Predictor

_NOT_ASKED = (
    "{} cannot be asked here: `maru predict` asks models whose serving_default takes a text or an "
    "image for each input and answers with a row for each example. Ask it with `serving.client`. "
    "Received: {}"
)

Ask = Callable[[Mapping[str, Sequence[bytes]]], Mapping[str, np.ndarray]]
"""Values by input, each `(rows,)`, to outputs by name, each `(rows, ...)`."""


class Refused(ValueError):
    """The model takes no such request; one row of it may be why."""


@dataclasses.dataclass(frozen=True)
class Model:
    """A model that answers."""

    inputs: tuple[Input, ...]
    """What it takes; columns are named as its training data named them, where that is known."""
    ask: Ask
    """Raises `Refused` for a request that the model does not take."""
    which: str
    """Which model this is, in words that no other has."""

    def answer(self, rows: Sequence[Mapping[str, bytes]]) -> list[answers.Answer | Refused]:
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
        return [*rows_of(outputs, self.which, len(rows))]


def inputs_of(
    specs: Mapping[str, client.TensorSpec], which: str, version: pathlib.Path | None
) -> tuple[Input, ...]:
    """Inputs of a model, in the order of its task where that is known.

    Args:
        specs: What the signature takes.
        which: The model, for errors.
        version: Folder of a version that may say more.

    Raises:
        ValueError: If they are no texts or images.
    """
    if not specs or not all(_is_one_string(spec) for spec in specs.values()):
        received = ", ".join(f"{name} ({spec.dtype})" for name, spec in sorted(specs.items()))
        raise ValueError(_NOT_ASKED.format(which, f"inputs {received or 'of another signature'}"))
    described = description.read(version) if version else None
    known = {one.name: one for one in described.inputs} if described else {}
    names = list(known) if known.keys() == specs.keys() else sorted(specs)
    return tuple(
        Input(
            name,
            "image" if name.endswith("_bytes") else "text",
            known[name].column if name in known else name.removesuffix("_bytes"),
            known[name].joiner if name in known else None,
        )
        for name in names
    )


def _specs(signatures: Mapping[str, Any], name: str, which: str) -> Mapping[str, client.TensorSpec]:
    """What a signature takes; nothing where a model of somebody else has no default one."""
    if name in signatures:
        found: Mapping[str, client.TensorSpec] = signatures[name].inputs
        return found
    if name == DEFAULT_SIGNATURE:
        return {}
    raise ValueError(
        f"{which} has no signature {name!r}: its task answers nothing of that kind. It has: "
        f"{', '.join(sorted(signatures))}."
    )


def _is_one_string(spec: client.TensorSpec) -> bool:
    return spec.dtype == "string" and (spec.shape is None or len(spec.shape) == 1)


def rows_of(
    outputs: Mapping[str, np.ndarray], which: str, num_examples: int
) -> list[dict[str, Any]]:
    """The answer to each example, text as text and without what ragged ones are filled up with.

    Args:
        outputs: By name.
        which: The model, for errors.
        num_examples: How many were asked about.

    Raises:
        ValueError: If they are no rows, or others.
    """
    arrays = {name: np.asarray(array) for name, array in outputs.items()}
    texts = {name: one if name.endswith("_bytes") else _text(one) for name, one in arrays.items()}
    if any(array.shape[:1] != (num_examples,) for array in arrays.values()):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(_NOT_ASKED.format(which, f"outputs {shapes}"))
    return ragged.rows(texts)


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


def from_disk(pushed: pushed_models.PushedModel, name: str = DEFAULT_SIGNATURE) -> Model:
    """The pushed version itself, loaded once.

    Args:
        pushed: The version.
        name: Of the signature that is asked.

    Raises:
        ValueError: If it cannot be loaded, or is not of `maru run`.
    """
    process.skip_keras()
    return of_loaded(pushed, pushed_models.load(pushed), name)


def of_loaded(pushed: pushed_models.PushedModel, predictor: Predictor, name: str) -> Model:
    """A signature of a version that is loaded.

    Args:
        pushed: The version.
        predictor: What it was loaded as.
        name: Of the signature that is asked.

    Raises:
        ValueError: If it is not of `maru run`.
    """
    specs = _specs(predictor.signatures, name, pushed.name)
    inputs = inputs_of(specs, pushed.name, pushed.folder)

    def ask(values: Mapping[str, Sequence[bytes]]) -> Mapping[str, np.ndarray]:
        arrays = {name: np.array(each, dtype=object) for name, each in values.items()}
        try:
            return predictor.predict(name, arrays)
        except errors.ServingError as error:
            if error.code != "INVALID_ARGUMENT":
                raise
            raise Refused(error.text.splitlines()[0]) from error

    return Model(inputs, ask, f"{pushed.name}, version {pushed.version}")


def from_server(
    asked: client.Client, address: str, where: Paths, signature_name: str = DEFAULT_SIGNATURE
) -> Model:
    """A model that a server answers for; it, too, raises a ClientError if the server fails.

    Args:
        asked: Client of the server.
        address: Of the server.
        where: Folders of the pipeline of the same name, whose pushed version tells of columns.
        signature_name: Of what is asked.

    Raises:
        ClientError: If the server does not answer.
        ValueError: If the model is not of `maru run`.
    """
    name, which = where.name, f"{where.name} at {address}"
    specs = _specs(asked.signatures(name), signature_name, which)
    known = pushed_models.find(where)
    inputs = inputs_of(specs, which, known.folder if known else None)

    def ask(values: Mapping[str, Sequence[bytes]]) -> Mapping[str, np.ndarray]:
        # Over REST, text travels as text and images as base64, by the name's ending.
        given = {
            key: list(each) if key.endswith("_bytes") else [one.decode() for one in each]
            for key, each in values.items()
        }
        try:
            return asked.predict(name, given, signature_name)
        except client.ClientError as error:
            # Not the status, which gRPC has none of.
            if error.code == "INVALID_ARGUMENT":
                raise Refused(str(error).splitlines()[0]) from error
            raise

    return Model(inputs, ask, which)
