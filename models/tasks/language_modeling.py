"""Texts in, a model out that tells what follows: how probable a text is, and how it goes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from models import pieces
from models.backbone import Backbone, Provided
from models.tasks import endpoints
from models.tasks.both_ways import expectation
from models.tasks.defaults import OfTexts, check_n_best
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.one_way import metrics
from models.tasks.task import (
    PIECES,
    Batch,
    Facts,
    Metric,
    Objective,
    Shown,
    Training,
)

SAMPLE, SCORE = "sample", "score"
"""Endpoints beside the default one: a continuation that is drawn, and how probable a text is."""
_SETTINGS: Mapping[str, Mapping[str, float | int]] = {
    SAMPLE: {"temperature": 0.8, "top_k": 0, "top_p": 0.9, "seed": 0, "longest": 16}
}
"""What these are tried with."""


@dataclasses.dataclass(frozen=True)
class LanguageModeling(OfTexts):
    """Learn from texts alone what follows what: a language model."""

    kind: Literal["language_modeling"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8, however long: all of it is read, in windows of the model's
    length."""
    longest: Annotated[int, Ge(1)] = 64
    """Pieces that a continuation has at most; half of `model.sequence_length` at most."""
    beams: Annotated[int, Ge(1), Le(100)] = 1
    """Continuations that are written side by side to find the likeliest; 1 takes the likeliest next
    piece always (greedy)."""
    length_penalty: Annotated[float, Ge(0)] = 0.0
    """Power of `(5 + length) / 6` that a continuation's sum of logarithms is divided by before they
    are compared; 0 favours short ones. Wu et al. (2016), https://arxiv.org/abs/1609.08144, eq.
    14."""
    n_best: Annotated[int, Ge(1), Le(100)] = 1
    """Continuations that are answered, the likeliest first; `beams` at most."""

    def __post_init__(self) -> None:
        check_n_best(self.n_best, self.beams)

    @property
    def needs(self) -> Provided:
        """States that saw what came before alone."""
        return "continuation"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Bits per byte, perplexity, and the share of tokens that are told rightly."""
        return (metrics.BITS_PER_BYTE, metrics.PERPLEXITY, metrics.TOKEN_ACCURACY)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "texts"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of tokens that are told rightly."""
        return {"val_loss": "min", "val_token_accuracy": "max"}

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """The text, which may share windows; tokens are their own targets."""
        return Batch({pieces.PACKED: features["text"]}, None)

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """How well each token is told `(batch, length, 1, 4)`."""
        from models.tasks.one_way import head

        return head.told(backbone)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of tokens, and the share told rightly."""
        from models.tasks.both_ways import losses
        from models.tasks.one_way import reading

        return Objective(
            losses.NeighbourCrossEntropy(),
            [losses.NeighbourAccuracy()],
            lambda inputs, _, seed: reading.read(inputs),
        )

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expectation.of_neighbours(facts.sizes[PIECES], "from those before it")

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Likeliest continuations, drawn ones, how probable texts are, and vectors, if any."""
        import tensorflow as tf

        from models.tasks.one_way import reading
        from models.tasks.writing import answering

        limit = answering.Limit(0.0, self.longest + 1)
        search = answering.Search(self.beams, self.length_penalty, self.n_best, limit)
        writing = reading.prompted(network)

        def embed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return {"embedding": reading.embedded(raw["text"], network)}

        vectors = {endpoints.EMBED: embed} if network.has_vectors else {}
        return Endpoints(
            {
                # As graphs: one operation after the other, a search would take many seconds.
                endpoints.DEFAULT: tf.function(
                    lambda raw: answering.texts(writing, raw, search), autograph=False
                ),
                SAMPLE: tf.function(
                    lambda raw: answering.drawn(writing, raw, limit), autograph=False
                ),
                SCORE: lambda raw: reading.scored(raw["text"], network),
                **vectors,
            },
            SCORE,
            settings=_SETTINGS,
        )
