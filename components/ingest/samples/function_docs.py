"""Functions of installed libraries: what the first paragraph of their documentation tells.

Four questions about real texts that every installation carries: which of the most frequent
parameters a function takes, how many it takes, whether a name is its own, and how many parameters
it shares with another function. Sources are parsed, never imported.
"""

import ast
import csv
import pathlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from components.ingest.samples import library_docs

DISTRIBUTIONS = library_docs.DISTRIBUTIONS
ROWS = 2000
_FREQUENT = 12
"""Parameters that are labels."""
_BOUND = ("self", "cls")


class Function(NamedTuple):
    """A documented function."""

    text: str
    """First paragraph of its documentation."""
    name: str
    """In words."""
    parameters: tuple[str, ...]
    """Names, without `self`."""


def write(folder: pathlib.Path) -> None:
    """Write `function_docs.csv`.

    Its columns are `text`, `parameters` (those of the most frequent ones that the function takes,
    divided by `|`), `count` (of all its parameters), `name` (its own in every other row, else
    another function's), `same` (whether it is its own: `yes` or `no`), `other` (another function's
    text, in every other row one with like parameters) and `overlap` (share of the parameters of
    both that both have, 0 to 1).
    """
    functions = choose(
        [one for place in library_docs.installed().values() for one in documented(place)]
    )
    counts = Counter(name for one in functions for name in one.parameters)
    frequent = {name for name, _ in counts.most_common(_FREQUENT)}
    with open(folder / "function_docs.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["text", "parameters", "count", "name", "same", "other", "overlap"])
        half = len(functions) // 2
        alike = sorted(functions, key=lambda one: (one.parameters, one.text))
        after = dict(zip(alike, alike[1:] + alike[:1], strict=True))
        for place, one in enumerate(functions):
            own = "|".join(name for name in one.parameters if name in frequent)
            name, same = (one.name, "yes") if place % 2 else (functions[place - half].name, "no")
            # Not half way round, where each row would be another one with its texts swapped.
            other = after[one] if place % 2 else functions[place - half - 1]
            overlap = f"{_overlap(one.parameters, other.parameters):.3f}"
            table.writerow([one.text, own, len(one.parameters), name, same, other.text, overlap])


def documented(package: pathlib.Path) -> Iterator[Function]:
    """Functions below a folder whose documentation begins with a usable paragraph."""
    for file in library_docs.public_files(package):
        for node in library_docs.definitions(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first, *_ = library_docs.paragraphs_of(ast.get_docstring(node) or "")
                text = library_docs.clean(first) if first else None
                if text:
                    names = [a.arg for a in [*node.args.args, *node.args.kwonlyargs]]
                    own = tuple(name for name in names if name not in _BOUND)
                    yield Function(text, node.name.replace("_", " "), own)


def choose(functions: list[Function]) -> list[Function]:
    """At most `ROWS` functions whose texts differ, by hash, so that few change with a library."""
    unique = {one.text: one for one in functions}
    return sorted(unique.values(), key=lambda one: library_docs.hash_of(one.text))[:ROWS]


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    union = set(one) | set(other)
    return len(set(one) & set(other)) / len(union) if union else 1.0
