"""Two texts in, a label or a number out."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from models.backbone import Backbone
from models.tasks import endpoints, metrics
from models.tasks.category import OneLabel
from models.tasks.endpoints import Endpoints, Network
from models.tasks.number import OneNumber
from models.tasks.task import Column, Facts, Metric, Sides

Encoders = Literal["joint", "separate"]
_SIDES: Mapping[str, Sides] = {"joint": (), "separate": ((0,), (1,))}
_SIDE = "text"
"""Name of one text in requests."""
_SLOPE = 2.0
"""What a cosine is multiplied by at first: -1 to 1 then reach 2 deviations of the target."""


@dataclasses.dataclass(frozen=True)
class TextPairClassification(OneLabel):
    """Give two texts one of several labels: paraphrase or not, what follows from what."""

    kind: Literal["text_pair_classification"]
    """Kind of task."""
    first: str = "first"
    """Column with the first text, UTF-8."""
    second: str = "second"
    """Column with the second text, UTF-8."""
    label: str = "label"
    """Column with the label; numbers are read as their decimal text."""
    encoders: Encoders = "joint"
    """Whether the model reads both texts together (`joint`, a cross-encoder), or each by itself
    with the same weights (`separate`, a bi-encoder), so that texts can be embedded before anyone
    asks; joint ones tell more. Reimers and Gurevych (2019), arXiv:1908.10084, section 3."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.first, "text", "input", "first", served_as="first"),
            Column(self.second, "text", "input", "second", served_as="second"),
            Column(self.label, "category", "target", "label"),
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Those of every label, and Matthews' correlation."""
        return (*super().metrics, metrics.matthews(self.label))

    @property
    def sides(self) -> Sides:
        """As `encoders` says."""
        return _SIDES[self.encoders]

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Logits `(batch, classes)`; of separate vectors, of what `PairVector` makes of them."""
        if self.encoders == "separate":
            from models.layers.sides import PairVector

            vector = PairVector(dtype="float32", name="pair")(backbone.vector)
            backbone = dataclasses.replace(backbone, vector=vector)
        return super().head(backbone, facts)

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Answers, and the vector of the pair or, if they are separate, of a text."""
        if self.encoders == "joint":
            return super().endpoints(network, facts)
        return endpoints.of_sides(
            lambda outputs: self.answers(outputs, facts), network, _SIDE, self.first
        )


@dataclasses.dataclass(frozen=True)
class TextPairRegression(OneNumber):
    """Give two texts a number, such as how alike they are."""

    kind: Literal["text_pair_regression"]
    """Kind of task."""
    first: str = "first"
    """Column with the first text, UTF-8."""
    second: str = "second"
    """Column with the second text, UTF-8."""
    target: str = "target"
    """Column with the number that is learned."""
    encoders: Encoders = "joint"
    """Whether the model reads both texts together (`joint`, a cross-encoder), or each by itself
    with the same weights (`separate`, a bi-encoder): the number then grows with the cosine of both
    vectors. Joint ones tell more; of separate ones texts can be embedded before anyone asks.
    Reimers and Gurevych (2019), arXiv:1908.10084, section 3."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.first, "text", "input", "first", served_as="first"),
            Column(self.second, "text", "input", "second", served_as="second"),
            Column(self.target, "number", "target", "target"),
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pearson's and Spearman's correlation, mean absolute error."""
        makers = (metrics.spearman, metrics.pearson, metrics.mean_absolute_error)
        return tuple(make(self.target) for make in makers)

    @property
    def sides(self) -> Sides:
        """As `encoders` says."""
        return _SIDES[self.encoders]

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Standardised value `(batch, 1)`; of separate vectors, a rising line of their cosine."""
        if self.encoders == "joint":
            return super().head(backbone, facts)

        import keras

        from models.layers.sides import Cosine

        cosine = Cosine(dtype="float32", name="cosine")(backbone.vector)
        line = keras.layers.Dense(
            1,
            kernel_initializer=keras.initializers.Constant(_SLOPE),
            # A falling one would call texts alike that lie apart.
            kernel_constraint="non_neg",
            dtype="float32",
            name="value",
        )
        return line(cosine)

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Answers, and the vector of the pair or, if they are separate, of a text."""
        if self.encoders == "joint":
            return super().endpoints(network, facts)
        return endpoints.of_sides(
            lambda outputs: self.answers(outputs, facts), network, _SIDE, self.first
        )
