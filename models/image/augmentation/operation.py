"""What every image operation of `augmentation:` has; needs neither Keras nor TensorFlow."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar, Literal

Trait = Literal["mirroring", "direction", "colour", "whole"]
"""What a picture may lose: which side is left, which side is up, its colours, some of its area."""


@dataclasses.dataclass(frozen=True)
class Operation:
    """A change of an image that is drawn anew each epoch."""

    assumes: ClassVar[str] = ""
    """What an operation takes for granted about the labels."""
    mixes: ClassVar[bool] = False
    """Whether labels become shares of several classes."""

    probability: float = 1.0
    """Share of the images that are changed, in [0, 1]."""

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(
                f"`probability` must be in [0, 1]. Received: probability={self.probability}"
            )

    @property
    def loses(self) -> frozenset[Trait]:
        """What of an image labels must not depend on."""
        return frozenset()

    def check_range(self, field: str, low: float, high: float) -> None:
        """Refuse a value outside [low, high].

        Raises:
            ValueError: Naming the field.
        """
        value = getattr(self, field)
        if not low <= value <= high:
            raise ValueError(f"`{field}` must be from {low} to {high}. Received: {field}={value}")

    def check_interval(self, field: str, highest: float = math.inf) -> None:
        """Refuse a pair that is not rising, or leaves (0, highest].

        Raises:
            ValueError: Naming the field.
        """
        smallest, largest = getattr(self, field)
        if not 0 < smallest <= largest <= highest:
            limit = "" if highest == math.inf else f" and up to {highest:g}"
            raise ValueError(
                f"`{field}` must be a lowest and a highest value, above 0{limit}. "
                f"Received: {field}={[smallest, largest]}"
            )


def mixes_labels(operations: Iterable[Operation]) -> bool:
    """Whether training with these operations needs soft labels."""
    return any(operation.mixes for operation in operations)
