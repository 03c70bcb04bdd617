"""Functions of installed libraries: their names, and what their documentation begins with."""

import csv
import pathlib

from components.ingest.samples import function_docs, library_docs

DISTRIBUTIONS = library_docs.DISTRIBUTIONS


def write(folder: pathlib.Path) -> None:
    """Write `named_functions.csv`, a row for each function: `name`, in words, and `text`."""
    functions = function_docs.choose(
        [
            one
            for place in library_docs.installed().values()
            for one in function_docs.documented(place)
        ]
    )
    with open(folder / "named_functions.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "text"])
        table.writerows([one.name, one.text] for one in functions)
