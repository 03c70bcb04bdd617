"""Images in, a model out that tells their hidden parts: the twin of masked words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from models.backbone import Backbone, Provided
from models.bounds import Between0And1
from models.tasks import endpoints
from models.tasks.defaults import Unlabelled
from models.tasks.endpoints import EMBED, Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.patching import expectation, metrics, patches
from models.tasks.task import (
    IMAGE,
    PATCH,
    Batch,
    Column,
    Draw,
    Facts,
    Metric,
    Objective,
    Shown,
    Sides,
    Training,
)

_INPUT = "image_bytes"


@dataclasses.dataclass(frozen=True)
class MaskedImageModeling(Unlabelled):
    """Learn from images alone to tell the pixels of patches that are hidden.

    Source: Xie et al. (2021), "SimMIM", https://arxiv.org/abs/2111.09886, section 3: the encoder
    sees all patches, a linear layer tells pixels; of normalised patches, as He et al. (2021).
    Difference: hidden patches are grey, where SimMIM learns what stands for them.
    """

    kind: Literal["masked_image_modeling"]
    """Kind of task."""
    image: str = "image"
    """Column with the encoded image; image folders call it `image`."""
    mask: Between0And1 = 0.6
    """Share of the patches that are hidden, in (0, 1); drawn anew each epoch."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read; nothing but the image is learned."""
        return (Column(self.image, "image", "input", "image", served_as=_INPUT),)

    @property
    def needs(self) -> Provided:
        """Vectors of patches."""
        return "patches"

    @property
    def sides(self) -> Sides:
        """None: all inputs are read together."""
        return ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Squared error at hidden patches."""
        return (metrics.RECONSTRUCTION,)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "reconstruction"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split."""
        return {"val_loss": "min"}

    def check(self, facts: Facts) -> None:
        """Refuse images of one patch, which would be hidden as a whole."""
        side, patch = facts.sizes[IMAGE], facts.sizes[PATCH]
        if side < 2 * patch:
            raise ValueError(
                "`model.patch_size` must be at most half of `model.image_size`, so that some "
                f"patches are seen. Received: patch_size={patch}, image_size={side}"
            )

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """The image; what is hidden is drawn later."""
        return Batch(dict(features), None)

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Normalised pixels of each patch, `(batch, patches, patch * patch * 3)`."""
        return backbone.head(facts.sizes[PATCH] ** 2 * 3, "pixels_of_patches")(backbone.at_patches)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Mean squared error at hidden patches."""
        from models.tasks.patching import losses

        return Objective(losses.HiddenError(), [], self._draw(facts.sizes[PATCH]))

    def _draw(self, patch: int) -> Draw:
        def draw(inputs: dict[str, Any], _: Any, seed: Any) -> tuple[dict[str, Any], Any]:
            import tensorflow as tf

            images = inputs["image"]
            count = (images.shape[1] // patch) ** 2
            hidden = patches.drawn(seed, tf.shape(images)[0], count, self.mask)
            seen = patches.hide(images, hidden, patch)
            return {**inputs, "image": seen}, patches.target(images, hidden, patch)

        return draw

    def expected(self, facts: Facts) -> Expected:
        """Variance of normalised pixels."""
        return expectation.of_patches()

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """What is told of an even pattern of hidden patches, and the vector of a whole image."""
        patch = facts.sizes[PATCH]
        pattern = patches.pattern((facts.sizes[IMAGE] // patch) ** 2, self.mask)

        def reconstruct(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            import tensorflow as tf

            images = network.encode(raw)["image"]
            hidden = tf.tile(tf.constant(pattern)[None], [tf.shape(images)[0], 1])
            outputs = network.of_encoded({"image": patches.hide(images, hidden, patch)})
            told, parts = outputs["outputs"], patches.cut(images, patch)
            errors = tf.reduce_mean(tf.square(told - patches.normalised(parts)), axis=-1)
            shown = tf.where(
                hidden[..., None], patches.in_pixels(told, parts), tf.cast(parts, tf.float32)
            )
            return {
                metrics.ERROR: tf.reduce_mean(tf.boolean_mask(errors, pattern, axis=1), axis=1),
                metrics.VARIANCE: tf.reduce_mean(
                    tf.boolean_mask(patches.kept_variance(parts), pattern, axis=1), axis=1
                ),
                "reconstruction": patches.joined(shown, patch),
            }

        def embed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            import tensorflow as tf

            vectors = network.of_inputs(raw)["features"]
            return {"embedding": endpoints.unit(tf.reduce_mean(vectors, axis=1))}

        return Endpoints({endpoints.DEFAULT: reconstruct, EMBED: embed}, endpoints.DEFAULT)
