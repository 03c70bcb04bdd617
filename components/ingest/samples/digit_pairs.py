"""Pictures of two handwritten digits side by side: which are they, and what is their sum?"""

import csv
import pathlib

import numpy as np
from PIL import Image
from sklearn import datasets

DISTRIBUTIONS = ("scikit-learn",)
PAIRS = 1200
_SEED = 1337


def write(folder: pathlib.Path) -> None:
    """Write grey PNG files of 16 x 8 pixels and `digit_pairs.csv`.

    Its columns are `image`, `digits` (both, divided by `|`; one where they are equal) and `sum`.
    Source of the digits: see `digits.py`.
    """
    digits = datasets.load_digits()
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)
    drawn = np.random.default_rng(_SEED).integers(len(pixels), size=(PAIRS, 2))
    with open(folder / "digit_pairs.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["image", "digits", "sum"])
        for index, (left, right) in enumerate(drawn):
            name = f"{index:04d}.png"
            Image.fromarray(np.hstack([pixels[left], pixels[right]])).save(folder / name)
            both = digits.target[[left, right]]
            table.writerow([name, "|".join(map(str, sorted(set(both.tolist())))), both.sum()])
