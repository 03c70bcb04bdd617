"""What an export is for, in a file beside the model, so that whoever asks it can show the answer.

TensorFlow Serving hands nothing of `assets.extra/` to clients; it travels with the model.
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

FILE = "assets.extra/task.json"


def write(version_folder: pathlib.Path, description: Mapping[str, Any]) -> None:
    """Write what a model is for.

    Args:
        version_folder: Folder with `saved_model.pb`.
        description: `kind` of the task, `inputs` (each with `name`, `holds` and `column`, that of
            the training data, in the order of the task's columns), `shown_as` (how an answer
            reads) and `example` (a value by name).
    """
    path = version_folder / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(description, ensure_ascii=False, indent=2), "utf-8")
