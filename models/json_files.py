"""Files that are either whole or not there."""

import json
import os
import pathlib
from typing import Any


def write_json(path: pathlib.Path, content: Any) -> None:
    """Write a JSON file that a reader never sees half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)
