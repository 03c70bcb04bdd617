"""One text or one image in, any number of labels out."""

import dataclasses
from typing import Literal

from models.tasks.categories import ManyLabels, Separator
from models.tasks.task import Column


@dataclasses.dataclass(frozen=True)
class TextMultiLabel(ManyLabels):
    """Give a text every label that fits."""

    kind: Literal["text_multi_label"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8."""
    labels: str = "labels"
    """Column with the labels of a row, none or several, in one cell."""
    separator: Separator = ","
    """What stands between the labels in a cell."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.text, "text", "input", "text", served_as="text"),
            Column(self.labels, "categories", "target", "labels", separator=self.separator),
        )


@dataclasses.dataclass(frozen=True)
class ImageMultiLabel(ManyLabels):
    """Give an image every label that fits."""

    kind: Literal["image_multi_label"]
    """Kind of task."""
    image: str = "image"
    """Column with the encoded image; image folders call it `image`."""
    labels: str = "labels"
    """Column with the labels of a row, none or several, in one cell."""
    separator: Separator = ","
    """What stands between the labels in a cell."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.image, "image", "input", "image", served_as="image_bytes"),
            Column(self.labels, "categories", "target", "labels", separator=self.separator),
        )
