"""One text or one image in, one label out."""

import dataclasses
from typing import Literal

from models.tasks.category import OneLabel
from models.tasks.task import Column


@dataclasses.dataclass(frozen=True)
class TextClassification(OneLabel):
    """Give a text one of several labels."""

    kind: Literal["text_classification"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8."""
    label: str = "label"
    """Column with the label; numbers are read as their decimal text."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.text, "text", "input", "text", served_as="text"),
            Column(self.label, "category", "target", "label"),
        )


@dataclasses.dataclass(frozen=True)
class ImageClassification(OneLabel):
    """Give an image one of several labels."""

    kind: Literal["image_classification"]
    """Kind of task."""
    image: str = "image"
    """Column with the encoded image; image folders call it `image`."""
    label: str = "label"
    """Column with the label; image folders call it `label`."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.image, "image", "input", "image", served_as="image_bytes"),
            Column(self.label, "category", "target", "label"),
        )
