"""Texts in, a model out that tells what stands in a gap: BERT's pre-training."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from models import pieces
from models.backbone import Backbone, Provided
from models.bounds import Between0And1
from models.tasks import endpoints, expected
from models.tasks.defaults import OfTexts
from models.tasks.endpoints import EMBED, Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.masking import metrics
from models.tasks.task import (
    PIECES,
    Batch,
    Draw,
    Facts,
    Metric,
    Objective,
    Shown,
    Training,
)

JUDGE = "judge"
"""The endpoint that metrics judge."""


@dataclasses.dataclass(frozen=True)
class MaskedLanguageModeling(OfTexts):
    """Learn from texts alone to tell what stands in their gaps: masked language modeling."""

    kind: Literal["masked_language_modeling"]
    """Kind of task."""
    text: str = "text"
    """Column with the text, UTF-8, however long or short: all of it is read, in windows of the
    model's length."""
    mask: Between0And1 = 0.15
    """Share of the pieces that are to be told, in (0, 1); of these 80 % are masked, 10 % replaced
    by any other piece, 10 % stay. Drawn anew each epoch."""
    whole_word: bool = False
    """Whether all pieces of a word are to be told, or none."""
    next_sentence: bool = False
    """Whether it is also learned from `[CLS]` if the second part of a window follows the first; it
    does in half of them. Parts end where sentences do, and are drawn anew each epoch."""
    top_k: Annotated[int, Ge(1), Le(100)] = 5
    """Pieces that are answered for each gap, the likeliest first."""

    @property
    def needs(self) -> Provided:
        """Vectors of tokens, and a way back to pieces."""
        return "pieces"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Share of gaps that are told rightly, and perplexity."""
        return (metrics.MASKED_ACCURACY, metrics.PERPLEXITY)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "filled_masks"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of gaps that are told rightly."""
        return {"val_loss": "min", "val_masked_accuracy": "max"}

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """The text, which may share windows unless parts of it are to follow one another.

        What is to be told is drawn later.
        """
        name = "text" if self.next_sentence else pieces.PACKED
        return Batch({name: features["text"]}, None)

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Logits of the pieces at the gaps `(batch, gaps, pieces)`, and of what follows below."""
        from models.tasks.masking import head

        return head.logits(backbone, next_sentence=self.next_sentence)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of the gaps and of what follows, and the shares told rightly."""
        from models.tasks.masking import losses

        watched: list[Any] = [losses.MaskedAccuracy(self.next_sentence)]
        if self.next_sentence:
            watched.append(losses.NextSentenceAccuracy())
        return Objective(
            losses.MaskedCrossEntropy(self.next_sentence), watched, self._draw(facts.sizes[PIECES])
        )

    def _draw(self, known: int) -> Draw:
        from models.tasks.masking import drawing

        how = drawing.How(self.mask, self.whole_word, self.next_sentence, known)
        return lambda inputs, _, seed: drawing.drawn(inputs, seed, how)

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expected.of_pieces(facts.sizes[PIECES], next_sentence=self.next_sentence)

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """What fits into gaps, vectors of texts, and how well gaps are told."""
        from models.tasks.masking import asking

        top_k = min(self.top_k, len(network.known_pieces().names) - len(pieces.SPECIAL))

        def fill(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return asking.filled(raw["text"], network, top_k)

        def embed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return {"embedding": asking.embedded(raw["text"], network)}

        def judge(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return asking.judged(raw["text"], network, self.mask)

        functions = {endpoints.DEFAULT: fill, EMBED: embed, JUDGE: judge}
        return Endpoints(functions, JUDGE, asked=_with_gap)


def _with_gap(inputs: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Texts with `[MASK]` in place of the word in their middle."""
    return {name: [_gapped(text) for text in texts] for name, texts in inputs.items()}


def _gapped(text: bytes) -> bytes:
    found = list(re.finditer(rb"\S+", text))
    if not found:
        return text
    word = found[len(found) // 2]
    return text[: word.start()] + pieces.MASK_TEXT.encode() + text[word.end() :]
