"""What tasks decide that give an example one of several labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from models.backbone import Backbone, Provided
from models.tasks import endpoints, expected, metrics
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.task import (
    TARGET,
    Batch,
    Evaluated,
    Facts,
    Metric,
    Objective,
    Shown,
    Sides,
    Training,
)


class OneLabel:
    """Learns one label an example, of the column that `label` names."""

    label: str

    @property
    def needs(self) -> Provided:
        """One vector an example."""
        return "vector"

    @property
    def sides(self) -> Sides:
        """None: all inputs are read together."""
        return ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Accuracy, macro F1, cross-entropy."""
        makers = (metrics.accuracy, metrics.macro_f1, metrics.cross_entropy)
        return tuple(make(self.label) for make in makers)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "ranked_labels"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Accuracy or loss on the eval split."""
        return {"val_accuracy": "max", "val_loss": "min"}

    def check_training(self, training: Training) -> None:
        """Every field means something here."""

    def check(self, facts: Facts) -> None:
        """Refuse a single label."""
        labels = facts.vocabularies[self.label]
        if len(labels) < 2:
            raise ValueError(
                f"The train split has one label only: {labels[0]!r}. Classification needs at least "
                "two. Look at `task.label` and `data.split`."
            )

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """As they are."""
        return dict(features)

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Label ids `(batch,)` int64; -1, which weighs nothing, where a label is unknown."""
        import tensorflow as tf

        inputs = dict(features)
        return Batch(inputs, tf.reshape(tf.cast(inputs.pop(TARGET), tf.int64), (-1,)))

    def soften(self, target: Any, facts: Facts) -> Any:
        """Shares of the classes `(batch, classes)`."""
        import tensorflow as tf

        return tf.one_hot(target, len(facts.vocabularies[self.label]))

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Logits `(batch, classes)`."""
        return backbone.head(len(facts.vocabularies[self.label]), "logits")(backbone.vector)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of the logits, and accuracy."""
        from models.tasks import losses

        return Objective(losses.build(training.label_smoothing), [losses.accuracy()])

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expected.of_classes(len(facts.vocabularies[self.label]))

    def class_weights(
        self, training: Training, facts: Facts, targets: Callable[[], np.ndarray]
    ) -> dict[int, float] | None:
        """As `training.class_weights` says."""
        from models.tasks import weighting

        if training.class_weights is None:
            return None
        labels = facts.vocabularies[self.label]
        return weighting.class_weights(training.class_weights, labels, targets())

    def settle(self, facts: Facts, evaluated: Evaluated) -> Facts:
        """Nothing: the best label is the answer."""
        return facts

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Answers, and the vector they are made from."""
        return endpoints.of_vector(lambda outputs: self.answers(outputs, facts), network)

    def answers(self, outputs: Any, facts: Facts) -> dict[str, Any]:
        """The best label with its probability, and all of them in a fixed order."""
        import tensorflow as tf

        labels = tf.constant(facts.vocabularies[self.label])
        probabilities = tf.nn.softmax(outputs)
        return {
            "label": tf.gather(labels, tf.argmax(probabilities, axis=-1)),
            "probability": tf.reduce_max(probabilities, axis=-1),
            "labels": tf.tile(labels[None], [tf.shape(probabilities)[0], 1]),
            "probabilities": probabilities,
        }
