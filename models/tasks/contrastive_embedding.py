"""Texts in, vectors out: near where texts belong together."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from models.bounds import Positive
from models.tasks.contrasting import halves, keys
from models.tasks.embedding import UnitVector
from models.tasks.endpoints import Endpoints, Network
from models.tasks.task import Batch, Column, Draw, Facts, Objective, Training

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

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Keys of both texts, `(batch, 2, parts)` int32."""
        import tensorflow as tf

        found = [keys.parts(features[name]) for name in sorted(features)]
        return Batch(dict(features), tf.stack([found[0], found[-1]], axis=1))

    def objective(self, facts: Facts, training: Training) -> Objective:
        """InfoNCE, and the share of partners that are found in their batch."""
        objective = super().objective(facts, training)
        if self.second is not None:
            return objective
        return dataclasses.replace(objective, draw=_twice())

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """The vector of a text; judged are pairs, or the halves of a text."""
        second = self.second
        if second is None:
            return self.answering(
                network,
                _SIDE,
                self.first,
                lambda raw: halves.of(raw["first"]),
                {"first": self.first},
            )
        return self.answering(
            network,
            _SIDE,
            self.first,
            lambda raw: (raw["first"], raw["second"]),
            {"first": self.first, "second": second},
        )


def _twice() -> Draw:
    """Each input as both sides: what differs is the dropout."""
    import tensorflow as tf

    def draw(inputs: dict[str, Any], target: Any, _: Any) -> tuple[dict[str, Any], Any]:
        return {name: tf.stack([one, one], axis=1) for name, one in inputs.items()}, target

    return draw
