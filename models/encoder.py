"""The step between transformed features and a model's inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from models.pieces import Pieces


class Windows(NamedTuple):
    """Texts of any length as inputs of a model that reads some tokens at once."""

    inputs: dict[str, Any]
    """Of the model, each `(windows, ...)`: all windows of the first text, then of the next."""
    is_unit: Any
    """Where the model's outputs are of a unit, `(windows, places)` bool; each unit is in one."""
    counts: Any
    """Units of each text, `(n,)` int64."""
    owners: Any
    """Number of the text that each window is of, `(windows,)` int32."""


@dataclasses.dataclass(frozen=True)
class Encoder:
    """A graph-compatible function from a batch of features to a model's inputs.

    Call it inside `tf.data` maps and inside exported signatures alike. Whoever exports it
    attaches `trackable` to the export root (`root.encoder = encoder.trackable`), so that
    vocabularies travel with the SavedModel.
    """

    function: Callable[[dict[str, Any]], dict[str, Any]]
    """Takes the transformed features, each `(batch, ...)`; returns the model's input dict."""
    trackable: tuple[Any, ...] = ()
    """Layers that own the resources of `function`; empty when it has none."""
    windows: Callable[[dict[str, Any]], Windows] | None = None
    """Of models of units: takes all units of texts as `function` does; None for others."""
    pieces: Pieces | None = None
    """How texts are split, of models that tell pieces; `function` then gives a row for each window
    of a text, of which it may have several or none."""
    learned: Callable[[dict[str, Any], Any], tuple[dict[str, Any], Any]] = lambda *both: both
    """What `function` gave and a task's target to the inputs of training, and to what outputs are
    held against. Models that write make both of a text: they see the pieces before the next."""
    written: int = 0
    """How many different pieces a model that writes chooses from; 0 of others."""
    lengths: Callable[[dict[str, Any]], Any] | None = None
    """Of models whose time goes with the length of their texts: inputs of training to tokens,
    `(batch, k)` int64, what costs most first. Examples of like lengths then share a batch."""
    of_side: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """Of siamese tasks: takes the feature of one side to what that side's network reads; None for
    others."""

    def side(self, features: dict[str, Any]) -> dict[str, Any]:
        """Encode one side of a batch.

        Raises:
            ValueError: If the encoder reads all inputs together.
        """
        if self.of_side is None:
            raise ValueError(
                "Expected a task that embeds each input by itself, see `Task.sides`. Received: "
                f"{sorted(features)} for an encoder that reads them together"
            )
        return self.of_side(features)

    def __call__(self, features: dict[str, Any]) -> dict[str, Any]:
        """Encode one batch."""
        return self.function(features)
