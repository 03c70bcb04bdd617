"""What a trained model is asked through, in a graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

Tensors = Mapping[str, Any]
"""By name, each `(n, ...)`."""
Function = Callable[[Tensors], Tensors]
DEFAULT = "serving_default"
"""The endpoint that requests without a name are for."""
EMBED = "embed"


@dataclasses.dataclass(frozen=True)
class Network:
    """A trained model, as a task asks it."""

    of_inputs: Function
    """Raw inputs by name in requests, each `(n,)` string, to `outputs` of the head, and the
    `features` that it stands on."""
    of_units: Callable[[Any], tuple[Any, Any]]
    """Units of texts, ragged `(n, units)` string, to the head's outputs, ragged `(n, units, k)`,
    and what it gives beside those of the units, `(m, k)`."""


@dataclasses.dataclass(frozen=True)
class Endpoints:
    """What an export answers; every endpoint takes all inputs of the task."""

    functions: Mapping[str, Function]
    """By name: raw inputs by name in requests, each `(n,)` string, to answers `(n, ...)`."""
    judged: str
    """The one whose answers to examples the task's metrics judge."""


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
