"""Residual network for images, and the plain network it is compared with.

Source: He, Zhang, Ren and Sun (2015), "Deep Residual Learning for Image Recognition",
https://arxiv.org/abs/1512.03385, table 1 and section 4.2. Differences: a bottleneck
block strides in its 3x3 convolution rather than its first 1x1 (as torchvision does,
after Goyal et al. 2017, https://arxiv.org/abs/1706.02677), and every shortcut that
changes shape is a projection (option B), also with the small stem.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.encoder import Encoder
from models.image import decode

DEPTHS: dict[int, tuple[str, tuple[int, ...]]] = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}


@dataclasses.dataclass(frozen=True)
class ResNetConfig:
    """Architecture of the residual network; give either `depth` or `blocks`."""

    kind: Literal["resnet"] = "resnet"
    """Name of this model."""
    depth: Literal[18, 34, 50, 101, 152] | None = None
    """Depth of a published network; implies `blocks` and `block`."""
    blocks: tuple[int, ...] | None = None
    """Number of blocks per stage; each stage halves the image and doubles the width."""
    block: Literal["basic", "bottleneck"] | None = None
    """Two 3x3 convolutions, or 1x1, 3x3, 1x1 with four times the width at the end; `basic` unless
    `depth` implies the other."""
    shortcuts: Literal["residual", "plain"] = "residual"
    """Whether blocks add their input to their output."""
    stem: Literal["imagenet", "small"] = "imagenet"
    """7x7 convolution and pooling that quarter the image, or one 3x3 for images below 64 pixels."""
    width: int = 64
    """Channels of the first stage."""
    image_size: int = 224
    """Side of the square input in pixels; images are stretched to it."""
    pixels: Literal["standardize", "unit", "signed"] = "standardize"
    """Scale of pixel values: zero mean and unit deviation per channel, [0, 1] or [-1, 1]."""
    channel_mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    """Mean of red, green and blue in 0 to 255, for `standardize`; training replaces the ImageNet
    default by the statistics of the training images."""
    channel_std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    """Standard deviation of red, green and blue in 0 to 255, above 0; replaced like the mean."""

    def __post_init__(self) -> None:
        if (self.depth is None) == (self.blocks is None):
            raise ValueError(
                f"Give exactly one of `depth` (one of {list(DEPTHS)}) and `blocks` (for example "
                f"[2, 2, 2, 2]). Received: depth={self.depth}, blocks={self.blocks}"
            )
        if self.depth is not None and self.depth not in DEPTHS:
            raise ValueError(f"`depth` must be one of {list(DEPTHS)}. Received: depth={self.depth}")
        if self.depth is not None and self.block not in (None, DEPTHS[self.depth][0]):
            raise ValueError(
                f"`depth: {self.depth}` is made of {DEPTHS[self.depth][0]} blocks. "
                f"Received: block={self.block!r}. Leave out `block`, or give `blocks` "
                "instead of `depth`."
            )
        if self.blocks is not None and (not self.blocks or min(self.blocks) < 1):
            raise ValueError(
                "`blocks` must name at least one stage of at least one block. "
                f"Received: blocks={list(self.blocks)}"
            )
        if self.width < 1:
            raise ValueError(f"`width` must be at least 1. Received: width={self.width}")
        if min(self.channel_std) <= 0:
            raise ValueError(
                "`channel_std` must be above 0 in every channel. "
                f"Received: channel_std={list(self.channel_std)}. A channel that never changes "
                "cannot be standardized; use `pixels: unit`."
            )
        self._check_image_size()

    def _check_image_size(self) -> None:
        stages = len(self.blocks or DEPTHS[self.depth][1])
        smallest = 2 ** (stages - 1) * (4 if self.stem == "imagenet" else 1)
        if self.image_size < smallest:
            raise ValueError(
                f"`image_size` must be at least {smallest} pixels with `stem: {self.stem}` and "
                f"{stages} stages, which halve it each. Received: image_size={self.image_size}"
            )


def build(config: ResNetConfig, num_classes: int) -> keras.Model:
    """Build the classifier with fresh weights; the caller compiles it.

    Args:
        config: Architecture.
        num_classes: Number of labels, at least 2.

    Returns:
        A model mapping `image` `(batch, image_size, image_size, 3)` uint8 to `logits`
        `(batch, num_classes)` float32. Layer `features` gives the pooled last stage.
    """
    block, blocks = _blocks(config)
    image = keras.Input((config.image_size, config.image_size, 3), dtype="uint8", name="image")

    scale, offset = _pixel_scale(config)
    x = keras.layers.Rescaling(scale, offset, name="pixels")(image)
    x = _stem(x, config)
    for stage, num_blocks in enumerate(blocks, start=1):
        for index in range(1, num_blocks + 1):
            stride = 2 if stage > 1 and index == 1 else 1
            width = config.width * 2 ** (stage - 1)
            residual = config.shortcuts == "residual"
            x = BLOCKS[block](x, width, stride, residual, f"stage_{stage}_block_{index}")
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)

    return keras.Model({"image": image}, logits, name="resnet")


def encoder(config: ResNetConfig) -> Encoder:
    """Return the encoder: `image_bytes` `(batch,)` string to `image`, see `decode.decode`."""
    return Encoder(
        lambda features: {"image": decode.decode(features["image_bytes"], config.image_size)}
    )


def _blocks(config: ResNetConfig) -> tuple[str, tuple[int, ...]]:
    if config.depth is not None:
        return DEPTHS[config.depth]
    return config.block or "basic", config.blocks


def _pixel_scale(config: ResNetConfig) -> tuple[list[float], list[float]]:
    """Return scale and offset per channel: `normalised = pixel * scale + offset`."""
    mean, std = {
        "standardize": (config.channel_mean, config.channel_std),
        "unit": ((0.0,) * 3, (255.0,) * 3),
        "signed": ((127.5,) * 3, (127.5,) * 3),
    }[config.pixels]
    return [1 / s for s in std], [-m / s for m, s in zip(mean, std, strict=True)]


def _stem(x, config: ResNetConfig):
    """`(batch, size, size, 3)` -> width channels, a quarter of the size or all of it."""
    if config.stem == "small":
        return _relu(_conv(x, config.width, 3, 1, "stem"), "stem")
    x = _relu(_conv(x, config.width, 7, 2, "stem"), "stem")
    # Zeros are safe under a maximum: ReLU outputs are never below them.
    x = keras.layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    return keras.layers.MaxPooling2D(3, 2, name="stem_pool")(x)


def _basic(x, width: int, stride: int, residual: bool, name: str):
    """Two 3x3 convolutions, He et al. figure 5 left."""
    y = _relu(_conv(x, width, 3, stride, f"{name}_1"), f"{name}_1")
    y = _conv(y, width, 3, 1, f"{name}_2")
    return _join(x, y, stride, residual, name)


def _bottleneck(x, width: int, stride: int, residual: bool, name: str):
    """1x1, 3x3 and 1x1 convolutions, He et al. figure 5 right."""
    y = _relu(_conv(x, width, 1, 1, f"{name}_1"), f"{name}_1")
    y = _relu(_conv(y, width, 3, stride, f"{name}_2"), f"{name}_2")
    y = _conv(y, 4 * width, 1, 1, f"{name}_3")
    return _join(x, y, stride, residual, name)


def _join(x, y, stride: int, residual: bool, name: str):
    """Add the shortcut from `x`, projected where the shape changed, then ReLU."""
    if residual:
        if stride > 1 or x.shape[-1] != y.shape[-1]:
            x = _conv(x, y.shape[-1], 1, stride, f"{name}_shortcut")
        y = keras.layers.Add(name=f"{name}_add")([x, y])
    return _relu(y, name)


def _conv(x, filters: int, kernel_size: int, stride: int, name: str):
    """Convolution without bias, zero-padded alike on all sides, then batch norm."""
    if kernel_size > 1:
        x = keras.layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    elif stride > 1:
        # The same values. oneDNN in TensorFlow 2.21 crashes in the gradient of a narrow 1x1
        # convolution with strides (memory freed twice, on processors with AVX-512).
        x = keras.layers.MaxPooling2D(1, stride, name=f"{name}_subsample")(x)
        stride = 1
    x = keras.layers.Conv2D(
        filters,
        kernel_size,
        stride,
        use_bias=False,
        # "We initialize the weights as in [13]", He et al. section 3.4.
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)


def _relu(x, name: str):
    return keras.layers.ReLU(name=f"{name}_relu")(x)


BLOCKS = {"basic": _basic, "bottleneck": _bottleneck}
