"""Texts in, vectors out: near where texts belong together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from models.bounds import Positive
from models.tasks.contrasting import halves, keys
from models.tasks.embedding import UnitVector, View
from models.tasks.endpoints import Endpoints, Network
from models.tasks.task import Batch, Column, Facts, Sides

_SIDE = "text"
"""Name of a text in requests."""


@dataclasses.dataclass(frozen=True)
class ContrastiveEmbedding(UnitVector):
    """Learn vectors of texts from pairs that belong together, or from texts alone."""

    kind: Literal["contrastive_embedding"]
    """Kind of task."""
    first: str = "first"
    """Column with a text, UTF-8."""
    second: str | None = "second"
    """Column with the text that belongs to it; those of the other rows of a batch are what it is
    told from. `null`: each text belongs to itself, read with other dropout (SimCSE, Gao et al.
    2021, arXiv:2104.08821, section 3)."""
    temperature: Positive = 0.05
    """What cosines are divided by, above 0: the lower, the more the nearest wrong texts count."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read; nothing but which texts belong together is learned."""
        first = Column(self.first, "text", "input", "first", served_as="first")
        if self.second is None:
            return (first,)
        return first, Column(self.second, "text", "input", "second", served_as="second")

    @property
    def sides(self) -> Sides:
        """Both texts, or the only one twice."""
        return (0,), (0 if self.second is None else 1,)

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Keys of both texts, `(batch, 2, parts)` int32."""
        import tensorflow as tf

        found = [keys.parts(features[name]) for name in sorted(features)]
        return Batch(dict(features), tf.stack([found[0], found[-1]], axis=1))

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """The vector of a text; judged are pairs, or the halves of a text."""
        judged = {column.served_as: column.name for column in self.columns}
        views = _halves if self.second is None else _both
        return self.answering(network, _SIDE, self.first, views, judged)


def _both(raw: Mapping[str, Any]) -> tuple[View, View]:
    return View(raw["first"]), View(raw["second"])


def _halves(raw: Mapping[str, Any]) -> tuple[View, View]:
    first, second = halves.of(raw["first"])
    return View(first), View(second)
