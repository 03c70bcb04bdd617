"""Functions of installed libraries: how each is called, beside what its documentation says first.

Texts to be written from texts, of which every installation has thousands: a sentence in, a line of
code out. Sources are parsed, never imported.
"""

import ast
import csv
import pathlib
import re
from collections.abc import Iterator

from components.ingest.samples import library_docs

_LIBRARIES = {
    **library_docs.LIBRARIES,
    "keras-hub": "keras_hub",
    "keras-tuner": "keras_tuner",
    "numpy": "numpy",
    "scipy": "scipy",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-model-analysis": "tensorflow_model_analysis",
    "tensorflow-transform": "tensorflow_transform",
    "tfx": "tfx",
}
DISTRIBUTIONS = tuple(_LIBRARIES)
_SENTENCE = re.compile(r"[A-Z][^.!?:<>|=\\]{10,150}\.(?=\s|$)")
_BOUND = ("self", "cls")
_MOST_PARAMETERS = 6


def write(folder: pathlib.Path) -> None:
    """Write `function_code.csv`.

    Its columns are `text` (first sentence of a function's documentation), `code` (its name and its
    parameters, such as `fit(x, y)`) and `library`. Of texts that several functions share, one is
    there.
    """
    found = {
        text: (code, library)
        for library, place in library_docs.installed(_LIBRARIES).items()
        for text, code in called(place)
    }
    with open(folder / "function_code.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["text", "code", "library"])
        for text in sorted(found, key=library_docs.hash_of):
            table.writerow([text, *found[text]])


def called(package: pathlib.Path) -> Iterator[tuple[str, str]]:
    """What is said of each function below a folder, and how it is called."""
    for file in library_docs.public_files(package):
        for node in library_docs.definitions(file):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            sentence = _SENTENCE.match(" ".join((ast.get_docstring(node) or "").split()))
            names = [a.arg for a in [*node.args.args, *node.args.kwonlyargs]]
            own = [name for name in names if name not in _BOUND]
            if sentence and sentence.group().isascii() and len(own) <= _MOST_PARAMETERS:
                yield sentence.group().replace("`", ""), f"{node.name}({', '.join(own)})"
