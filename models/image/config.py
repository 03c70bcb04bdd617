"""Fields that every image model built from scratch has."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from models.bounds import Count, NotEmpty, Positive
from models.recipe import Recipe

Stem = Literal["imagenet", "small"]
Pixels = Literal["mean_image", "channel_mean", "standardize", "unit", "signed"]
_Deviation = Annotated[
    Positive, "A channel that never changes cannot be standardized; use `pixels: unit`."
]


@dataclasses.dataclass(frozen=True)
class ImageModelConfig:
    """Input and recipe of an image model; each model adds its architecture."""

    image_size: Count = 224
    """Side of the square input in pixels; images are stretched to it."""
    pixels: Pixels = "standardize"
    """What happens to pixel values: the mean training image is subtracted (AlexNet), the mean
    per channel is (VGG), zero mean and unit deviation per channel (ResNet), [0, 1] or [-1, 1]."""
    channel_mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    """Mean of red, green and blue in 0 to 255; training replaces the ImageNet default by the
    statistics of the training images."""
    channel_std: tuple[_Deviation, _Deviation, _Deviation] = (58.395, 57.12, 57.375)
    """Standard deviation of red, green and blue in 0 to 255, above 0; replaced like the mean."""
    encoder_weights: NotEmpty | None = None
    """What the network below the head begins with instead of fresh weights, relative to the YAML:
    `assets.extra/encoder.npz` of a pushed model of the same fields that was trained on images
    alone."""
    recipe: Recipe = Recipe()
    """Initializer, activation, normalisation and regularisation; what is left out is the
    paper's."""

    def check_image_size(
        self, smallest: int, why: str, remedy: str = "Raise `image_size`."
    ) -> None:
        """Refuse images that the network would shrink to nothing.

        Raises:
            ValueError: If `image_size` is below `smallest`.
        """
        if self.image_size < smallest:
            raise ValueError(
                f"`image_size` must be at least {smallest} pixels {why}. "
                f"Received: image_size={self.image_size}. {remedy}"
            )

    def check_stem(self, stem: Stem, imagenet: int, small: int, why: str = "") -> None:
        """Refuse images that the network behind a stem would shrink to nothing.

        Args:
            stem: The one chosen.
            imagenet: Smallest image in pixels with `stem: imagenet`.
            small: Smallest image in pixels with `stem: small`.
            why: What else makes it so, for the message.

        Raises:
            ValueError: If `image_size` is below the stem's smallest; the message names the other
                stem where that would do.
        """
        helps = stem == "imagenet" and self.image_size >= small
        self.check_image_size(
            {"imagenet": imagenet, "small": small}[stem],
            f"with `stem: {stem}`{why}",
            f"Use `stem: small`, which needs {small} pixels, or raise `image_size`."
            if helps
            else "Raise `image_size`.",
        )


def measured(config: ImageModelConfig) -> Literal["pixels"] | None:
    """What `pixels` subtracts and divides by, which depends on the training images."""
    return None if config.pixels in ("unit", "signed") else "pixels"


@dataclasses.dataclass(frozen=True)
class PooledImageModelConfig(ImageModelConfig):
    """Of a network that ends in the mean over the image, so that images may have any size."""

    train_size: Count | None = None
    """Side of the images in training alone, at most `image_size`; absent: `image_size`. Training
    on crops (`resized_crop`) shows things larger than they are asked about later; three quarters
    or so of `image_size` make up for it, and train faster. Touvron et al. (2019),
    https://arxiv.org/abs/1906.06423."""

    def check_stem(self, stem: Stem, imagenet: int, small: int, why: str = "") -> None:
        """Refuse images that the network would shrink to nothing, in training or later.

        Raises:
            ValueError: As the base class; also if `train_size` is below the stem's smallest or
                above `image_size`.
        """
        super().check_stem(stem, imagenet, small, why)
        smallest = {"imagenet": imagenet, "small": small}[stem]
        if self.train_size is not None and not smallest <= self.train_size <= self.image_size:
            raise ValueError(
                f"`train_size` must be from {smallest} pixels with `stem: {stem}`{why} to "
                f"`image_size` ({self.image_size}). Received: train_size={self.train_size}"
            )
