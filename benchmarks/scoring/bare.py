"""The SavedModel alone: `python -m benchmarks.scoring.bare FOLDER TABLE COLUMN BATCH`.

All rows are in memory before the clock starts; full batches follow one another. The first call,
which prepares the model, counts, as it does for the command. Prints rows per second.
"""

import csv
import pathlib
import sys
import time

import numpy as np

from serving import process


def main(folder: pathlib.Path, table: pathlib.Path, column: str, size: int) -> None:
    """Ask about every row of a table; `image` holds paths beside it."""
    with open(table, encoding="utf-8", newline="") as file:
        cells = [row[column] for row in csv.DictReader(file)]
    is_image = column == "image"
    values = [(table.parent / cell).read_bytes() if is_image else cell.encode() for cell in cells]
    process.skip_keras()
    from serving.execution import saved_model

    predictor = saved_model.SavedModelPredictor(folder)
    (name,) = predictor.signatures["serving_default"].inputs
    array = np.array(values, dtype=object)
    started = time.perf_counter()
    for start in range(0, len(array), size):
        predictor.predict("serving_default", {name: array[start : start + size]})
    print(f"{len(array) / (time.perf_counter() - started):.1f}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
