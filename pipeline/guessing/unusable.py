"""Data that Maru has no task for, told by its form: what it is and what would make it usable."""

from __future__ import annotations

import itertools
import pathlib
import re
from collections.abc import Callable, Sequence

from components.ingest import errors, row
from components.ingest.files import names, source_files
from components.ingest.text import lines
from pipeline.guessing import wording

_AS_TABLE = """import csv, pathlib
folder = pathlib.Path({folder!r})
with open("texts.csv", "w", encoding="utf-8", newline="") as file:
    table = csv.writer(file)
    table.writerow(["text", "label"])
    for path in sorted(folder.rglob("*.txt")):
        table.writerow([path.read_text(encoding="utf-8"), path.parent.name])"""
_FEWEST_TEXTS = 5
_LINES = 500
_FEWEST_SENTENCES = 3
_TAG = re.compile(r"O|[BIESLU]-\S+")
"""Tags of words in the schemes IO, BIO, BIOES and BILOU."""
_MOST_TAGGED = 0.9


def is_tagged(file: source_files.DataFile, decode: Callable[[lines.Line], str]) -> bool:
    """Whether a file holds words with tags, a word a line (CoNLL)."""
    found = itertools.islice(lines.read(lines.Part(file)), _LINES)
    texts = [decode(line).strip() for line in found if isinstance(line, lines.Line)]
    words = [text.split() for text in texts if text and not text.startswith(("-DOCSTART-", "#"))]
    tagged = sum(len(word) > 1 and bool(_TAG.fullmatch(word[-1])) for word in words)
    return texts.count("") >= _FEWEST_SENTENCES and tagged >= _MOST_TAGGED * len(words)


def answers_elsewhere(name: str, answers: str, context: str) -> errors.DataError:
    """The error for answers to questions about a text that are no parts of it."""
    return errors.DataError(
        f"{name} holds questions with answers, but in nearly all rows {answers!r} stands nowhere "
        f"in {context!r}, sign for sign. Maru finds answers that are parts of a text "
        "(question_answering), or tells whether a text answers a question: then write a column "
        "that says yes or no (text_pair_classification)."
    )


def numbered_tags(name: str, words: str, tags: str) -> errors.DataError:
    """The error for tags whose names are elsewhere."""
    return errors.DataError(
        f"{name} holds a number for each word of {words!r} in {tags!r}, and nothing says what the "
        "numbers stand for. Write the tags' names instead, such as B-PER: with Hugging Face's "
        f"datasets, `features[{tags!r}].feature.names` has them."
    )


def translations(name: str, texts: list[str]) -> errors.DataError:
    """The error for texts beside their translations in one cell."""
    shown = " and ".join(map(repr, texts))
    return errors.DataError(
        f"{name} holds the same texts in several languages ({shown}) in one cell. Maru writes one "
        "text from another (sequence_to_sequence) if each has a column of its own: write a table "
        f"with the columns {shown}."
    )


def captions(name: str, image: str, text: str) -> errors.DataError:
    """The error for images with texts that describe them."""
    return errors.DataError(
        f"{name} holds texts ({text!r}) that describe images ({image!r}), and Maru has no task "
        "that writes texts. It can label images: add a column with a label (image_classification), "
        "or with the things that are seen (image_multi_label); a row for each image is enough."
    )


def text_per_file(folder: pathlib.Path, files: Sequence[pathlib.Path]) -> errors.DataError | None:
    """The error for a folder per class with a text in each file; None if it is no such folder.

    Args:
        folder: The one that was named.
        files: All that rows could be read from.
    """
    parents = sorted({file.parent for file in files})
    if len(parents) < 2 or len(files) < _FEWEST_TEXTS * len(parents):
        return None
    if any(file.suffix.lower() != ".txt" for file in files):
        return None
    classes = wording.listed([names.shown(one.relative_to(folder)) for one in parents])
    return errors.DataError(
        f"{names.shown(folder)} holds {len(files):,} texts in files of their own, in the folders "
        f"{classes}. Maru reads texts from tables: write one with a row for each file, for "
        f"example by\n{_AS_TABLE.format(folder=names.shown(folder))}"
    )


def plain_text(file: source_files.DataFile) -> errors.DataError:
    """The error for lines of text without columns."""
    first = next(filter(bool, map(_start, lines.read(lines.Part(file)))), "")
    return errors.DataError(
        f"{file.name} holds lines of text without labels (the first: {first!r}). From such lines a "
        "model learns a language (masked_language_modeling with `data.source.kind: text`, see "
        "docs/pretraining.md). To learn what is beside a text, write a table with a header: a "
        "column of texts and a column with a label or a number for each."
    )


def _start(line: lines.Line | row.Rejected) -> str:
    return row.excerpt(line.raw.strip()[:60]) if isinstance(line, lines.Line) else ""
