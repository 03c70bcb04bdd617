"""A text in, another text out: a translation, a summary, an answer, a program."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from models.backbone import Backbone, Provided
from models.bounds import NotEmpty
from models.tasks import endpoints, expected
from models.tasks.defaults import WithoutClasses, check_n_best
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.task import (
    PIECES,
    TARGET,
    Batch,
    Column,
    Facts,
    Metric,
    Objective,
    Shown,
    Sides,
    Training,
)
from models.tasks.writing import metrics

SAMPLE = "sample"
"""The endpoint that draws a text instead of looking for the best one."""
TRANSLATE = "translate"
"""The endpoint that back-translation asks, see `components/augment/text/translators.py`."""
_PREFIX = "text_2"
"""Transformed feature of the column with prefixes, the second one that is read."""
_BETWEEN = ": "
"""Between a prefix and a text: Raffel et al. (2019), https://arxiv.org/abs/1910.10683, appendix
D."""
_SETTINGS: Mapping[str, Mapping[str, float | int]] = {
    SAMPLE: {"temperature": 0.8, "top_k": 0, "top_p": 0.9, "seed": 0},
    TRANSLATE: {"temperature": 0.8, "seed": 0},
}
"""What these are tried with."""


@dataclasses.dataclass(frozen=True)
class SequenceToSequence(WithoutClasses):
    """Write a text from another one: translation, summaries, dialogue, code."""

    kind: Literal["sequence_to_sequence"]
    """Kind of task."""
    source: str = "source"
    """Column with the text that is read, UTF-8."""
    target: str = "target"
    """Column with the text that is to be written, UTF-8."""
    prefix: NotEmpty | None = None
    """Column with what is put before each row's text, such as the name of its task: a model then
    learns several tasks at once. `: ` stands between both. Requests bring it as `prefix`; an
    empty one puts nothing before."""
    prefix_text: str = ""
    """What is put before each text, the same for all, as `translate English to German` for T5."""
    beams: Annotated[int, Ge(1), Le(100)] = 5
    """Texts that are written side by side to find the best one; 1 takes the best next piece
    always (greedy)."""
    length_penalty: Annotated[float, Ge(0)] = 0.6
    """Power of `(5 + length) / 6` that a text's sum of logarithms is divided by before texts are
    compared; 0 favours short texts. Wu et al. (2016), https://arxiv.org/abs/1609.08144, eq. 14."""
    n_best: Annotated[int, Ge(1), Le(100)] = 1
    """Texts that are answered, the best first; `beams` at most."""
    growth: Annotated[float, Ge(0)] = 2.0
    """Pieces that are written at most for each piece that is read, see `room`."""
    room: Annotated[int, Ge(1)] = 10
    """Pieces that may be written beside them; `model.target_length` is the most of all."""
    headline: Literal["bleu", "chrf", "rougel", "exact_match"] = "bleu"
    """The figure that decides: `bleu` and `chrf` suit translations, `rougel` summaries."""
    bleu_tokens: Literal["13a", "intl", "char", "zh"] = "13a"
    """How BLEU parts texts into words: `13a` for languages with spaces, `char` for others."""

    def __post_init__(self) -> None:
        check_n_best(self.n_best, self.beams)
        if self.prefix is not None and self.prefix_text:
            raise ValueError(
                "One thing is put before a text: `prefix` names a column with it, `prefix_text` is "
                f"the same for all. Received: prefix={self.prefix!r}, "
                f"prefix_text={self.prefix_text!r}. Leave out one of them."
            )

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        source = Column(self.source, "text", "input", "source", served_as="text")
        target = Column(self.target, "written", "target", "target")
        if self.prefix is None:
            return source, target
        return source, Column(self.prefix, "text", "input", "prefix", served_as="prefix"), target

    @property
    def needs(self) -> Provided:
        """Logits of each next piece."""
        return "decoder"

    @property
    def sides(self) -> Sides:
        """None: all inputs are read together."""
        return ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """BLEU, chrF, ROUGE and exact match, the headline first."""
        column = self.target
        found = (
            metrics.bleu(column, self.bleu_tokens),
            metrics.chrf(column),
            *(metrics.rouge(column, kind) for kind in ("rouge1", "rouge2", "rougeL")),
            metrics.exact_match(column),
        )
        return tuple(sorted(found, key=lambda metric: metric.name != self.headline))

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "texts"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of right pieces."""
        return {"val_loss": "min", "val_accuracy": "max"}

    def check_training(self, training: Training) -> None:
        """Refuse what is about one label an example."""
        if training.class_weights is not None:
            raise ValueError(
                "`training.class_weights` weighs examples by their one label, but here they have "
                f"a text. Received: class_weights={training.class_weights!r}. Leave it out."
            )

    def check(self, facts: Facts) -> None:
        """Nothing: any two texts can be learned from."""

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """The text that is read, behind what is put before it."""
        if self.prefix is None and not self.prefix_text:
            return {"text": features["text"]}
        import tensorflow as tf

        text = features["text"]
        prefix = (
            tf.fill(tf.shape(text), self.prefix_text) if self.prefix is None else features[_PREFIX]
        )
        whole = tf.strings.join([prefix, text], separator=_BETWEEN)
        return {"text": tf.where(tf.equal(prefix, ""), text, whole)}

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """The same, and the text that is to be written, `(batch,)` string."""
        return Batch(self.for_encoder(features), features[TARGET])

    def soften(self, target: Any, facts: Facts) -> Any:
        """Refused: texts cannot be mixed."""
        raise ValueError(
            f"Texts that are written cannot be mixed: expected targets of images. Received: "
            f"{target}"
        )

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """The model's own logits: they are of its pieces."""
        return backbone.decoder

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of each piece, and the share of those that are the most likely ones."""
        from models.tasks.writing import losses

        return Objective(
            losses.TokenCrossEntropy(training.label_smoothing), [losses.TokenAccuracy()]
        )

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expected.of_written(facts.sizes[PIECES])

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """The best texts, the best one with what each piece was written by, and drawn ones."""
        import tensorflow as tf

        from models.tasks.writing import answering

        limit = answering.Limit(self.growth, self.room)
        search = answering.Search(self.beams, self.length_penalty, self.n_best, limit)
        return Endpoints(
            {
                # As graphs: one operation after the other, a search would take many seconds.
                endpoints.DEFAULT: tf.function(
                    lambda raw: answering.texts(network, raw, search), autograph=False
                ),
                endpoints.ALIGN: tf.function(
                    lambda raw: answering.aligned(network, raw, search), autograph=False
                ),
                SAMPLE: tf.function(
                    lambda raw: answering.drawn(network, raw, limit), autograph=False
                ),
                TRANSLATE: tf.function(
                    lambda raw: {"translation": answering.drawn(network, raw, limit)["text"]},
                    autograph=False,
                ),
            },
            endpoints.DEFAULT,
            settings=_SETTINGS,
        )
