"""What a task decides; everybody else asks it and branches on no kind.

A kind is one file beside this one: a frozen dataclass, the YAML's `task:`, with the methods of
`Task`. Columns and metrics are plain values, so that components and server, which must not import
models, get them as arguments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np

from models.backbone import Backbone, Provided
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected

Draw = Callable[[dict[str, Any], Any, Any], tuple[dict[str, Any], Any]]
"""Encoded inputs, target and a seed `(2,)` int64 to those that a model is given, in a graph."""
Evaluated = Callable[[], tuple[np.ndarray, np.ndarray]]
"""Gives a trained model's outputs and the targets of a split, each `(examples, ...)`."""
Shown = Literal[
    "ranked_labels",
    "chosen_labels",
    "number",
    "entities",
    "answers",
    "filled_masks",
    "filled_spans",
    "embedding",
    "reconstruction",
    "scored_pieces",
    "texts",
]
"""How an answer reads: the best label first, the labels that fit, a number, parts of the text with
their types, parts that answer a question, what fits into gaps of a text, the best first, what was
taken out of a text, a vector, an image, how probable the parts of a text are, texts that were
written, the best first."""
Holds = Literal[
    "text",
    "image",
    "category",
    "categories",
    "choice",
    "number",
    "spans",
    "answers",
    "written",
]
"""What the cells of a column are."""
Sides = tuple[tuple[int, ...], ...]
"""Of each side of an example the places of its inputs, see `Task.sides`."""
TARGET = "target"
"""Transformed feature of the target column."""
UNITS = "units"
"""What encoders of units read, ragged `(n, units)` string; in `Facts.sizes`, most units of a text
that is trained on."""
BATCH = "batch"
"""In `Facts.sizes`, examples of a training step."""
IMAGE, PATCH = "image", "patch"
"""In `Facts.sizes`, sides in pixels of images and of patches; only of models with patches."""
PIECES = "pieces"
"""In `Facts.sizes`, how many pieces there are to tell or to write; only of models that do."""
QUESTION = "question"
"""What encoders of units read before each window of a text, `(n,)` string, if it is there."""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of the user's data and what it holds."""

    name: str
    """In the source and in the examples."""
    holds: Holds
    """How its values are read, checked, transformed, drawn and shown."""
    role: Literal["input", "target"]
    """Whether requests bring it; targets decide stratification and are never augmented."""
    field: str
    """Field of `task:` that names it."""
    served_as: str = ""
    """Name in requests, of inputs; `_bytes` at its end asks clients for base64."""
    separator: str = ""
    """Between the labels in a cell of `categories`."""
    joiner: str | None = None
    """What the words of a `text` are joined by where they come as a list; None refuses lists."""
    within: str = ""
    """Column whose text the cells of `spans` and `answers` are parts of."""
    is_required: bool = False
    """Whether rows without any of `answers` are refused."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What only the data knows, found before a model is built."""

    vocabularies: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Values of each `category` and `categories` column, types of each of `spans`, in the order of
    their ids."""
    means: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Mean of each `number` column over the train split."""
    deviations: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Standard deviation of each `number` column over the train split, above 0."""
    thresholds: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    """Probability from which each value of a `categories` column is answered, chosen on the eval
    split after training."""
    sizes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """`units`: of a text that a model is trained on, at most; only if it reads units. `pieces`:
    what a model that writes chooses from."""


@dataclasses.dataclass(frozen=True)
class Batch:
    """What one training step gets."""

    inputs: dict[str, Any]
    """Transformed features, for the model's encoder."""
    target: Any
    """What the head's output is held against, `(batch, ...)`; None if it is yet to be drawn."""


@dataclasses.dataclass(frozen=True)
class Objective:
    """What training minimises and watches."""

    loss: Any
    """A Keras loss of target and output."""
    metrics: list[Any]
    """Keras metrics of the same."""
    draw: Draw | None = None
    """What is drawn for each batch, anew in each epoch of a training and always alike when it is
    validated; None: batches are as they come."""


@dataclasses.dataclass(frozen=True)
class Metric:
    """A figure of a split, computed from answers; the same code for every slice and interval."""

    name: str
    """In thresholds, tables and files."""
    is_better_high: bool
    """Whether more is better."""
    bounds: tuple[float, float]
    """Least and greatest value, for thresholds in the YAML."""
    reads: tuple[str, ...]
    """Names of the outputs that it looks at."""
    statistics: Callable[[Mapping[str, Any], Mapping[str, Any]], np.ndarray]
    """An example's targets by column and its answer by output name to values `(k,)`: right or not;
    label and answer; hits, found and true labels."""
    figure: Callable[[np.ndarray], float]
    """Statistics `(examples, k)` to the figure; resampled rows give its interval."""
    is_proportion: bool = False
    """Whether the statistics are 0 or 1 and the figure is their mean."""
    related: Callable[[np.ndarray], np.ndarray] | None = None
    """Of figures for which other examples count: statistics of all that are judged together,
    `(examples, k)`, to those that figures are of, `(examples, j)`; None: they are the same."""

    def stack(self, statistics: Sequence[np.ndarray]) -> np.ndarray:
        """Statistics of all examples that are judged together, at least one, for `figure`."""
        rows = np.stack(statistics)
        return rows if self.related is None else self.related(rows)

    def rank(self, figure: float) -> float:
        """A number that is greater for a better figure."""
        return figure if self.is_better_high else -figure


class Training(Protocol):
    """What tasks read of `training:`; a `TrainingConfig` has it."""

    @property
    def label_smoothing(self) -> float:
        """Share of the target that is spread evenly over all classes, in [0, 1)."""

    @property
    def class_weights(self) -> Literal["balanced"] | Mapping[str, float] | None:
        """Factor of each label's loss."""


class Task(Protocol):
    """What one kind of task decides."""

    @property
    def kind(self) -> str:
        """Name in the YAML and in `table.TASKS`."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns that are read; splits, statistics, checks and previews follow from them."""

    @property
    def needs(self) -> Provided:
        """What its head stands on; models that do not provide it are refused."""

    @property
    def sides(self) -> Sides:
        """What is embedded by itself, by the same weights; empty if all inputs are read together.

        Of each side the places of its inputs, which are read together.
        """

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What the Evaluator reports and thresholds may name, the headline first."""

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """What a search may go by, and whether more of it is better; the default first."""

    def check_training(self, training: Training) -> None:
        """Refuse fields of `training:` that mean nothing here.

        Raises:
            ValueError: In terms of the YAML.
        """

    def check(self, facts: Facts) -> None:
        """Refuse data that this task cannot be learned from.

        Raises:
            ValueError: In terms of the data and the YAML.
        """

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """Transformed features of the inputs to what an encoder takes, in a graph."""

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Transformed features, targets among them, to a step's batch, in a graph."""

    def soften(self, target: Any, facts: Facts) -> Any:
        """Targets to float32 `(batch, k)` that may be mixed by shares, in a graph.

        Raises:
            ValueError: If targets of this kind cannot be mixed.
        """

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Layers on what a backbone provides; their output, float32."""

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Loss and metrics of the head's output.

        Args:
            facts: Of the data.
            training: Of the config.
        """

    def expected(self, facts: Facts) -> Expected:
        """What an untrained model gives, and when an example is learned by heart."""

    def class_weights(
        self, training: Training, facts: Facts, targets: Callable[[], np.ndarray]
    ) -> dict[int, float] | None:
        """Factor of the loss by class; None if all examples count alike.

        Args:
            training: Of the config.
            facts: Of the data.
            targets: Gives those of the train split, `(examples, ...)`.
        """

    def settle(self, facts: Facts, evaluated: Evaluated) -> Facts:
        """Choose by a trained model's outputs on the eval split what answers depend on."""

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """What an export of a trained model answers."""


def reads(task: Task) -> str:
    """What the inputs of a task hold: `text` or `image`."""
    (holds,) = {column.holds for column in inputs(task)}
    return holds


def inputs(task: Task) -> tuple[Column, ...]:
    """The columns that requests bring."""
    return tuple(column for column in task.columns if column.role == "input")


def targets(task: Task) -> tuple[Column, ...]:
    """The columns that are learned; none where a task learns from its inputs alone."""
    return tuple(column for column in task.columns if column.role == "target")


def learned(task: Task) -> str:
    """What a task learns, for tables: what its target column holds.

    Of a task that learns from its inputs alone, how its answers read.
    """
    found = targets(task)
    return found[0].holds if found else task.shown_as


def draws_views(task: Task) -> bool:
    """Whether a task's only input is seen in several views, which are drawn."""
    return len(task.sides) > len(inputs(task))
