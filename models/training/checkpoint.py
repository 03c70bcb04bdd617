"""Epochs on disk, so that a killed training continues where it was.

`state.json` names the files that count; it is replaced in one step after the
weights it names are complete. Everything else in the folder may be deleted.
"""

import dataclasses
import json
import logging
import pathlib

import keras

from models.training import files

_LOGGER = logging.getLogger(__name__)


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

    @property
    def epochs_since_best(self) -> int:
        """Number of epochs after the best one."""
        return self.epochs_done - 1 - self.best_epoch

    def after(self, logs: dict[str, float]) -> "State":
        """Return the state after one more epoch with these metrics."""
        history = {
            name: [*self.history.get(name, []), float(value)] for name, value in logs.items()
        }
        losses = history.get("val_loss", history["loss"])
        is_best = self.best_epoch < 0 or losses[-1] < losses[self.best_epoch]
        best_epoch = self.epochs_done if is_best else self.best_epoch
        return State(self.fingerprint, self.epochs_done + 1, best_epoch, history)


class Checkpoints:
    """The folder of one training.

    Args:
        folder: Created if missing. Left-overs of a training with another fingerprint are removed.
        fingerprint: See `State`.
    """

    def __init__(self, folder: pathlib.Path, fingerprint: str) -> None:
        self._folder = folder
        self.state = self._read(fingerprint)

    def save(self, model: keras.Model, logs: dict[str, float]) -> State:
        """Save weights, optimizer and random state after an epoch."""
        state = self.state.after(logs)
        self._folder.mkdir(parents=True, exist_ok=True)
        model.save_weights(self._weights(state.epochs_done - 1))
        files.write_json(self._folder / "state.json", dataclasses.asdict(state))
        self.state = state
        self._remove_others()
        return state

    def restore_last(self, model: keras.Model) -> None:
        """Give the compiled model the weights and optimizer of the last finished epoch."""
        self._load(model, self.state.epochs_done - 1)

    def restore_best(self, model: keras.Model) -> None:
        """Give the compiled model the weights of the epoch with the lowest loss."""
        self._load(model, self.state.best_epoch)

    def _read(self, fingerprint: str) -> State:
        path = self._folder / "state.json"
        if not path.is_file():
            return State(fingerprint)
        state = State(**json.loads(path.read_text(encoding="utf-8")))
        if state.fingerprint == fingerprint:
            return state
        _LOGGER.info("%s is of another training; starting afresh", self._folder)
        path.unlink()
        return State(fingerprint)

    def _load(self, model: keras.Model, epoch: int) -> None:
        # Without its variables the optimizer would silently be left as it is.
        model.optimizer.build(model.trainable_variables)
        model.load_weights(self._weights(epoch))

    def _weights(self, epoch: int) -> pathlib.Path:
        return self._folder / f"epoch_{epoch + 1:04d}.weights.h5"

    def _remove_others(self) -> None:
        kept = {self._weights(self.state.epochs_done - 1), self._weights(self.state.best_epoch)}
        for path in self._folder.glob("epoch_*.weights.h5"):
            if path not in kept:
                path.unlink()
