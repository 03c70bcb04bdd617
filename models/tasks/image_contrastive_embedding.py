"""Images in, vectors out: near where images are views of the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from models.backbone import Backbone
from models.bounds import Count, Positive
from models.tasks.contrasting import crops, expectation, keys
from models.tasks.embedding import UnitVector, View
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.task import BATCH, Batch, Column, Facts, Objective, Training

_SIDE = "image_bytes"
"""Name of an image in requests."""


@dataclasses.dataclass(frozen=True)
class ImageContrastiveEmbedding(UnitVector):
    """Learn vectors of images from images alone: which two views are of the same one (SimCLR).

    Source: Chen et al. (2020), https://arxiv.org/abs/2002.05709, section 2. Views are what
    `augmentation` makes of an image, drawn twice. What is served is the vector before the
    projection (section 4.2), at length 1.
    """

    kind: Literal["image_contrastive_embedding"]
    """Kind of task."""
    image: str = "image"
    """Column with the encoded image; image folders call it `image`."""
    temperature: Positive = 0.1
    """What cosines are divided by, above 0: the lower, the more the nearest wrong views count."""
    projection: Count = 128
    """Numbers of the vector that views are compared by while training; it is made of the served one
    by a hidden layer of the same size as that."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read; nothing but which views belong together is learned."""
        return (Column(self.image, "image", "input", "image", served_as="image_bytes"),)

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Keys of the image, `(batch, 2, parts)` int32."""
        import tensorflow as tf

        found = keys.parts(features["image_bytes"])
        return Batch(dict(features), tf.stack([found, found], axis=1))

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Projected vectors of length 1, `(batch, 2, projection)`."""
        import keras

        dim = backbone.vector.shape[-1]
        hidden = backbone.head(dim, "projection_1")(backbone.vector)
        hidden = keras.layers.ReLU(dtype="float32", name="projection_relu")(hidden)
        projected = backbone.head(self.projection, "projection_2")(hidden)
        return super().head(dataclasses.replace(backbone, vector=projected), facts)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """NT-Xent, and the share of first views whose second one is the nearest of the batch."""
        from models.tasks.contrasting import losses

        return Objective(losses.NTXent(self.temperature), [losses.recall()])

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal similarities."""
        return expectation.of_views(facts.sizes[BATCH], self.temperature)

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """The vector of an image; judged are two crops of it."""
        judged = {"image_bytes": self.image}
        return self.answering(network, _SIDE, self.image, _crops, judged)


def _crops(raw: Mapping[str, Any]) -> tuple[View, View]:
    return View(raw[_SIDE], crops.upper_left), View(raw[_SIDE], crops.lower_right)
