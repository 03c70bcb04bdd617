"""What a model can be held against before it is trained, by what a task learns."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

_TINY = 1e-30
_CLOSE = 0.1
"""Squared error, of a variance of 1, from which a number is not learned by heart."""
_SUM = 1e-3  # that probabilities may be off 1
_NEVER = -1e8  # Logits below it are of what cannot be chosen.
_NEAR_HALF = 0.25  # that the mean of untrained probabilities of yes or no may be off one half

FAR_OFF = 5.0
"""Nats above the loss of a model that knows nothing, from which a first loss is a fault."""
Problem = tuple[str, str, str]
"""What was seen, what it means, and what to do."""


@dataclasses.dataclass(frozen=True)
class Expected:
    """What the checks of an untrained model ask of its task; arrays are of one sample."""

    loss: float
    """Loss of a model that knows nothing: its outputs are 0."""
    reason: str
    """What gives that loss, in words."""
    excess: tuple[float, float]
    """By how much the first loss is above it where outputs have a variance of 3, which warns, and
    where it is far more, which fails."""
    constant_loss: Callable[[np.ndarray], float]
    """Targets to the least loss of one answer to all of them."""
    constant: str
    """What that answer is, in words."""
    right: str
    """What it is to be right about an example, in words."""
    is_right: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """Targets and outputs to 1 where an example is learned by heart, 0 where it is not, and NaN
    where its target is unknown, `(n,)` float."""
    errors: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """Targets and outputs to the loss of each example, `(n,)` float."""
    read: Callable[[np.ndarray, np.ndarray], tuple[list[Any], list[Any]]]
    """Targets and outputs to what is true and what is answered, `n` JSON-able values each."""
    check_targets: Callable[[np.ndarray, int], Problem | None] = lambda targets, width: None
    """Targets and the width of the output to what is wrong with them."""
    check_outputs: Callable[[np.ndarray], tuple[str, str] | None] = lambda outputs: None
    """Untrained outputs to what is wrong with them, and what to do."""


def of_classes(number: int) -> Expected:
    """Of one label an example.

    A model with a fresh head should give about the same logit to each class, so that the
    cross-entropy is log C (Karpathy, "A Recipe for Training Neural Networks", 2019, and CS231n,
    "Neural networks part 3": sanity checks). Logits of variance v add about v / 2.

    Args:
        number: Of classes, C. Targets are ids `(n,)`, -1 for unknown labels, or shares `(n, C)`.
    """
    loss = math.log(number)
    return Expected(
        loss=loss,
        reason=f"equal logits would give log {number}",
        excess=(1.5, FAR_OFF + loss),
        constant_loss=_entropy,
        constant="knowing the labels' shares alone",
        right="right",
        is_right=_is_best,
        errors=_cross_entropies,
        read=lambda targets, logits: (_ids(targets).tolist(), logits.argmax(-1).tolist()),
        check_targets=_check_ids,
        check_outputs=_check_softmax,
    )


def of_tags(number: int) -> Expected:
    """Of one tag for each unit of a text, `(n, units)`, -1 where nothing is learned.

    Equal logits give a cross-entropy of log T; a conditional random field whose scores are 0 gives
    the same for each unit of a sequence.

    Args:
        number: Of tags, T. What outputs have below those of the units does not count.
    """
    loss = math.log(number)
    return Expected(
        loss=loss,
        reason=f"equal logits would give log {number}",
        excess=(1.5, FAR_OFF + loss),
        constant_loss=entropy_of_units,
        constant="knowing the tags' shares alone",
        right="right in every tag",
        is_right=_are_best,
        errors=_tag_cross_entropies,
        read=lambda targets, logits: (
            [row[row >= 0].tolist() for row in targets],
            [
                found[row >= 0].tolist()
                for row, found in zip(targets, _of_units(targets, logits).argmax(-1), strict=True)
            ],
        ),
    )


def of_written(pieces: int) -> Expected:
    """Of each next token of a text that is written, `(n, length)`, 0 where nothing is.

    Equal logits give a cross-entropy of log V.

    Args:
        pieces: That can be written, V; known of a built model only, whose outputs have as many.
    """
    loss = math.log(pieces)
    return Expected(
        loss=loss,
        reason=f"equal logits would give log {pieces}",
        excess=(1.5, FAR_OFF + loss),
        constant_loss=lambda targets: entropy_of_units(_known(targets)),
        constant="knowing how frequent each piece is",
        right="right in every piece",
        is_right=lambda targets, logits: _are_best(*_both(targets, logits)),
        errors=lambda targets, logits: _tag_cross_entropies(*_both(targets, logits)),
        read=lambda targets, logits: (
            [row[row > 0].tolist() for row in targets],
            [
                found[row >= 0].tolist()
                for row, found in zip(_both(targets, logits)[0], logits.argmax(-1), strict=True)
            ],
        ),
    )


def of_answers(units: int, *, has_none: bool) -> Expected:
    """Of the first and the last unit of an answer, `(n, 2)`, -1 for none.

    Equal logits give a cross-entropy of log U, where U is what can be chosen: the units of a text,
    and "no answer", if there may be none; shorter texts have less.

    Args:
        units: Of a text, at most.
        has_none: Whether the last of the outputs is "no answer".
    """
    choices = units + has_none
    loss = math.log(choices)
    return Expected(
        loss=loss,
        reason=f"equal logits would give log {choices}, and less for texts of fewer units",
        excess=(1.5, FAR_OFF + loss),
        constant_loss=lambda targets: loss,
        constant="knowing how long texts are",
        right="right in its first and last unit",
        is_right=lambda targets, outputs: _are_answers(_given(targets, outputs, has_none), outputs),
        errors=lambda targets, outputs: _answer_cross_entropies(
            _given(targets, outputs, has_none), outputs
        ),
        read=lambda targets, outputs: (targets.tolist(), outputs.argmax(1).tolist()),
    )


def of_pieces(number: int, *, next_sentence: bool) -> Expected:
    """Of the pieces in the gaps of a text, `(n, gaps)`, -1 where nothing is asked.

    Equal logits give a cross-entropy of log V, and log 2 more if it is also told what follows, as
    the last of the targets.

    Args:
        number: Of pieces, V.
        next_sentence: Whether it is told what follows.
    """
    loss = math.log(number) + next_sentence * math.log(2)
    more = ", and log 2 for what follows" if next_sentence else ""
    end = -1 if next_sentence else None
    return Expected(
        loss=loss,
        reason=f"equal logits would give log {number}{more}",
        excess=(1.5, FAR_OFF + loss),
        constant_loss=lambda targets: entropy_of_units(targets[:, :end]),
        constant="knowing how frequent pieces are",
        right="right in every gap",
        is_right=lambda targets, logits: _are_best(targets[:, :end], logits[:, :end]),
        errors=lambda targets, logits: _piece_cross_entropies(targets, logits, next_sentence),
        read=lambda targets, logits: (
            [row[row >= 0].tolist() for row in targets[:, :end]],
            [
                found[row >= 0].tolist()
                for row, found in zip(targets[:, :end], logits[:, :end].argmax(-1), strict=True)
            ],
        ),
    )


def of_label_sets() -> Expected:
    """Of any number of labels an example: for each one yes or no, `(n, labels)`.

    Logits of 0 give each answer one half, so that the cross-entropy is log 2; those of a variance
    of 3 add 0.3, of 25 about 1.5.
    """
    return Expected(
        loss=math.log(2),
        reason="logits of 0 would give log 2",
        excess=(0.3, 1.5),
        constant_loss=_binary_entropy,
        constant="knowing how frequent each label is",
        right="right in every label",
        is_right=lambda targets, logits: np.all((logits > 0) == (targets > 0.5), -1).astype(float),
        errors=_binary_cross_entropies,
        read=lambda targets, logits: (_places(targets > 0.5), _places(logits > 0)),
        check_outputs=_check_sigmoid,
    )


def of_number() -> Expected:
    """Of one standardised number an example, `(n, 1)`.

    Outputs of 0 have the mean squared error of its variance, 1; outputs of variance v add v.
    """
    return Expected(
        loss=1.0,
        reason="outputs of 0 would give the numbers' variance",
        excess=(3.0, 25.0),
        constant_loss=lambda targets: float(np.var(targets)),
        constant="knowing the sample's mean alone",
        right=f"within {_CLOSE**0.5:.1g} standard deviations",
        is_right=lambda targets, values: (_squares(targets, values) <= _CLOSE).astype(float),
        errors=_squares,
        read=lambda targets, values: (targets[:, 0].tolist(), values[:, 0].tolist()),
    )


def _ids(targets: np.ndarray) -> np.ndarray:
    """Label ids `(n,)`: of the greatest share where targets are shares."""
    from models.tasks import losses

    return targets.argmax(-1) if losses.is_soft(targets) else targets.reshape(-1)


def _is_best(targets: np.ndarray, logits: np.ndarray) -> np.ndarray:
    ids = _ids(targets)
    return np.where(ids >= 0, logits.argmax(-1) == ids, np.nan)


def _cross_entropies(targets: np.ndarray, logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(-1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return -logarithms[np.arange(len(logits)), _ids(targets)]


def _entropy(targets: np.ndarray) -> float:
    """Entropy of the known labels' shares in nats."""
    ids = _ids(targets)
    ids = ids[ids >= 0]
    shares = np.unique(ids, return_counts=True)[1] / max(len(ids), 1)
    return float(-(shares * np.log(shares)).sum())


def _of_units(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return outputs[:, : targets.shape[1]]


def entropy_of_units(targets: np.ndarray) -> float:
    """Entropy of the shares of ids that are at least 0, of any shape, in nats."""
    return _entropy(targets.reshape(-1, 1)[targets.reshape(-1) >= 0])


def _are_best(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    is_known = targets >= 0
    is_best = _of_units(targets, outputs).argmax(-1) == targets
    return np.where(is_known.any(1), np.all(is_best | ~is_known, 1), np.nan)


def _tag_cross_entropies(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Mean over the units of each text; 0 without any."""
    logits, is_known = _of_units(targets, outputs), targets >= 0
    width = logits.shape[-1]
    each = _cross_entropies(np.maximum(targets, 0).reshape(-1), logits.reshape(-1, width))
    losses = each.reshape(targets.shape) * is_known
    return losses.sum(1) / np.maximum(is_known.sum(1), 1)


def _piece_cross_entropies(
    targets: np.ndarray, logits: np.ndarray, next_sentence: bool
) -> np.ndarray:
    """Mean over the gaps of each text, 0 without any, and the loss of what follows."""
    if not next_sentence:
        return _tag_cross_entropies(targets, logits)
    gaps = _tag_cross_entropies(targets[:, :-1], logits[:, :-1])
    follows = _cross_entropies(np.maximum(targets[:, -1], 0), logits[:, -1, :2].astype(float))
    return gaps + follows * (targets[:, -1] >= 0)


def _known(targets: np.ndarray) -> np.ndarray:
    """Ids with -1 where there is padding."""
    return np.where(targets == 0, -1, targets)


def _both(targets: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Known targets and logits of as many tokens; logits may lack what is padding."""
    length = min(targets.shape[1], logits.shape[1])
    return _known(targets)[:, :length], logits[:, :length]


def _given(targets: np.ndarray, outputs: np.ndarray, has_none: bool) -> np.ndarray:
    """Places of the targets among the outputs, -1 for none of them."""
    return np.where(targets < 0, outputs.shape[1] - 1, targets) if has_none else targets


def _are_answers(places: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    is_right = np.all(outputs.argmax(1) == places, -1).astype(float)
    return np.where((places < 0).any(-1), np.nan, is_right)


def _answer_cross_entropies(places: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Of each text; 0 where the answer is not among what is read."""
    read = np.clip(places, 0, outputs.shape[1] - 1)
    chosen = np.take_along_axis(outputs, read[:, None], axis=1)[:, 0]
    each = [_cross_entropies(read[:, end], outputs[:, :, end].astype(float)) for end in range(2)]
    is_read = ((read == places) & (chosen > _NEVER)).all(-1)
    return np.where(is_read, np.mean(each, axis=0), 0.0)


def _check_ids(targets: np.ndarray, classes: int) -> Problem | None:
    ids = _ids(targets)
    low, high = int(ids.min()), int(ids.max())
    if low >= -1 and high < classes:
        return None
    return (
        f"Labels run from {low} to {high}, but the model has logits for 0 to {classes - 1}.",
        "Labels and classes do not match, for example because labels are counted from 1.",
        "Count labels from 0; `task.label` must name the column that the labels were learned from.",
    )


def _check_softmax(outputs: np.ndarray) -> tuple[str, str] | None:
    if outputs.min() < 0 or not np.allclose(outputs.sum(-1), 1, atol=_SUM):
        return None
    return (
        "The outputs are probabilities already (they sum to 1), and the loss applies softmax "
        "again: it can hardly fall, and gradients are small.",
        "Leave the activation of the layer `logits` linear.",
    )


def _binary_entropy(targets: np.ndarray) -> float:
    shares = (targets > 0.5).mean(0)
    both = np.stack([shares, 1 - shares])
    return float(-(both * np.log(np.maximum(both, _TINY))).sum(0).mean())


def _binary_cross_entropies(targets: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return (np.logaddexp(0, logits) - targets * logits).mean(-1)


def _places(has: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in has]


def _check_sigmoid(outputs: np.ndarray) -> tuple[str, str] | None:
    # Logits of few labels may all be small and above 0, too; sigmoids of such lie around one half.
    is_off = abs(float(outputs.mean()) - 0.5) > _NEAR_HALF
    if is_off or outputs.min() <= 0 or outputs.max() >= 1:
        return None
    return (
        "The outputs are probabilities already (all lie between 0 and 1), and the loss applies a "
        "sigmoid again: it can hardly fall, and gradients are small.",
        "Leave the activation of the layer `logits` linear.",
    )


def _squares(targets: np.ndarray, values: np.ndarray) -> np.ndarray:
    return (targets[:, 0] - values[:, 0]) ** 2
