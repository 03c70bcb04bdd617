"""Classification tasks: one text or one image in, one label out.

A task names the columns of the user's data and says what they hold; models,
pipeline and server learn it from here.
"""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class TextClassification:
    """Give a text one of several labels."""

    kind: Literal["text_classification"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8."""
    label: str = "label"
    """Column with the label; numbers are read as their decimal text."""

    @property
    def input_column(self) -> str:
        """Column the model answers from."""
        return self.text

    @property
    def input_kind(self) -> Literal["text"]:
        """What the input column holds, and its name in requests."""
        return "text"


@dataclasses.dataclass(frozen=True)
class ImageClassification:
    """Give an image one of several labels."""

    kind: Literal["image_classification"]
    """Kind of task."""
    image: str = "image"
    """Column with the encoded image; image folders call it `image`."""
    label: str = "label"
    """Column with the label; image folders call it `label`."""

    @property
    def input_column(self) -> str:
        """Column the model answers from."""
        return self.image

    @property
    def input_kind(self) -> Literal["image"]:
        """What the input column holds."""
        return "image"
