"""Epochs on disk, so that a killed training continues where it was.

`state.json` names the files that count; it is replaced in one step after the
weights it names are complete. Everything else in the folder may be deleted.
"""

import dataclasses
import json
import logging
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from models import json_files

_LOGGER = logging.getLogger(__name__)
STATE = "state.json"
"""File of a training that has finished an epoch; the next try continues it."""


@dataclasses.dataclass(frozen=True)
class State:
    """Where a training stands after an epoch."""

    fingerprint: str
    """Identifies the training; a folder with another one is not continued."""
    epochs_done: int = 0
    """Number of finished epochs."""
    best_epoch: int = -1
    """Epoch with the lowest validation loss (training loss without validation), from 0."""
    history: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    """Metric name to one value per finished epoch."""

    def epochs_without_gain(self, first: int) -> int:
        """Number of epochs after the best one, of those from epoch `first` on; not below 0."""
        return max(0, min(self.epochs_done - 1 - self.best_epoch, self.epochs_done - first))

    def after(self, logs: Mapping[str, float]) -> "State":
        """Return the state after one more epoch with these metrics."""
        history = {
            name: [*self.history.get(name, []), float(value)] for name, value in logs.items()
        }
        losses = [_or_worst(loss) for loss in history.get("val_loss", history["loss"])]
        is_best = self.best_epoch < 0 or losses[-1] < losses[self.best_epoch]
        best_epoch = self.epochs_done if is_best else self.best_epoch
        return State(self.fingerprint, self.epochs_done + 1, best_epoch, history)


def _or_worst(loss: float) -> float:
    """Infinity for a loss that is no number, with which nothing compares."""
    return math.inf if math.isnan(loss) else loss


class Checkpoints:
    """The folder of one training.

    Weights are kept by position, not by Keras's `save_weights`, which would pass over an
    optimizer of another size with a warning.

    Args:
        folder: Created if missing. Left-overs of a training with another fingerprint are removed.
        fingerprint: See `State`.
    """

    def __init__(self, folder: pathlib.Path, fingerprint: str) -> None:
        self._folder = folder
        self.state = self._read(fingerprint)

    def save(self, model: keras.Model, logs: Mapping[str, float]) -> State:
        """Save weights and optimizer after an epoch."""
        state = self.state.after(logs)
        self._folder.mkdir(parents=True, exist_ok=True)
        arrays = {
            **_arrays("weight", model.weights),
            **_arrays("optimizer", model.optimizer.variables),
        }
        write: Callable[..., None] = np.savez  # Its own options are no names of ours.
        write(self._file(state.epochs_done - 1), **arrays)
        json_files.write_json(self._folder / STATE, dataclasses.asdict(state))
        self.state = state
        self._remove_others()
        return state

    def restore_weights(self, model: keras.Model, epoch: int) -> None:
        """Give the model the weights it had after an epoch: the last or the best one."""
        with np.load(self._file(epoch)) as arrays:
            _assign("weight", model.weights, arrays)

    def restore_optimizer(self, model: keras.Model, epoch: int) -> None:
        """Give the built optimizer of a compiled model the state it had after an epoch."""
        with np.load(self._file(epoch)) as arrays:
            _assign("optimizer", model.optimizer.variables, arrays)

    def _read(self, fingerprint: str) -> State:
        path = self._folder / STATE
        if not path.is_file():
            return State(fingerprint)
        state = State(**json.loads(path.read_text(encoding="utf-8")))
        if state.fingerprint == fingerprint:
            return state
        _LOGGER.info("%s is of another training; starting afresh", self._folder)
        path.unlink()
        return State(fingerprint)

    def _file(self, epoch: int) -> pathlib.Path:
        return self._folder / f"epoch_{epoch + 1:04d}.npz"

    def _remove_others(self) -> None:
        kept = {self._file(self.state.epochs_done - 1), self._file(self.state.best_epoch)}
        for path in self._folder.glob("epoch_*.npz"):
            if path not in kept:
                path.unlink()


def _arrays(kind: str, variables: Sequence[keras.Variable]) -> dict[str, np.ndarray]:
    return {
        f"{kind}_{index}": keras.ops.convert_to_numpy(variable)
        for index, variable in enumerate(variables)
    }


def _assign(kind: str, variables: Sequence[keras.Variable], arrays: dict[str, np.ndarray]) -> None:
    for index, variable in enumerate(variables):
        variable.assign(arrays[f"{kind}_{index}"])
