"""The image operations of `augmentation:` that move, cover or mix pixels, and the policies.

Colours are in `colour_config.py`. Needs neither Keras nor TensorFlow.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from models.bounds import Count, Positive, Probability, Rising, UpTo1
from models.image.augmentation import colour_config
from models.image.augmentation.operation import Operation, Trait

Fill = Literal["black", "reflect", "edge"]


@dataclasses.dataclass(frozen=True)
class Crop(Operation):
    """A window of the image's own size, cut from the image with a border around it.

    He et al. (2015), https://arxiv.org/abs/1512.03385, section 4.2, with `padding: 4` for images
    of 32 pixels.
    """

    assumes = "what the answer is about is not at the very edge"

    kind: Literal["crop"] = "crop"
    """Name of this operation."""
    padding: Count = 4
    """Width of the border in pixels, at least 1: the image moves by up to as much."""
    fill: Fill = "black"
    """What the border shows: black, the image mirrored, or its outermost pixels."""


@dataclasses.dataclass(frozen=True)
class ResizedCrop(Operation):
    """A window of random area and shape, resized to the image's size.

    Szegedy et al. (2014), https://arxiv.org/abs/1409.4842, section 6. Where a window does not fit,
    its longer side is cut to the image.
    """

    assumes = "a part of the image shows the answer as well as the whole"

    kind: Literal["resized_crop"] = "resized_crop"
    """Name of this operation."""
    area: Annotated[tuple[UpTo1, UpTo1], Rising] = (0.08, 1.0)
    """Smallest and largest share of the image's area, in (0, 1]."""
    ratio: Annotated[tuple[Positive, Positive], Rising] = (0.75, 4 / 3)
    """Smallest and largest width by height, above 0, drawn evenly in the logarithm."""

    @property
    def loses(self) -> frozenset[Trait]:
        """Parts of the image."""
        return frozenset({"whole"})


@dataclasses.dataclass(frozen=True)
class Flip(Operation):
    """Mirror the image."""

    assumes = "left and right (or up and down) do not matter: not for digits or text"

    kind: Literal["flip"] = "flip"
    """Name of this operation."""
    probability: Probability = 0.5
    """Share of the images that are changed, in [0, 1]; with `both`, in each direction by itself."""
    direction: Literal["horizontal", "vertical", "both"] = "horizontal"
    """Whether left and right are swapped, top and bottom, or either."""

    @property
    def loses(self) -> frozenset[Trait]:
        """Which side is left, which is up."""
        lost: set[Trait] = {"mirroring"}
        if self.direction != "horizontal":
            lost.add("direction")
        return frozenset(lost)


@dataclasses.dataclass(frozen=True)
class Rotation(Operation):
    """Turn the image around its centre."""

    assumes = "the answer does not depend on which way is up: not for digits by 90 degrees or more"

    kind: Literal["rotation"] = "rotation"
    """Name of this operation."""
    degrees: Annotated[float, Gt(0), Le(180)] = 15.0
    """Largest angle in degrees, in either direction, above 0 and up to 180."""
    fill: Fill = "black"
    """What the corners show: black, the image mirrored, or its outermost pixels."""

    @property
    def loses(self) -> frozenset[Trait]:
        """Which side is up, if it turns far enough."""
        return frozenset({"direction"} if self.degrees >= 90 else ())


@dataclasses.dataclass(frozen=True)
class Erasing(Operation):
    """Cover a rectangle.

    Zhong et al. (2017), https://arxiv.org/abs/1708.04896, algorithm 1. Difference: a rectangle that
    does not fit is cut to the image instead of drawn again.
    """

    assumes = "the rest of the image shows the answer if a part is covered"

    kind: Literal["erasing"] = "erasing"
    """Name of this operation."""
    probability: Probability = 0.5
    """Share of the images that are changed, in [0, 1]."""
    area: Annotated[tuple[UpTo1, UpTo1], Rising] = (0.02, 0.4)
    """Smallest and largest share of the image's area, in (0, 1]."""
    ratio: Annotated[tuple[Positive, Positive], Rising] = (0.3, 1 / 0.3)
    """Smallest and largest height by width, above 0, drawn evenly in the logarithm."""
    fill: Literal["noise", "black", "grey"] = "noise"
    """What the rectangle shows: every channel of every pixel drawn by itself, 0, or 128."""

    @property
    def loses(self) -> frozenset[Trait]:
        """Parts of the image."""
        return frozenset({"whole"})


@dataclasses.dataclass(frozen=True)
class MixUp(Operation):
    """Blend each image, and its target, with another one of the batch.

    Zhang et al. (2017), https://arxiv.org/abs/1710.09412, section 2. Shares are drawn for each
    image; `probability` too.
    """

    assumes = "a blend of two images shows both answers in proportion; numbers are blended, too"
    mixes = True

    kind: Literal["mixup"] = "mixup"
    """Name of this operation."""
    alpha: Positive = 0.2
    """Both parameters of the beta distribution of the shares, above 0; the greater, the nearer to
    one half."""


@dataclasses.dataclass(frozen=True)
class CutMix(Operation):
    """Put a rectangle of another image of the batch into each, and mix the targets by area.

    Yun et al. (2019), https://arxiv.org/abs/1905.04899, section 3.1. Shares are drawn for each
    image; `probability` too.
    """

    assumes = (
        "each part of an image shows its answer in proportion to its area; numbers are blended, too"
    )
    mixes = True

    kind: Literal["cutmix"] = "cutmix"
    """Name of this operation."""
    alpha: Positive = 1.0
    """Both parameters of the beta distribution of the shares, above 0; 1 is even."""


@dataclasses.dataclass(frozen=True)
class RandAugment(Operation):
    """Some operations, drawn for each image, all of one strength.

    Cubuk et al. (2019), https://arxiv.org/abs/1909.13719, section 3 and its 14 operations. What
    moves pixels is done at once, before what changes colours.
    """

    assumes = "small turns and shifts, and strong changes of colour, leave the answer as it is"

    kind: Literal["rand_augment"] = "rand_augment"
    """Name of this operation."""
    operations: Count = 2
    """Operations per image, the paper's N, at least 1."""
    magnitude: Annotated[float, Ge(0), Le(30)] = 9.0
    """Strength of them all, the paper's M, from 0 to 30, which turns by up to 30 degrees. The scale
    is torchvision's; the authors' code has the same strength at a third of the number."""

    @property
    def loses(self) -> frozenset[Trait]:
        """Colours."""
        return frozenset({"colour"})


@dataclasses.dataclass(frozen=True)
class AugMix(Operation):
    """Several chains of operations, blended with each other and with the image itself.

    Hendrycks et al. (2019), https://arxiv.org/abs/1912.02781, section 3, without its loss of
    consistency.
    """

    assumes = "small turns and shifts, and changes of tone and colour, leave the answer as it is"

    kind: Literal["augmix"] = "augmix"
    """Name of this operation."""
    width: Count = 3
    """Chains, at least 1."""
    depth: Count = 3
    """Longest chain, at least 1; lengths are drawn from 1 to this."""
    severity: Annotated[float, Ge(0), Le(10)] = 3.0
    """Strength of every operation, from 0 to 10."""
    alpha: Positive = 1.0
    """Parameter of the Dirichlet and the beta distribution of the weights, above 0."""

    @property
    def loses(self) -> frozenset[Trait]:
        """Colours: channels are spread and inverted by themselves."""
        return frozenset({"colour"})


OPERATIONS: dict[str, type[Operation]] = {
    "augmix": AugMix,
    "crop": Crop,
    "cutmix": CutMix,
    "erasing": Erasing,
    "flip": Flip,
    "mixup": MixUp,
    "rand_augment": RandAugment,
    "resized_crop": ResizedCrop,
    "rotation": Rotation,
    **colour_config.OPERATIONS,
}
"""Image operations by name."""

ImageOperation = (
    AugMix
    | Crop
    | CutMix
    | Erasing
    | Flip
    | MixUp
    | RandAugment
    | ResizedCrop
    | Rotation
    | colour_config.ColourOperation
)
