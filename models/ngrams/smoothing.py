"""How counts become probabilities, level by level: `model.smoothing` in the YAML.

Each way gives what a level's n-grams have for probabilities, and what is left for shorter ones
where none was counted; `levels.py` puts them together.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal, NamedTuple, Protocol

import numpy as np
import pydantic
from annotated_types import Gt

_FALLBACK_DISCOUNT = 0.75
"""Where no n-gram occurs once or none twice; Jurafsky and Martin, chapter 3.8."""


class Grams(NamedTuple):
    """The n-grams of one length, in lexicographic order."""

    counts: np.ndarray
    """How often each occurs, `(m,)` int64."""
    kinds: np.ndarray
    """After how many different tokens each does, `(m,)` int64."""
    contexts: np.ndarray
    """Place of all but its last token among those that are one shorter, `(m,)`, ascending."""
    num_contexts: int
    """How many of those there are."""
    is_longest: np.ndarray
    """Whether none that ends with it is longer, `(m,)`: it has as many tokens as are counted, or a
    text begins with it."""


class Shares(NamedTuple):
    """What n-grams of one length tell."""

    own: np.ndarray
    """Probability of each one's last token after the others, `(m,)` float64."""
    rest: np.ndarray
    """What the probability of a token after a shorter context is multiplied by where the n-gram
    was not counted, by context, `(num_contexts,)` float64; 1 where nothing followed."""


class Way(Protocol):
    """A way of smoothing."""

    def shares(self, grams: Grams, shorter: np.ndarray, vocabulary: int) -> Shares:
        """What n-grams tell.

        Args:
            grams: Of one length.
            shorter: Probability of the last token of each after all but the first, `(m,)`.
            vocabulary: Tokens that can follow.
        """


@dataclasses.dataclass(frozen=True)
class MaximumLikelihood:
    """The share of what was counted; what was not is impossible, unless nothing was at all."""

    kind: Literal["maximum_likelihood"] = "maximum_likelihood"
    """Name of this way."""

    def shares(self, grams: Grams, shorter: np.ndarray, vocabulary: int) -> Shares:
        """See `Way`; the limit of adding ever less."""
        return _added(grams, shorter, vocabulary, 0.0)


@dataclasses.dataclass(frozen=True)
class AddK:
    """The same number is added to each count: Lidstone's law; 1 is Laplace's."""

    k: Annotated[float, Gt(0), "To add nothing, use `kind: maximum_likelihood`."] = 1.0
    """What is added to each count, above 0."""
    kind: Literal["add_k"] = "add_k"
    """Name of this way."""

    def shares(self, grams: Grams, shorter: np.ndarray, vocabulary: int) -> Shares:
        """See `Way`."""
        return _added(grams, shorter, vocabulary, self.k)


@dataclasses.dataclass(frozen=True)
class KneserNey:
    """Interpolated Kneser-Ney: counts are discounted for what follows in fewer tokens.

    Kneser and Ney (1995), https://doi.org/10.1109/ICASSP.1995.479394; in the form of Chen and
    Goodman (1999), https://doi.org/10.1006/csla.1999.0128, sections 2.7 and 3, with one discount
    for each length, `n1 / (n1 + 2 n2)` of how many n-grams occur once and twice.
    """

    kind: Literal["kneser_ney"] = "kneser_ney"
    """Name of this way."""

    def shares(self, grams: Grams, shorter: np.ndarray, vocabulary: int) -> Shares:
        """See `Way`."""
        counts = np.where(grams.is_longest, grams.counts, grams.kinds).astype(float)
        once, twice = (int(np.sum(counts == number)) for number in (1, 2))
        discount = once / (once + 2 * twice) if once and twice else _FALLBACK_DISCOUNT
        totals = np.bincount(grams.contexts, counts, grams.num_contexts)
        followers = np.bincount(grams.contexts, counts > 0, grams.num_contexts)
        known = np.maximum(totals, 1.0)
        rest = np.where(totals > 0, discount * followers / known, 1.0)
        own = np.maximum(counts - discount, 0.0) / known[grams.contexts]
        return Shares(own + rest[grams.contexts] * shorter, rest)


Smoothing = Annotated[MaximumLikelihood | AddK | KneserNey, pydantic.Discriminator("kind")]
"""What `model.smoothing` may be."""


def _added(grams: Grams, shorter: np.ndarray, vocabulary: int, k: float) -> Shares:
    """Shares of the longest n-grams; shorter ones tell nothing."""
    counts = np.where(grams.is_longest, grams.counts, 0)
    totals = np.bincount(grams.contexts, counts, grams.num_contexts)
    whole = totals + k * vocabulary
    known = np.where(whole > 0, whole, 1.0)
    rest = np.where(totals > 0, k * vocabulary / known, 1.0)
    own = (counts + k) / known[grams.contexts]
    return Shares(np.where(grams.is_longest, own, shorter), rest)
