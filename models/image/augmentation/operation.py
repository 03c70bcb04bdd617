"""What every image operation of `augmentation:` has; needs neither Keras nor TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import ClassVar, Literal

from models.bounds import Probability

Trait = Literal["mirroring", "direction", "colour", "whole"]
"""What a picture may lose: which side is left, which side is up, its colours, some of its area."""


@dataclasses.dataclass(frozen=True)
class Operation:
    """A change of an image that is drawn anew each epoch."""

    assumes: ClassVar[str] = ""
    """What an operation takes for granted about the answers."""
    mixes: ClassVar[bool] = False
    """Whether targets become blends of two: shares of labels, or numbers between."""

    probability: Probability = 1.0
    """Share of the images that are changed, in [0, 1]."""

    @property
    def loses(self) -> frozenset[Trait]:
        """What of an image answers must not depend on."""
        return frozenset()


def mixes_targets(operations: Iterable[Operation]) -> bool:
    """Whether training with these operations needs targets that can be mixed."""
    return any(operation.mixes for operation in operations)
