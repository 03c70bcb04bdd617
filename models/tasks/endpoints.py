"""What a trained model is asked through, in a graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from models.pieces import Pieces
from models.writer import Writer

Tensors = Mapping[str, Any]
"""By name, each `(n, ...)`."""
Function = Callable[[Tensors], Tensors]
DEFAULT = "serving_default"
"""The endpoint that requests without a name are for."""
EMBED = "embed"
FEATURES = "features"
"""Output of a network with what its head stands on, where that are vectors."""
ALIGN = "align"
"""The endpoint that also tells which pieces of what is read each piece was written by."""


@dataclasses.dataclass(frozen=True)
class Network:
    """A trained model, as a task asks it."""

    of_inputs: Function
    """Raw inputs by name in requests, each `(n,)` string, to `outputs` of the head, and the
    `features` that it stands on, if it `has_vectors`."""
    of_units: Callable[[dict[str, Any]], tuple[Any, Any]]
    """Units of texts, as encoders of units read them, to the head's outputs, ragged
    `(n, units, k)`, and what it gives beside those of the units, `(n, m, k)`."""
    pieces: Pieces | None = None
    """How a model splits texts whose pieces it tells; None of others."""
    encode: Function = lambda raw: raw
    """Raw inputs by name in requests to the model's."""
    of_encoded: Function = lambda encoded: encoded
    """The model's inputs to what `of_inputs` gives."""
    of_side: Callable[[Any, Function], Any] | None = None
    """Cells of any input, `(n,)` string, and what is done to what the model reads of them, to
    their vectors `(n, dim)`; None of tasks that read all inputs together."""
    writer: Writer | None = None
    """Writes texts from what `encode` gives; None of a model that does not write."""
    has_vectors: bool = True
    """Whether there are vectors that the head stands on; counts have none."""

    def known_pieces(self) -> Pieces:
        """How texts are split.

        Raises:
            ValueError: If the model tells no pieces.
        """
        if self.pieces is None:
            raise ValueError(f"Expected a model that tells pieces. Received: {self}")
        return self.pieces

    def side(self, cells: Any, change: Function = lambda encoded: encoded) -> Any:
        """Vectors of some cells.

        Args:
            cells: `(n,)` string.
            change: Inputs of the model, each `(n, ...)`, to others of the same form.

        Raises:
            ValueError: If inputs are read together.
        """
        if self.of_side is None:
            raise ValueError(
                "Expected a task that embeds each input by itself, see `Task.sides`. Received: "
                f"{cells!r} for one that reads them together"
            )
        return self.of_side(cells, change)


@dataclasses.dataclass(frozen=True)
class Endpoints:
    """What an export answers; endpoints take all inputs of the task, but for `takes`."""

    functions: Mapping[str, Function]
    """By name: raw inputs by name in requests, each `(n,)` string, to answers `(n, ...)`."""
    judged: str
    """The one whose answers to examples the task's metrics judge."""
    asked: Callable[[dict[str, list[bytes]]], dict[str, list[bytes]]] = lambda inputs: inputs
    """Inputs of examples by name in requests to what clients would ask, where that is not the
    same; servers are tried and warmed up with it."""
    takes: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    """Inputs of those that take something else: names in requests to the columns whose cells are
    such."""
    settings: Mapping[str, Mapping[str, float | int]] = dataclasses.field(default_factory=dict)
    """Numbers that some take beside their inputs, `(n,)` int64 or float32 by the type of the value,
    which is the one that they are tried with: names in requests to such values."""


def outputs(model: Callable[..., Tensors], inputs: Tensors) -> Tensors:
    """What a model says of some rows, in a graph; of none, too.

    oneDNN's convolutions give what they make of no row the shape of what they read, so that what
    follows fails (TensorFlow 2.21, processors with AVX-512). It is asked about a row of zeros then.

    Args:
        model: Gives outputs by name, each `(n, ...)`.
        inputs: Each `(n, ...)`.
    """
    import tensorflow as tf

    rows = tf.shape(next(iter(inputs.values())))[0]
    missing = tf.cast(rows == 0, tf.int32)
    filled = {}
    for name, value in inputs.items():
        zeros = tf.zeros(tf.concat([[missing], tf.shape(value)[1:]], 0), value.dtype)
        filled[name] = tf.concat([value, zeros], 0)
    return {name: value[:rows] for name, value in model(filled, training=False).items()}


def of_vector(answers: Callable[[Any], Tensors], network: Network) -> Endpoints:
    """Answers, and the vectors that they are made from.

    Args:
        answers: Outputs of the head to what is answered.
        network: What gives them.
    """
    return Endpoints(
        {
            DEFAULT: lambda raw: answers(network.of_inputs(raw)["outputs"]),
            EMBED: lambda raw: {"embedding": network.of_inputs(raw)["features"]},
        },
        DEFAULT,
    )


def of_sides(
    answers: Callable[[Any], Tensors], network: Network, name: str, column: str
) -> Endpoints:
    """Answers, and the vector of one side, as answers are computed from it.

    Args:
        answers: Outputs of the head to what is answered.
        network: What gives them.
        name: Of a side in requests.
        column: Whose cells are such sides.
    """
    return Endpoints(
        {
            DEFAULT: lambda raw: answers(network.of_inputs(raw)["outputs"]),
            EMBED: lambda raw: {"embedding": unit(network.side(raw[name]))},
        },
        DEFAULT,
        takes={EMBED: {name: column}},
    )


def unit(vectors: Any) -> Any:
    """Vectors `(n, ..., dim)` at length 1, float32, in a graph; zeros stay."""
    import tensorflow as tf

    return tf.math.l2_normalize(tf.cast(vectors, tf.float32), axis=-1)


def mean_of_tokens(network: Network, encoded: Tensors) -> Any:
    """Mean of the vectors of the tokens that are no padding, `(n, dim)`, in a graph.

    Args:
        network: Gives `features` of tokens, `(n, length, dim)`.
        encoded: Inputs of the model; `padding_mask`, `(n, length)`, is one of them.
    """
    import tensorflow as tf

    vectors = network.of_encoded(encoded)["features"]
    mask = tf.cast(encoded["padding_mask"][:, : tf.shape(vectors)[1], None], vectors.dtype)
    return tf.reduce_sum(vectors * mask, axis=1) / tf.reduce_sum(mask, axis=1)
