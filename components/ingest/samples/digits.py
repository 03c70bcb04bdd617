"""Scikit-learn's handwritten digits, written out as image files."""

import pathlib

import numpy as np
from PIL import Image
from sklearn import datasets

DISTRIBUTIONS = ("scikit-learn",)


def write(folder: pathlib.Path) -> None:
    """Write 1797 grey PNG files of 8 x 8 pixels, in one folder per digit.

    Source: E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten
    Digits, https://doi.org/10.24432/C50P49, its test part.
    """
    digits = datasets.load_digits()
    # Stored as counts of 0 to 16 dark pixels per cell.
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)
    for index, (image, label) in enumerate(zip(pixels, digits.target, strict=True)):
        place = folder / str(label)
        place.mkdir(exist_ok=True)
        Image.fromarray(image).save(place / f"{index:04d}.png")
