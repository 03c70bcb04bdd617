"""Functions of installed libraries: which of four names is that of the one that is described."""

import csv
import pathlib
import random

from components.ingest.samples import function_docs, library_docs

DISTRIBUTIONS = library_docs.DISTRIBUTIONS
_CHOICES = ("a", "b", "c", "d")


def write(folder: pathlib.Path) -> None:
    """Write `function_choices.csv`, a row for each function.

    Its columns are `text`, what its documentation begins with, four names in words, `a` to `d`, of
    which one is its own and the others those of other functions, and `right`: `a`, `b`, `c` or `d`.
    """
    functions = function_docs.choose(
        [
            one
            for place in library_docs.installed().values()
            for one in function_docs.documented(place)
        ]
    )
    names = sorted({one.name for one in functions})
    with open(folder / "function_choices.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["text", *_CHOICES, "right"])
        for place, one in enumerate(functions):
            right = place % len(_CHOICES)
            wrong = [name for name in names if name != one.name]
            others = random.Random(place).sample(wrong, len(_CHOICES) - 1)
            choices = [*others[:right], one.name, *others[right:]]
            table.writerow([one.text, *choices, _CHOICES[right]])
