"""Texts in, a model out that writes what was taken out of a text: T5's pre-training."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from models import pieces, sentinels
from models.backbone import Backbone, Provided
from models.bounds import Between0And1
from models.tasks import endpoints, expected
from models.tasks.both_ways import metrics
from models.tasks.defaults import OfTexts, check_n_best
from models.tasks.endpoints import EMBED, Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.task import (
    PIECES,
    UNITS,
    Batch,
    Facts,
    Metric,
    Objective,
    Shown,
    Training,
)

JUDGE = "judge"
"""The endpoint that metrics judge."""


@dataclasses.dataclass(frozen=True)
class SpanCorruption(OfTexts):
    """Learn from texts alone to write the spans that were taken out of them."""

    kind: Literal["span_corruption"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8, however long or short: all of it is read, in windows of the
    model's length."""
    corrupted: Between0And1 = 0.15
    """Share of the tokens of a window that are taken out, in (0, 1). Drawn anew each epoch."""
    mean_span: Annotated[float, Ge(1)] = 3.0
    """Tokens of a span in the mean; a sentinel stands in the place of each."""
    longest: Annotated[int, Ge(1)] = 64
    """Pieces that are written at most, sentinels included; `model.target_length` is the most of
    all."""
    beams: Annotated[int, Ge(1), Le(100)] = 1
    """Texts that are written side by side to find the likeliest; 1 takes the likeliest next piece
    always (greedy)."""
    length_penalty: Annotated[float, Ge(0)] = 0.0
    """Power of `(5 + length) / 6` that a text's sum of logarithms is divided by before texts are
    compared; 0 favours short ones. Wu et al. (2016), https://arxiv.org/abs/1609.08144, eq. 14."""
    n_best: Annotated[int, Ge(1), Le(100)] = 1
    """Texts that are answered, the likeliest first; `beams` at most."""

    def __post_init__(self) -> None:
        check_n_best(self.n_best, self.beams)

    @property
    def needs(self) -> Provided:
        """Logits of each next piece, and sentinels among the pieces."""
        return "sentinels"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Share of the tokens of spans that are told rightly, and perplexity."""
        return (metrics.TOKEN_ACCURACY, metrics.PERPLEXITY)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "filled_spans"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of right pieces."""
        return {"val_loss": "min", "val_accuracy": "max"}

    def check(self, facts: Facts) -> None:
        """Refuse more spans than there are sentinels."""
        length = facts.sizes[UNITS]
        _, spans = self._how.counts(length)
        if spans > sentinels.NUMBER:
            raise ValueError(
                f"There are {sentinels.NUMBER} sentinels, one for each span of a window, but a "
                f"window has {spans} spans. Received: model.sequence_length={length}, "
                f"task.corrupted={self.corrupted}, task.mean_span={self.mean_span}. Lower the "
                "first or the second, or raise the third."
            )

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """The text, which may share windows; what is taken out is drawn later."""
        return Batch({pieces.PACKED: features["text"]}, None)

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """The model's own logits: they are of its pieces."""
        return backbone.decoder

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of each piece that is written, sentinels included, and the share told."""
        from models.tasks.corrupting import asking
        from models.tasks.writing import losses

        how, known = self._how, facts.sizes[PIECES]
        return Objective(
            losses.TokenCrossEntropy(),
            [losses.TokenAccuracy()],
            lambda inputs, _, seed: asking.read(inputs, seed, how, known),
        )

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expected.of_written(facts.sizes[PIECES])

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """What fits into spans, vectors of texts, and how well spans are told."""
        import tensorflow as tf

        from models.tasks.corrupting import asking
        from models.tasks.writing import answering

        limit = answering.Limit(0.0, self.longest + 1)
        search = answering.Search(self.beams, self.length_penalty, self.n_best, limit)
        return Endpoints(
            {
                # As a graph: one operation after the other, a search would take many seconds.
                endpoints.DEFAULT: tf.function(
                    lambda raw: answering.texts(network, raw, search), autograph=False
                ),
                EMBED: lambda raw: {"embedding": asking.embedded(raw, network)},
                JUDGE: lambda raw: asking.judged(raw["text"], network, self._how),
            },
            JUDGE,
            asked=_with_span,
        )

    @property
    def _how(self) -> Any:
        from models.tasks.corrupting import spans

        return spans.How(self.corrupted, self.mean_span)


def _with_span(inputs: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Texts with a sentinel in place of the word in their middle."""
    return {name: [_without_word(text) for text in texts] for name, texts in inputs.items()}


def _without_word(text: bytes) -> bytes:
    found = list(re.finditer(rb"\S+", text))
    if not found:
        return text
    word = found[len(found) // 2]
    return text[: word.start()] + sentinels.TEXTS[0].encode() + text[word.end() :]
