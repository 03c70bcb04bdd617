"""What the Doctor needs of whoever knows the model.

Models live in `models/`, which components must not import: the stage gets an `ExaminedModel` from a
function that it is told by its dotted path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from components.doctor.finding import Finding
from components.doctor.text.lengths import Reader


class ExaminedModel(Protocol):
    """A model that is about to be trained, and what it makes of inputs."""

    reader: Reader | None
    """How the model splits texts into tokens; None for images and models that take whole texts."""
    image_size: int | None
    """Side of the model's images in pixels; None for texts."""
    embed: Callable[[Sequence[str] | Sequence[bytes]], np.ndarray] | None
    """Inputs to vectors `(rows, dim)` of a pretrained model; None for a model without any
    knowledge, whose vectors would say nothing."""

    def findings(self) -> Iterator[Finding]:
        """The checks of the model, one after the other."""
