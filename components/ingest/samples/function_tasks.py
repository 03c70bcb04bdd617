"""Two tasks in one table: of what a function does, how it is called, and which library it is of.

Each text is there once for each task, so that what is to be written depends on the task alone.
"""

import csv
import pathlib

from components.ingest.samples import function_code, library_docs

DISTRIBUTIONS = library_docs.DISTRIBUTIONS
_TEXTS = 1500
TASKS = ("call", "library")
"""What is asked: code, or a name."""


def write(folder: pathlib.Path) -> None:
    """Write `function_tasks.csv`.

    Its columns are `task`, `text` (first sentence of a function's documentation) and `answer`.
    """
    found = {
        text: (code, library)
        for library, place in library_docs.installed().items()
        for text, code in function_code.called(place)
    }
    chosen = sorted(found, key=library_docs.hash_of)[:_TEXTS]
    with open(folder / "function_tasks.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["task", "text", "answer"])
        for text in chosen:
            for task, answer in zip(TASKS, found[text], strict=True):
                table.writerow([task, text, answer])
