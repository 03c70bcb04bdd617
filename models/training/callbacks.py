"""What happens between the steps of a training: progress, failure and checkpoints."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import keras

from models.training.checkpoint import Checkpoints, State

PROGRESS = logging.getLogger("maru.progress")


class Progress(keras.callbacks.Callback):
    """Log how far the training is, to the logger `maru.progress`.

    Each record has an attribute `progress`, a dict: `stage` ("train" after a step, "epoch" after
    an epoch with its validation), `epoch`, `epochs`, `step`, `steps`, `loss` and the metrics.
    Steps are reported at most 10 times a second, epochs always.

    Args:
        epochs: Planned epochs.
        steps: Steps per epoch.
        clock: Seconds, from an arbitrary start.
    """

    def __init__(
        self, epochs: int, steps: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._epochs = epochs
        self._steps = steps
        self._clock = clock
        self._epoch = 0
        self._last = -math.inf

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Report the step, unless another was reported just now."""
        now = self._clock()
        if now - self._last >= 0.1:
            self._last = now
            self._report("train", batch + 1, logs or {})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Report the epoch."""
        self._report("epoch", self._steps, logs or {})

    def _report(self, stage: str, step: int, logs: Mapping[str, Any]) -> None:
        numbers = {name: float(value) for name, value in logs.items()}
        place = {"epoch": self._epoch, "epochs": self._epochs, "step": step, "steps": self._steps}
        PROGRESS.info(
            "epoch %d/%d step %d/%d %s",
            *place.values(),
            " ".join(f"{name} {value:.4f}" for name, value in numbers.items()),
            extra={"progress": {"stage": stage, **place, **numbers}},
        )


class StopOnNaN(keras.callbacks.Callback):
    """Fail as soon as the loss is no number; nothing after that step is worth keeping.

    Args:
        learning_rate: Peak learning rate, named in the error.
    """

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self._learning_rate = learning_rate
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Check the mean loss of the epoch so far."""
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"The training loss became {loss} in epoch {self._epoch + 1}, step {batch + 1}. "
                f"Lower `training.learning_rate` (now {self._learning_rate}), add a warm-up to "
                "`training.schedule`, or set `training.clip_norm`, for example to 1.0."
            )


class SeedEpoch(keras.callbacks.Callback):
    """Make dropout and other noise of an epoch a function of the seed and the epoch alone.

    Keras does not save the state of its random generators with the weights, so a continued
    training would otherwise draw other noise than an uninterrupted one. The noise inside a Hub
    module is not in reach: it begins anew.

    Args:
        seed: Seed of the training.
        steps: Steps per epoch.
    """

    def __init__(self, seed: int, steps: int) -> None:
        super().__init__()
        self._seed = seed
        self._steps = steps

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Set each generator to its own seed, and its counter to where the epoch begins."""
        states = [v for v in self.model.variables if v.name == "seed_generator_state"]
        for index, state in enumerate(states):
            seed = (self._seed * 1_000_003 + index) % 2**31
            state.assign([seed, epoch * self._steps])


class SaveEpoch(keras.callbacks.Callback):
    """Save each epoch, and stop when the validation loss stops falling.

    Args:
        checkpoints: Where epochs are kept.
        is_stopped: Whether a training that stands there is to stop.
    """

    def __init__(self, checkpoints: Checkpoints, is_stopped: Callable[[State], bool]) -> None:
        super().__init__()
        self._checkpoints = checkpoints
        self._is_stopped = is_stopped

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save, then decide whether to go on."""
        if self._is_stopped(self._checkpoints.save(self.model, logs or {})):
            self.model.stop_training = True


class StopEarly(keras.callbacks.Callback):
    """Stop when the validation loss stops falling, as `SaveEpoch` does, without saving anything.

    One instance counts through all phases of a training.

    Args:
        patience: Epochs without a new lowest loss after which training ends, at least 1.
        first: Epoch from which they count, from 0 at the first that this training sees.
    """

    def __init__(self, patience: int, first: int) -> None:
        super().__init__()
        self._patience = patience
        self._first = first
        self._state = State("")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Decide whether to go on."""
        self._state = self._state.after(logs or {})
        if self._state.epochs_without_gain(self._first) >= self._patience:
            self.model.stop_training = True
