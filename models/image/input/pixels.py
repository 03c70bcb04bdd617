"""From decoded pixels to what the first convolution sees; part of the model, so of the export."""

from __future__ import annotations

import keras

from models.encoder import Encoder
from models.image.config import ImageModelConfig, PooledImageModelConfig
from models.image.input import decode
from models.tensor import Tensor


def image_input(config: ImageModelConfig) -> keras.KerasTensor:
    """The model's input, `image` `(batch, image_size, image_size, 3)` uint8."""
    return keras.Input((config.image_size, config.image_size, 3), dtype="uint8", name="image")


def normalize(image: Tensor, config: ImageModelConfig) -> Tensor:
    """Pixels 0 to 255 to floats, as `pixels` says; one layer named `pixels`."""
    if config.pixels == "mean_image":
        from models.image.input.mean_image import SubtractMeanImage

        return SubtractMeanImage(name="pixels")(image)
    scale, offset = _scale_and_offset(config)
    return keras.layers.Rescaling(scale, offset, name="pixels")(image)


def normalize_pooled(image: Tensor, config: PooledImageModelConfig) -> Tensor:
    """As `normalize`, and smaller in training if `train_size` says so."""
    x = normalize(image, config)
    if config.train_size is None:
        return x
    from models.image.input.train_size import TrainSize

    return TrainSize(config.train_size, name="train_size")(x)


def encoder(config: ImageModelConfig) -> Encoder:
    """Return the encoder: `image_bytes` `(batch,)` string to `image`, see `decode.decode`."""
    return Encoder(
        lambda features: {"image": decode.decode(features["image_bytes"], config.image_size)}
    )


def _scale_and_offset(config: ImageModelConfig) -> tuple[list[float], list[float]]:
    """Scale and offset per channel: `normalised = pixel * scale + offset`."""
    mean, std = {
        "channel_mean": (config.channel_mean, (1.0,) * 3),
        "standardize": (config.channel_mean, config.channel_std),
        "unit": ((0.0,) * 3, (255.0,) * 3),
        "signed": ((127.5,) * 3, (127.5,) * 3),
    }[config.pixels]
    return [1 / s for s in std], [-m / s for m, s in zip(mean, std, strict=True)]
