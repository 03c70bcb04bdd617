"""Every task kind by name. Adding one is one file and a line in each of these."""

from typing import Annotated

import pydantic

from models.tasks import classification

Task = Annotated[
    classification.TextClassification | classification.ImageClassification,
    pydantic.Discriminator("kind"),
]
"""What the `task` of a config may be."""

TASKS = {
    "text_classification": classification.TextClassification,
    "image_classification": classification.ImageClassification,
}
