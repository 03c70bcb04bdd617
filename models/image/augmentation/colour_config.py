"""The image operations of `augmentation:` that change colours.

Values are on the scale of 0 to 255 and cut to it after each operation. Needs neither Keras nor
TensorFlow.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from models.bounds import Probability, UpTo1
from models.image.augmentation.operation import Operation, Trait


@dataclasses.dataclass(frozen=True)
class _Recolouring(Operation):
    @property
    def loses(self) -> frozenset[Trait]:
        """Colours."""
        return frozenset({"colour"})


@dataclasses.dataclass(frozen=True)
class _Blend(Operation):
    """A factor around 1, drawn evenly."""

    strength: UpTo1 = 0.4
    """Largest distance of the factor from 1, above 0 and up to 1."""


@dataclasses.dataclass(frozen=True)
class Brightness(_Blend):
    """Multiply all values by a factor."""

    assumes = "how bright an image is does not matter"

    kind: Literal["brightness"] = "brightness"
    """Name of this operation."""


@dataclasses.dataclass(frozen=True)
class Contrast(_Blend):
    """Multiply the distance of all values from the image's mean grey by a factor."""

    assumes = "how strong the contrast is does not matter"

    kind: Literal["contrast"] = "contrast"
    """Name of this operation."""


@dataclasses.dataclass(frozen=True)
class Saturation(_Blend):
    """Multiply the distance of all values from the pixel's grey by a factor."""

    assumes = "how strong colours are does not matter"

    kind: Literal["saturation"] = "saturation"
    """Name of this operation."""


@dataclasses.dataclass(frozen=True)
class Hue(_Recolouring):
    """Turn all colours around the grey axis, brightness unchanged: the plane IQ of YIQ."""

    assumes = "which colour something has does not matter"

    kind: Literal["hue"] = "hue"
    """Name of this operation."""
    degrees: Annotated[float, Gt(0), Le(180)] = 18.0
    """Largest angle in degrees, in either direction, above 0 and up to 180."""


@dataclasses.dataclass(frozen=True)
class ChannelShift(_Recolouring):
    """Add a number to each channel, each drawn by itself."""

    assumes = "a tint of the light does not matter"

    kind: Literal["channel_shift"] = "channel_shift"
    """Name of this operation."""
    levels: Annotated[float, Gt(0), Le(255)] = 20.0
    """Largest number, of 255, in either direction, above 0."""


@dataclasses.dataclass(frozen=True)
class Greyscale(_Recolouring):
    """Replace colours by their grey, 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601)."""

    assumes = "which colour something has does not matter"

    kind: Literal["greyscale"] = "greyscale"
    """Name of this operation."""
    probability: Probability = 0.2
    """Share of the images that are changed, in [0, 1]."""


@dataclasses.dataclass(frozen=True)
class Solarise(_Recolouring):
    """Invert the values from a threshold on."""

    assumes = "light and dark may be swapped"

    kind: Literal["solarise"] = "solarise"
    """Name of this operation."""
    probability: Probability = 0.2
    """Share of the images that are changed, in [0, 1]."""
    threshold: Annotated[float, Ge(0), Le(256)] = 128.0
    """Lowest value that is inverted, from 0 (all) to 256 (none)."""


@dataclasses.dataclass(frozen=True)
class Posterise(Operation):
    """Keep the highest bits of each value."""

    assumes = "fine differences of tone do not matter"

    kind: Literal["posterise"] = "posterise"
    """Name of this operation."""
    probability: Probability = 0.2
    """Share of the images that are changed, in [0, 1]."""
    bits: Annotated[int, Ge(1), Le(8)] = 4
    """Bits that are kept, from 1 to 8 (all)."""


@dataclasses.dataclass(frozen=True)
class Equalise(_Recolouring):
    """Spread each channel's values so that all are about as frequent, as Pillow does."""

    assumes = "how bright an image is, how strong its contrast and which tint it has do not matter"

    kind: Literal["equalise"] = "equalise"
    """Name of this operation."""
    probability: Probability = 0.2
    """Share of the images that are changed, in [0, 1]."""


OPERATIONS: dict[str, type[Operation]] = {
    "brightness": Brightness,
    "channel_shift": ChannelShift,
    "contrast": Contrast,
    "equalise": Equalise,
    "greyscale": Greyscale,
    "hue": Hue,
    "posterise": Posterise,
    "saturation": Saturation,
    "solarise": Solarise,
}
"""Operations on colours by name."""

ColourOperation = (
    Brightness
    | ChannelShift
    | Contrast
    | Equalise
    | Greyscale
    | Hue
    | Posterise
    | Saturation
    | Solarise
)
