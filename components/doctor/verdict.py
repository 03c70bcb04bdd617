"""What a finished training's files say, for `curves.py` to judge."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from components import records
from components.doctor.curves import curves
from components.doctor.curves.history import Training
from components.doctor.finding import Finding


def judge(
    examples: str, history: pathlib.Path, summary: pathlib.Path, label_column: str
) -> list[Finding]:
    """The verdict on the curves.

    Args:
        examples: Folder of the Examples, for how often each label occurs.
        history: JSON of the training with each metric by epoch.
        summary: JSON of the training with what was trained and how.
        label_column: Feature with the label.
    """
    labels = Counter(row[0] for row in records.columns(examples, "train", (label_column,)))
    validation = sum(1 for _ in records.serialized(examples, "eval"))
    learner = _read(summary)["learner"]
    return curves.judge(_read(history), _training(learner, labels, validation))


def _training(learner: Mapping[str, Any], labels: Counter[bytes], validation: int) -> Training:
    shares = np.array(list(labels.values())) / labels.total()
    return Training(
        chance_loss=float(-np.sum(shares * np.log(shares))),
        decays=learner["training"]["schedule"]["kind"] != "constant",
        is_harder=bool(learner["augmentation"]) or _drops(learner["model"]),
        num_validation=validation,
        has=frozenset(_has(learner)),
    )


def _has(learner: Mapping[str, Any]) -> Iterator[str]:
    """What is set, or can be, of what advice may be about; see `curves.Training`."""
    training, model = learner["training"], learner["model"]
    is_set = {
        "clip_norm": training.get("clip_norm"),
        "warmup": training["schedule"].get("warmup"),
        "early_stopping": training.get("early_stopping"),
        "augmentation": learner["augmentation"],
        "pretrained": str(model.get("kind")).startswith(("pretrained_", "hub_")),
    }
    yield from (name for name, value in is_set.items() if value)
    yield from (name for name in ("recipe", "sequence_length", "fine_tuning") if name in model)


def _drops(model: Mapping[str, Any]) -> bool:
    """Whether any field of the model is a rate of dropout; what a paper sets may drop, too."""
    recipe = model.get("recipe") or {}
    rate = recipe["dropout"] if "dropout" in recipe else model.get("dropout", 0.0)
    return rate is None or rate > 0


def _read(path: pathlib.Path) -> Any:
    return json.loads(path.read_text("utf-8"))
