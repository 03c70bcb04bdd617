"""The conversation between the benchmark of training and one framework's process.

Needs nothing but Python and NumPy: each framework has an environment of its own.
"""

import json
import pathlib
import sys
import time
from collections.abc import Callable

import numpy as np

BATCH_FILE = "batch.npz"
"""`token_ids`, `padding_mask` `(rows, length)` int32, `labels` `(rows,)` int64, and the head
`kernel` `(dim, classes)`, `bias` `(classes,)` float32."""


def serve(
    logits: Callable[[], np.ndarray], train: Callable[[int], None], infer: Callable[[int], None]
) -> None:
    """Answer requests, one JSON object a line, until standard input ends.

    Args:
        logits: Of the batch in inference, with the weights all start from.
        train: Take so many steps, and wait for the last.
        infer: Answer so many batches, and wait for the last.
    """
    answers = sys.stdout
    sys.stdout = sys.stderr  # What libraries print is no answer.
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["task"] == "logits":
            answer = {"logits": logits().tolist()}
        else:
            work = {"train": train, "infer": infer}[asked["task"]]
            begin = time.perf_counter()
            work(asked["steps"])
            answer = {"seconds": time.perf_counter() - begin}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def load(folder: str) -> dict[str, np.ndarray]:
    """The batch and the head.

    Args:
        folder: Where the benchmark wrote them.
    """
    with np.load(pathlib.Path(folder, BATCH_FILE)) as arrays:
        return dict(arrays)
