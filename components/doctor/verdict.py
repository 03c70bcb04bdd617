"""What a finished training's files say, for `curves.py` to judge."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from components import records
from components.doctor import columns
from components.doctor.columns import Column
from components.doctor.curves import curves
from components.doctor.curves.history import Training, Watched
from components.doctor.finding import Finding

_LOSS = "val_loss"
_VALIDATION = "val_"
_WIDE = {"category": Watched.wide, "choice": Watched.wide}
"""Gap of what is watched that is wide, by what the target holds: a share of the rows where they
have one label. Of several labels nearly all are right anyway, and numbers have a unit."""


def judge(
    examples: str,
    history: pathlib.Path,
    summary: pathlib.Path,
    target: Column,
    monitored: Mapping[str, str],
) -> list[Finding]:
    """The verdict on the curves.

    Args:
        examples: Folder of the Examples, for what one answer to all rows would reach.
        history: JSON of the training with each metric by epoch.
        summary: JSON of the training with what was trained and how.
        target: Column with the target, or one that holds nothing.
        monitored: What is watched on validation: `max` or `min` by name, the loss among them.
    """
    told = _read(summary)
    guess, chance_loss = _chance(examples, target, told)
    watched = next(name for name in monitored if name != _LOSS)
    validation = sum(1 for _ in records.serialized(examples, "eval"))
    learner = told["learner"]
    training = Training(
        chance_loss=chance_loss,
        guess=guess,
        watched=Watched(
            watched.removeprefix(_VALIDATION), monitored[watched] == "max", _WIDE.get(target.holds)
        ),
        decays=learner["training"]["schedule"]["kind"] != "constant",
        is_harder=bool(learner["augmentation"]) or _drops(learner["model"]),
        num_validation=validation,
        has=frozenset(_has(learner)),
    )
    return curves.judge(_read(history), training)


def _chance(examples: str, target: Column, told: Mapping[str, Any]) -> tuple[str, float]:
    """What guessing is, and its loss: what an untrained model should have without a target."""
    if target.holds == columns.NOTHING:
        return told["untrained"]["reason"], told["untrained"]["loss"]
    rows = records.values(examples, "train", (target.name,))
    targets = [records.target(target.holds, row[target.name]) for row in rows]
    guess, chance_loss = CONSTANT[target.holds]
    return guess, chance_loss(targets)


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


def _entropy(labels: Sequence[str]) -> float:
    """Cross-entropy of the labels' shares, in nats."""
    shares = np.array(list(Counter(labels).values())) / len(labels)
    return float(-np.sum(shares * np.log(shares)))


def _tag_entropy(rows: Sequence[Sequence[tuple[int, int, str]]]) -> float:
    """Cross-entropy of the types' shares of the signs that are marked, in nats.

    How much of a text is marked is not in the target, so it is what the marked part alone costs.
    """
    counts: Counter[str] = Counter()
    for row in rows:
        for begin, end, kind in row:
            counts[kind] += end - begin
    shares = np.array([*counts.values(), sum(counts.values())], float)
    shares /= shares.sum() or 1.0
    return float(-np.sum(shares * np.log(np.maximum(shares, 1e-30))))


def _first_entropy(rows: Sequence[Sequence[str]]) -> float:
    """Cross-entropy of the first answers' shares, in nats."""
    return _entropy([row[0] if row else "" for row in rows])


def _sign_entropy(rows: Sequence[str]) -> float:
    """Cross-entropy of the shares of the signs of all texts, in nats: for each sign."""
    return _entropy([sign for row in rows for sign in row])


def _mean_entropy(sets: Sequence[Sequence[str]]) -> float:
    """Cross-entropy of each label's share of the rows, yes or no, mean over labels, in nats."""
    counts = Counter(label for row in sets for label in set(row))
    shares = np.array(list(counts.values())) / len(sets)
    both = np.stack([shares, 1 - shares])
    return float(-np.sum(both * np.log(np.maximum(both, 1e-30)), axis=0).mean())


CONSTANT: Mapping[str, tuple[str, Callable[[Sequence[Any]], float]]] = {
    "answers": ("guessing by how frequent each answer is", _first_entropy),
    "categories": ("guessing by each label's frequency", _mean_entropy),
    "category": ("guessing by class frequencies", _entropy),
    "choice": ("guessing by where the right one stands", _entropy),
    "number": ("always answering the mean", lambda numbers: 1.0),
    "written": ("guessing by how frequent each sign is", _sign_entropy),
    "spans": ("guessing by the types' frequencies", _tag_entropy),
}
"""The best answer that is the same for all rows, and its loss, by what the target holds; numbers
are learned standardised."""
