"""What an export is for, in a file beside the model, for whoever asks it or shows its answers.

TensorFlow Serving hands nothing of `assets.extra/` to clients; it travels with the model.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from serving import ragged

FILE = "assets.extra/task.json"
_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY


@dataclasses.dataclass(frozen=True)
class Input:
    """What a request brings."""

    name: str
    """In requests."""
    holds: str
    """`text` or `image`."""
    column: str
    """Column of the training data that it was learned from."""
    joiner: str | None = None
    """What the words of a text are joined by where they come as a list; None refuses lists."""


@dataclasses.dataclass(frozen=True)
class Output:
    """What an answer brings."""

    name: str
    """In answers."""
    dtype: str
    """NumPy's name of the type; `string` for text."""
    length: str | None = None
    """The output that says how many values of each row count; None if all do. See
    `serving.ragged`."""


@dataclasses.dataclass(frozen=True)
class Description:
    """What a model is for."""

    kind: str
    """Of the task."""
    inputs: tuple[Input, ...]
    """In the order of the task's columns."""
    labels: Mapping[str, Sequence[str]]
    """Labels that are told apart, by the column that they were learned from."""
    shown_as: str
    """How people read an answer."""
    outputs: tuple[Output, ...]
    """What `serving_default` answers."""
    examples: tuple[Mapping[str, Any], ...]
    """Real requests of one row, each as `serving.export.request_form.rows` makes them."""
    judged: str = "serving_default"
    """The signature whose answers to the eval split its figures are of."""

    @property
    def known(self) -> tuple[str, ...]:
        """What the target is told apart into; nothing of a number."""
        return tuple(name for names in self.labels.values() for name in names)


def outputs(answer: Mapping[str, np.ndarray]) -> tuple[Output, ...]:
    """The form of an answer.

    Args:
        answer: Arrays by output, `(rows, ...)`.
    """
    kept = set(ragged.rows(answer)[0])
    lengths = {name: name + ragged.LENGTH for name in kept}
    return tuple(
        Output(
            name,
            "string" if array.dtype == object else array.dtype.name,
            lengths[name] if name in kept and lengths[name] in set(answer) - kept else None,
        )
        for name, array in answer.items()
    )


def write(version_folder: pathlib.Path, description: Description) -> None:
    """Write what a model is for.

    Args:
        version_folder: Folder with `saved_model.pb`.
        description: Of it.
    """
    path = version_folder / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(orjson.dumps(description, option=_INDENTED))


def read(version_folder: pathlib.Path) -> Description | None:
    """What a model is for; None if it says nothing of it, as those of others.

    Args:
        version_folder: Folder with `saved_model.pb`.

    Raises:
        ValueError: If the file is not one of this version of the project.
    """
    path = version_folder / FILE
    if not path.is_file():
        return None
    try:
        content = orjson.loads(path.read_bytes())
        return Description(
            kind=content["kind"],
            inputs=tuple(Input(**one) for one in content["inputs"]),
            labels=content["labels"],
            shown_as=content["shown_as"],
            outputs=tuple(Output(**one) for one in content["outputs"]),
            examples=tuple(content["examples"]),
            judged=content.get("judged", "serving_default"),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{path} does not say what this version of Maru wants to know of a model "
            f"({type(error).__name__}: {error}). Train the model again with `maru run`, or remove "
            "the file."
        ) from error
