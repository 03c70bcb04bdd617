"""Which learning rate learns most of fresh batches: a range test, then short trainings around it.

The range test is Smith's (2015), https://arxiv.org/abs/1506.01186, section 3.3. A tenth of the rate
with the lowest loss is where to look; short trainings at rates around it decide, as in the first
rung of successive halving (Jamieson and Talwalkar 2016, https://arxiv.org/abs/1502.07943).
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

from models.doctor.examined import Sample
from models.doctor.short_training import Trial
from models.training.callbacks import PROGRESS
from models.training.inputs import Batches

_LOWEST, _HIGHEST = 1e-6, 3.0
_STEPS = (24, 40)  # of the range test, at least and, where time is limited, at most
_SHORT = (8, 20)  # of a short training, the same
_FACTORS = (0.3, 1.0, 3.0)  # of the rate that short trainings are around
_WINDOW = 8  # the moving average of losses is over one in so many of the steps,
_KEPT = 0.8  # or, of few steps, decays by this
_BELOW = 10.0  # a good rate lies so far below the one with the lowest loss
_FALLS = 0.02  # share of the first loss that it must fall by
_HOPELESS = 4.0
_LAST = 5  # steps whose mean loss is compared, at least, and
_LAST_PART = 4  # one in so many of a short training
_REPORTS = 20  # of progress in each training, at most


@dataclasses.dataclass(frozen=True)
class FreshRates:
    """What fresh batches say."""

    rates: np.ndarray
    """Rate of each step of the range test, `(steps,)`."""
    losses: np.ndarray
    """Moving average of the loss before each step, `(steps,)`."""
    suggested: float | None
    """The rate that learns most; None if no rate makes the loss fall."""
    said: str
    """What was trained on, in words."""


def measure(
    trial: Trial,
    batches: Batches,
    seconds: float | None,
    near: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> FreshRates:
    """Train with a growing rate; then, if there is time, a little at each of some rates.

    Args:
        trial: Is put back to its start afterwards.
        batches: The training split, in the order of its first epochs.
        seconds: Rough length, of which the range test may take half; None: the range test takes
            each full batch once, and each of three short trainings a third of them.
        near: Rate that short trainings are around where the range test ends before the loss has
            fallen, as of a recurrent network that learns nothing at first; None: none are tried.
        clock: Seconds, from an arbitrary start.
    """
    first = next(_samples(batches))
    trial.step(first, 0.0)  # Is traced for this size of batch.
    begun = clock()
    trial.step(first, 0.0)
    per_step = max(clock() - begun, 1e-6)
    trial.restart()
    full = max(batches.num_examples // batches.batch_size, 1)
    if seconds is None:
        steps = max(full, _STEPS[1])
        short = max(steps // len(_FACTORS), _SHORT[1])
    else:
        steps = int(np.clip(seconds / 2 / per_step, *_STEPS))
        short = min(int(seconds / 2 / per_step / len(_FACTORS)), _SHORT[1])
    rates, losses = _range(trial, batches, steps)
    lowest = int(losses.argmin())
    has_fallen = losses[0] - losses[lowest] >= _FALLS * losses[0]
    middle = float(rates[lowest]) / _BELOW if has_fallen else near
    said = (
        f"{len(rates)} batches of {first.size} examples (the training split has {full}) at rates "
        f"growing to {rates[-1]:.1g}"
    )
    if middle is None or short < _SHORT[0]:
        return FreshRates(rates, losses, middle if has_fallen else None, said)
    around = [middle * factor for factor in _FACTORS]
    ends = [_short(trial, batches, rate, short) for rate in around]
    has_fallen = has_fallen or losses[0] - min(ends) >= _FALLS * losses[0]
    best = around[int(np.argmin(ends))]
    said += f" and {short} batches at each of {len(around)} rates"
    return FreshRates(rates, losses, best if has_fallen else None, said)


def _samples(batches: Batches) -> Iterator[Sample]:
    """Batches of full size, epoch after epoch; of any size if there are no others."""
    size = min(batches.batch_size, batches.num_examples)
    for number in itertools.count():
        for inputs, targets in batches.epoch(number):
            if int(targets.shape[0]) == size:
                yield Sample(inputs, targets)


def _range(trial: Trial, batches: Batches, steps: int) -> tuple[np.ndarray, np.ndarray]:
    rates = np.geomspace(_LOWEST, _HIGHEST, steps)
    kept = max(_KEPT, 1 - _WINDOW / steps)
    smoothed: list[float] = []
    mean = 0.0
    for number, (sample, rate) in enumerate(zip(_samples(batches), rates, strict=False), start=1):
        _report(number, steps)
        loss = trial.step(sample, rate).loss
        if not np.isfinite(loss):
            break
        mean = kept * mean + (1 - kept) * loss
        smoothed.append(mean / (1 - kept**number))
        if smoothed[-1] > _HOPELESS * max(smoothed[0], 1.0):
            break
    trial.restart()
    return rates[: len(smoothed)], np.array(smoothed)


def _short(trial: Trial, batches: Batches, rate: float, steps: int) -> float:
    """Mean loss of the last steps of a training at one rate; infinite if it is no number."""
    losses = []
    for number, sample in enumerate(itertools.islice(_samples(batches), steps), start=1):
        _report(number, steps)
        losses.append(trial.step(sample, rate).loss)
    trial.restart()
    end = float(np.mean(losses[-max(_LAST, steps // _LAST_PART) :]))
    return end if np.isfinite(end) else float("inf")


def _report(number: int, steps: int) -> None:
    """To whoever watches: with all batches of a large split this can take as long as an epoch."""
    if number % -(-steps // _REPORTS):
        return
    place = {"epoch": number, "epochs": steps, "step": 1, "steps": 1, "counted": "batch"}
    PROGRESS.info("range test, batch %d/%d", number, steps, extra={"progress": place})
