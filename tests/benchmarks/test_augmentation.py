"""Whether the benchmarks still fit what they call of the project."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
MEASURED = """
import numpy as np

from benchmarks.augmentation import images_worker

images = np.full((3, 8, 8, 3), 200, np.uint8)
measured = images_worker.maru(8, images)
assert list(measured) == list(images_worker.OPERATIONS)
for name in ("flip", "mixup", "cutmix"):
    varied, targets = measured[name]()
    print(name, *varied.shape, "to", *targets.shape)
"""


def test_operations_on_images_are_measured_and_those_that_mix_labels_mix_classes():
    # In a process of its own, because it leaves TensorFlow one thread.
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == [
        "flip 3 8 8 3 to 3",
        "mixup 3 8 8 3 to 3 10",
        "cutmix 3 8 8 3 to 3 10",
    ], done.stderr
