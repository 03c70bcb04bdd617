"""What tasks decide that give an example any number of labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np
import pydantic

from models.backbone import Backbone, Provided
from models.tasks import answers, endpoints, expected, metrics
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

_HALF = 0.5


def _check_separator(separator: str) -> str:
    """Refuse what cannot stand between labels."""
    if not separator.strip() and separator != " ":
        raise ValueError(
            'must be a sign that stands between labels, such as "," or "|". '
            f"Received: {separator!r}"
        )
    return separator


Separator = Annotated[str, pydantic.AfterValidator(_check_separator)]
"""What stands between the labels in a cell."""


class ManyLabels:
    """Learns for each label whether an example has it; `labels` names the column."""

    labels: str
    separator: str

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
        """Micro and macro F1, and the share of rows that are right in every label."""
        makers = (metrics.micro_f1, metrics.macro_f1_of_sets, metrics.exact_match)
        return tuple(make(self.labels) for make in makers)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "chosen_labels"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of right decisions."""
        return {"val_loss": "min", "val_binary_accuracy": "max"}

    def check_training(self, training: Training) -> None:
        """Refuse what is about one label an example."""
        if training.class_weights is not None:
            raise ValueError(
                "`training.class_weights` weighs examples by their one label, but here they have "
                f"several. Received: class_weights={training.class_weights!r}. Leave it out."
            )

    def check(self, facts: Facts) -> None:
        """Refuse data without any label."""
        if not facts.vocabularies[self.labels]:
            raise ValueError(
                f"No row of the train split has a label in `{self.labels}`. Look at `task.labels`, "
                "`task.separator` and `data.split`."
            )

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """As they are."""
        return dict(features)

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Whether each row has each label, `(batch, labels)` float32; unknown labels are left out.

        The transformed feature holds ids, ragged rows of them in a sparse tensor.
        """
        import tensorflow as tf

        inputs = dict(features)
        ids = tf.sparse.to_dense(inputs.pop(TARGET), default_value=-1)
        size = len(facts.vocabularies[self.labels])
        # Of no ids at all, where no row of a batch has a label, "any" is false and "max" minus
        # infinity.
        has = tf.reduce_any(tf.one_hot(ids, size, True, False, dtype=tf.bool), axis=1)
        return Batch(inputs, tf.cast(has, tf.float32))

    def soften(self, target: Any, facts: Facts) -> Any:
        """As they are: they can be mixed."""
        return target

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Logits `(batch, labels)`."""
        return backbone.head(len(facts.vocabularies[self.labels]), "logits")(backbone.vector)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of each label's yes or no, and the share of right ones."""
        import keras

        loss = keras.losses.BinaryCrossentropy(
            from_logits=True, label_smoothing=training.label_smoothing
        )

        def is_right(y_true: Any, y_pred: Any) -> Any:
            # Of mixed images a label counts as theirs if half of it is.
            return keras.ops.equal(y_true >= _HALF, y_pred >= 0)

        return Objective(loss, [keras.metrics.MeanMetricWrapper(is_right, name="binary_accuracy")])

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of logits of 0."""
        return expected.of_label_sets()

    def class_weights(
        self, training: Training, facts: Facts, targets: Callable[[], np.ndarray]
    ) -> dict[int, float] | None:
        """None: an example has no one class."""
        return None

    def settle(self, facts: Facts, evaluated: Evaluated) -> Facts:
        """Choose each label's threshold so that its F1 on the eval split is greatest.

        Source: Lipton et al. (2014), "Optimal Thresholding of Classifiers to Maximize F1 Measure",
        https://arxiv.org/abs/1402.1892: by probabilities in order. A label that the split lacks
        keeps one half.
        """
        outputs, targets = evaluated()
        probabilities = 1 / (1 + np.exp(-outputs.astype(float)))
        chosen = tuple(
            _best_threshold(probabilities[:, place], targets[:, place] > _HALF)
            for place in range(targets.shape[1])
        )
        return dataclasses.replace(facts, thresholds={**facts.thresholds, self.labels: chosen})

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Answers, and the vector they are made from."""
        return endpoints.of_vector(lambda outputs: self.answers(outputs, facts), network)

    def answers(self, outputs: Any, facts: Facts) -> dict[str, Any]:
        """All labels in a fixed order, their probabilities, and which of them are answered.

        `chosen_labels` are those alone, in the same order.
        """
        import tensorflow as tf

        names = facts.vocabularies[self.labels]
        probabilities = tf.sigmoid(outputs)
        thresholds = facts.thresholds.get(self.labels, (_HALF,) * len(names))
        is_chosen = probabilities >= tf.constant(thresholds, probabilities.dtype)
        labels = tf.tile(tf.constant(names)[None], [tf.shape(probabilities)[0], 1])
        chosen = tf.ragged.boolean_mask(labels, is_chosen)
        return {
            "labels": labels,
            "probabilities": probabilities,
            "is_chosen": is_chosen,
            **answers.padded("chosen_labels", chosen, len(names)),
        }


def _best_threshold(probabilities: np.ndarray, has: np.ndarray) -> float:
    """Between the two neighbouring probabilities that part the rows with the greatest F1."""
    if not has.any():
        return _HALF
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(has[order])
    ranked = probabilities[order]
    f1 = 2 * hits / (np.arange(1, len(has) + 1) + has.sum())
    # Equal probabilities cannot be parted.
    f1[:-1][ranked[:-1] == ranked[1:]] = -1
    last = int(f1.argmax())
    below = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + below) / 2)
