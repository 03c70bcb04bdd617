"""One text or one image in, one number out."""

import dataclasses
from typing import Literal

from models.tasks.number import OneNumber
from models.tasks.task import Column


@dataclasses.dataclass(frozen=True)
class TextRegression(OneNumber):
    """Give a text a number."""

    kind: Literal["text_regression"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8."""
    target: str = "target"
    """Column with the number that is learned."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.text, "text", "input", "text", served_as="text"),
            Column(self.target, "number", "target", "target"),
        )


@dataclasses.dataclass(frozen=True)
class ImageRegression(OneNumber):
    """Give an image a number."""

    kind: Literal["image_regression"]
    """Kind of task."""
    image: str = "image"
    """Column with the encoded image; image folders call it `image`."""
    target: str = "target"
    """Column with the number that is learned."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.image, "image", "input", "image", served_as="image_bytes"),
            Column(self.target, "number", "target", "target"),
        )
