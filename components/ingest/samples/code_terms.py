"""Code in the documentation of installed libraries: which words are code, and what kind?

Authors mark code by backticks; here the marks are taken away and kept beside the text. Sources are
parsed, never imported.
"""

import ast
import csv
import json
import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from components.ingest.samples import library_docs

DISTRIBUTIONS = library_docs.DISTRIBUTIONS
ROWS = 2500
_MIN_WORDS, _MAX_WORDS = 8, 60
_MARKED = re.compile(r"(?::(?P<role>[a-z:]+):)?(?P<ticks>`{1,2})(?P<code>[^`\n]{1,60})(?P=ticks)")
_VALUE = re.compile(r"None|True|False|-?\d[\d.,e-]*|\(.*\)|\[.*\]|\{.*\}|(['\"]).*\1")
_CLASS = re.compile(r"(?:\w+\.)*[A-Z][A-Za-z]*[a-z][A-Za-z0-9]*")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_BROKEN = re.compile(r"[`*|<>\\]|-{3}|\.\. |::|>>>|_\s|https?:|^[-\w]+:|:[a-z]+:")


class Marked(NamedTuple):
    """A paragraph without marks."""

    text: str
    terms: tuple[tuple[int, int, str], ...]
    """Where each begins, where it ends and its kind."""


def write(folder: pathlib.Path) -> None:
    """Write `code_terms.csv` with the columns `text` and `terms`, JSON of spans."""
    found = {one.text: one for place in library_docs.installed().values() for one in marked(place)}
    chosen = sorted(found.values(), key=lambda one: library_docs.hash_of(one.text))[:ROWS]
    with open(folder / "code_terms.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["text", "terms"])
        table.writerows([one.text, json.dumps(one.terms)] for one in chosen)


def marked(package: pathlib.Path) -> Iterator[Marked]:
    """Usable paragraphs of all documentation below a folder."""
    for file in library_docs.public_files(package):
        for node in library_docs.definitions(file):
            for paragraph in library_docs.paragraphs_of(ast.get_docstring(node) or ""):
                found = unmark(" ".join(paragraph.split()))
                if found is not None:
                    yield found


def unmark(paragraph: str) -> Marked | None:
    """A paragraph without its marks; None if it has none, or is no plain sentence."""
    parts: list[str] = []
    terms = []
    length, last = 0, 0
    for match in _MARKED.finditer(paragraph):
        before = paragraph[last : match.start()]
        code = match["code"].lstrip("~.").rstrip()
        begin = length + len(before)
        length, last = begin + len(code), match.end()
        parts += [before, code]
        if not code or code != code.strip():
            return None
        terms.append((begin, length, _kind(code)))
    text = "".join([*parts, paragraph[last:]])
    words = text.split()
    is_sentence = text.isascii() and text[:1].isupper() and text.endswith(".")
    if not (terms and is_sentence and _MIN_WORDS <= len(words) <= _MAX_WORDS):
        return None
    if _BROKEN.search(text) or any(_is_inside_word(text, term) for term in terms):
        return None
    return Marked(text, tuple(terms))


def _kind(code: str) -> str:
    """What a piece of code is."""
    if _VALUE.fullmatch(code):
        return "value"
    if _CLASS.fullmatch(code):
        return "class"
    return "name" if _NAME.fullmatch(code.removesuffix("()")) else "expression"


def _is_inside_word(text: str, term: tuple[int, int, str]) -> bool:
    return any(
        text[place - 1 : place].isalnum() and text[place : place + 1].isalnum()
        for place in term[:2]
        if place
    )
