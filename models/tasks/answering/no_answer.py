"""When a text is said to hold no answer.

Source: Devlin et al. (2018), "BERT", https://arxiv.org/abs/1810.04805, section 4.3: if the score of
"no answer" exceeds that of the best answer by more than a threshold, chosen on the eval split.
"""

from __future__ import annotations

import numpy as np


def threshold(outputs: np.ndarray, targets: np.ndarray, longest: int) -> float:
    """The threshold with the most right answers.

    Args:
        outputs: Logits of first and last unit, and of no answer last, `(n, units + 1, 2)`.
        targets: First and last unit, -1 both for no answer, `(n, 2)`.
        longest: Most units of an answer.
    """
    first, last, score = _best(outputs[:, :-1].astype(float), longest)
    excess = outputs[:, -1].astype(float).sum(-1) - score
    is_missing = targets[:, 0] < 0
    is_right = ~is_missing & (first == targets[:, 0]) & (last == targets[:, 1])
    order = np.argsort(excess)
    # Right ones if the first k by excess are answered: those of them, and missing ones after them.
    answered = np.concatenate([[0], np.cumsum(is_right[order])])
    silent = np.concatenate([np.cumsum(is_missing[order][::-1])[::-1], [0]])
    count = int(np.argmax(answered + silent))
    sorted_excess = excess[order]
    if not len(order):
        return 0.0
    if count == 0:
        return float(sorted_excess[0] - 1)
    if count == len(order):
        return float(sorted_excess[-1] + 1)
    return float(sorted_excess[count - 1 : count + 1].mean())


def _best(logits: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First and last unit of the best answers and their scores, `(n,)` each."""
    rows = np.arange(len(logits))
    best = np.full(len(logits), -np.inf)
    first = last = np.zeros(len(logits), int)
    for more in range(min(longest, logits.shape[1])):
        found = logits[:, : logits.shape[1] - more, 0] + logits[:, more:, 1]
        place = found.argmax(1)
        is_better = found[rows, place] > best
        best = np.where(is_better, found[rows, place], best)
        first, last = np.where(is_better, place, first), np.where(is_better, place + more, last)
    return first, last, best
