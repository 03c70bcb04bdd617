"""Which model of images a laptop can train, and how large its inputs are."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Sequence

from models.image.augmentation import config as augmentation
from models.image.augmentation import label_safety
from pipeline.guessing.wording import Line, Remark

_SMALL = 64
"""Pixels up to which a network must not shrink images at its start."""
_LEAST = 16
_MOST = 96
"""Pixels that a laptop trains on in minutes."""
_STEP = 8


def lines(sizes: Sequence[tuple[int, int]], labels: Collection[str]) -> list[Line | Remark]:
    """The sections `model` and `training`, and an `augmentation` to try.

    Args:
        sizes: Width and height in pixels of some images, at least one.
        labels: What they show; empty if they are given numbers.
    """
    side = int(statistics.median(min(size) for size in sizes))
    size = min(_MOST, max(_LEAST, side // _STEP * _STEP))
    why = f"the median of the shorter sides is {side} pixels"
    if side > _MOST:
        why += f"; {_MOST} train in minutes here"
    body: list[Line | Remark] = [
        Line(
            "model.kind",
            "resnet",
            "learns small images from scratch",
            "pretrained_image, where weights are at hand",
        )
    ]
    if size <= _SMALL:
        body += [
            Line("model.blocks", [2, 2, 2], "three stages of two blocks"),
            Line("model.width", 16, "channels of the first stage; 32 learn more and take longer"),
            Line("model.stem", "small", f"images of up to {_SMALL} pixels are not shrunk first"),
        ]
    else:
        body += [
            Line("model.depth", 18, "the smallest published one"),
            Line("model.width", 32, "half of the paper's channels, a quarter of the work"),
        ]
    body += [
        Line(
            "model.image_size",
            size,
            why,
            "larger, for finer things; the time grows with its square",
        ),
        Line("training.epochs", 30, "from scratch it takes many"),
        Line("training.batch_size", 32, "more is faster on a GPU"),
        Line("training.optimizer", "adamw", "needs little tuning"),
        Line("training.learning_rate", 2.0e-3, "falls by the schedule"),
        Line(
            "training.schedule", {"kind": "cosine", "warmup": 0.1}, "rises first, then falls to 0"
        ),
    ]
    # What becomes of a number when an image changes, nobody can tell.
    return [*body, Remark("augmentation", _augmentation(size, labels))] if labels else body


def _augmentation(size: int, labels: Collection[str]) -> str:
    """Operations that the labels survive, as far as their names show it."""
    padding = max(2, size // 8)
    crop = f"{{kind: crop, padding: {padding}}}"
    mirrored = label_safety.doubts([augmentation.Flip()], labels)
    if mirrored:
        return f"augmentation: [{crop}]   # no flip, as it may change what these labels say"
    return (
        f"augmentation: [{crop}, {{kind: flip}}]   # varied copies, to try; no flip if left and "
        "right matter"
    )
