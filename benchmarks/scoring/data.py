"""Rows to score: made up, as many as asked for, the same each time."""

import csv
import pathlib
import tempfile

import numpy as np
from PIL import Image
from sklearn import datasets

from components.ingest.samples import library_docs

SIDE = 32
"""Pixels of an image."""


def write_texts(path: pathlib.Path, count: int) -> None:
    """Write a table of `id` and `text`: two paragraphs of the sample `library_docs`, mixed.

    Args:
        path: CSV to write.
        count: Rows.
    """
    with tempfile.TemporaryDirectory() as folder:
        library_docs.write(pathlib.Path(folder))
        with open(pathlib.Path(folder, "library_docs.csv"), encoding="utf-8", newline="") as file:
            paragraphs = [row["text"].split() for row in csv.DictReader(file)]
    rng = np.random.default_rng(0)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        for number, pair in enumerate(rng.integers(len(paragraphs), size=(count, 2))):
            first, second = (paragraphs[index] for index in pair)
            writer.writerow(
                [number, " ".join(first[: len(first) // 2] + second[len(second) // 2 :])]
            )


def write_images(path: pathlib.Path, count: int) -> None:
    """Write a table of `id` and `image`, and the PNG files that it names, beside it.

    Each is a handwritten digit in grey, enlarged, with noise of its own.

    Args:
        path: CSV to write.
        count: Rows.
    """
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    digits = datasets.load_digits().images / 16 * 255
    rng = np.random.default_rng(0)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "image"])
        for number, index in enumerate(rng.integers(len(digits), size=count)):
            pixels = np.kron(digits[index], np.ones((SIDE // 8, SIDE // 8)))
            noisy = np.clip(pixels + rng.normal(0, 12, pixels.shape), 0, 255).astype(np.uint8)
            name = f"{folder.name}/{number:06}.png"
            Image.fromarray(noisy).save(path.parent / name)
            writer.writerow([number, name])
