"""Two texts in, a label or a number out."""

import dataclasses
from typing import Literal

from models.tasks import metrics
from models.tasks.category import OneLabel
from models.tasks.number import OneNumber
from models.tasks.task import Column, Metric


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
