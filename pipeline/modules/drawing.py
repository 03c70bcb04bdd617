"""What is drawn of batches anew each epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from models.image.augmentation import draws, policy
from models.image.augmentation.config import ImageOperation
from models.training import inputs

Features = dict[str, Any]


def varied(operations: Sequence[ImageOperation], soften: Callable[[Any], Any]) -> inputs.Augment:
    """Images as operations draw them.

    Args:
        operations: Of `augmentation`.
        soften: Targets to what can be mixed by shares.
    """
    augment = policy.augmenter(operations, soften)

    def augment_inputs(features: Features, target: Any, seed: Any) -> tuple[Features, Any]:
        image, target = augment(features["image"], target, seed)
        return {**features, "image": image}, target

    return augment_inputs


def views(
    operations: Sequence[ImageOperation], count: int, soften: Callable[[Any], Any]
) -> inputs.Augment:
    """Views of each input, in its second axis.

    Images are drawn for each; texts are the same, as only dropout tells them apart.

    Args:
        operations: Of `augmentation`.
        count: Views of an input.
        soften: Targets to what can be mixed by shares.
    """
    one = varied(operations, soften) if operations else None

    def draw(features: Features, target: Any, seed: Any) -> tuple[Features, Any]:
        seen = [
            features if one is None else one(features, target, draws.fold(seed, view))[0]
            for view in range(count)
        ]
        return {name: tf.stack([v[name] for v in seen], axis=1) for name in features}, target

    return draw
