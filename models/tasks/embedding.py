"""What tasks decide that learn vectors of what belongs together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

from models.backbone import Backbone, Provided
from models.tasks import endpoints
from models.tasks.contrasting import expectation, keys, metrics
from models.tasks.defaults import Unlabelled
from models.tasks.endpoints import EMBED, Endpoints, Function, Network
from models.tasks.expected import Expected
from models.tasks.task import BATCH, Facts, Metric, Objective, Shown, Sides, Training

JUDGE = "judge"
"""The endpoint that metrics judge."""
OUTPUT = "embedding"


@dataclasses.dataclass(frozen=True)
class View:
    """What a judged vector is of."""

    cells: Any
    """`(n,)` string."""
    change: Function = lambda encoded: encoded
    """What is done to what the model reads of them."""


class UnitVector(Unlabelled):
    """Learns vectors of length 1, near for two views of an example and far for two examples."""

    temperature: float

    @property
    def needs(self) -> Provided:
        """One vector a view."""
        return "vector"

    @property
    def sides(self) -> Sides:
        """Two views of its only input."""
        return (0,), (0,)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """How often partners are found; how near they are, and how evenly vectors spread."""
        return tuple(make() for make in metrics.ALL)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "embedding"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of partners that are found in a batch of it."""
        return {"val_loss": "min", "val_recall_at_1": "max"}

    def check(self, facts: Facts) -> None:
        """Refuse batches without a negative."""
        if facts.sizes[BATCH] < 2:
            raise ValueError(
                "`training.batch_size` must be at least 2: the other examples of a batch are what "
                f"an example is told from. Received: batch_size={facts.sizes[BATCH]}"
            )

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Vectors of length 1, `(batch, 2, dim)`."""
        import keras

        return keras.layers.UnitNormalization(dtype="float32", name="unit")(backbone.vector)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """InfoNCE, and the share of partners that are found in their batch."""
        from models.tasks.contrasting import losses

        return Objective(losses.InfoNCE(self.temperature), [losses.recall()])

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal similarities."""
        return expectation.of_partners(facts.sizes[BATCH], self.temperature)

    def answering(
        self,
        network: Network,
        name: str,
        column: str,
        views: Callable[[Mapping[str, Any]], tuple[View, View]],
        judged: Mapping[str, str],
    ) -> Endpoints:
        """The vector of one cell, and those of both views of an example.

        Args:
            network: What gives them.
            name: Of a cell in requests.
            column: Whose cells are such.
            views: Raw inputs of the judged endpoint to both views of the rows.
            judged: Inputs of the judged endpoint: names in requests to their columns.
        """

        def embed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return {OUTPUT: endpoints.unit(network.side(raw[name]))}

        def judge(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            first, second = views(raw)
            return {
                metrics.FIRST: endpoints.unit(network.side(first.cells, first.change)),
                metrics.SECOND: endpoints.unit(network.side(second.cells, second.change)),
                metrics.FIRST_KEY: keys.whole(first.cells),
                metrics.SECOND_KEY: keys.whole(second.cells),
            }

        one = {name: column}
        return Endpoints(
            {endpoints.DEFAULT: embed, EMBED: embed, JUDGE: judge},
            JUDGE,
            takes={endpoints.DEFAULT: one, EMBED: one, JUDGE: judged},
        )
