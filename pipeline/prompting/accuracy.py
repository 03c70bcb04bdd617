"""How often prompts are answered right, and how far that may be off.

Questions and draws of examples are crossed: each draw's examples are asked with every question. So
both are resampled at once, each with all its answers. Source: Owen (2007), "The pigeonhole
bootstrap", https://arxiv.org/abs/0712.1111, section 3. Of a single draw, and where every answer is
right or none is, which leaves the bootstrap no width, Wilson's interval of the questions is told.
"""

from __future__ import annotations

import numpy as np

from models.tasks import intervals
from models.tasks.intervals import Interval

_SEED = 1337


def interval(right: np.ndarray) -> Interval:
    """95 % interval of the mean if other questions and other examples were drawn.

    Args:
        right: Whether each answer is right, `(draws, questions)`, at least one of each.
    """
    draws, questions = right.shape
    share = float(right.mean())
    if draws == 1 or share in (0.0, 1.0):
        return intervals.of_proportion(round(share * questions), questions)
    rng = np.random.default_rng(_SEED)
    rows, columns = (
        rng.multinomial(count, np.full(count, 1 / count), intervals.RESAMPLES) / count
        for count in (draws, questions)
    )
    return intervals.middle(np.einsum("bd,dq,bq->b", rows, right, columns, optimize=True))
