"""The step between transformed features and a model's inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


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

    def __call__(self, features: dict[str, Any]) -> dict[str, Any]:
        """Encode one batch."""
        return self.function(features)
