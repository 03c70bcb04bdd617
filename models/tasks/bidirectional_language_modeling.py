"""Texts in, a model out that tells each token from those before it, and from those after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from models import pieces
from models.backbone import Backbone, Provided
from models.tasks import endpoints
from models.tasks.both_ways import expectation, metrics
from models.tasks.defaults import OfTexts
from models.tasks.endpoints import EMBED, Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.task import (
    PIECES,
    Batch,
    Facts,
    Metric,
    Objective,
    Shown,
    Training,
)


@dataclasses.dataclass(frozen=True)
class BidirectionalLanguageModeling(OfTexts):
    """Learn from texts alone what follows and what came before: ELMo's pre-training."""

    kind: Literal["bidirectional_language_modeling"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8, however long: all of it is read, in windows of the model's
    length."""

    @property
    def needs(self) -> Provided:
        """States that saw what came before, and states that saw what follows."""
        return "directions"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Share of tokens that are told rightly, and perplexity."""
        return (metrics.TOKEN_ACCURACY, metrics.PERPLEXITY)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "scored_pieces"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of tokens that are told rightly."""
        return {"val_loss": "min", "val_token_accuracy": "max"}

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """The text, which may share windows; tokens are their own targets."""
        return Batch({pieces.PACKED: features["text"]}, None)

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """How well the neighbours of each token are told `(batch, length, 2, 2)`."""
        from models.tasks.both_ways import head

        return head.told(backbone)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of tokens in both directions, and the share told rightly."""
        from models.tasks.both_ways import losses, reading

        return Objective(
            losses.NeighbourCrossEntropy(),
            [losses.NeighbourAccuracy()],
            lambda inputs, _, seed: reading.with_ends(inputs),
        )

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expectation.of_neighbours(facts.sizes[PIECES])

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """How probable texts are, piece by piece, and their vectors."""
        from models.tasks.both_ways import reading

        def score(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return reading.scored(raw["text"], network)

        def embed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return {"embedding": reading.embedded(raw["text"], network)}

        return Endpoints({endpoints.DEFAULT: score, EMBED: embed}, endpoints.DEFAULT)
