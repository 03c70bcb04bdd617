"""What tasks decide that give an example a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from models.backbone import Backbone, Provided
from models.tasks import endpoints, expected, metrics
from models.tasks.defaults import WithoutClasses
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.task import TARGET, Batch, Facts, Metric, Objective, Shown, Sides, Training


class OneNumber(WithoutClasses):
    """Learns one number an example, of the column that `target` names.

    The network learns it standardised by the train split's mean and deviation, so that a target in
    thousands needs no other learning rate than one in thousandths; answers are in its own unit.
    """

    target: str

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
        """Mean absolute error, root mean squared error, R2."""
        makers = (
            metrics.mean_absolute_error,
            metrics.root_mean_squared_error,
            metrics.determination,
        )
        return tuple(make(self.target) for make in makers)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "number"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss or mean absolute error on the eval split."""
        return {"val_loss": "min", "val_mae": "min"}

    def check_training(self, training: Training) -> None:
        """Refuse what is about labels."""
        about_labels = ("class_weights", "label_smoothing")
        given = {name: value for name in about_labels if (value := getattr(training, name))}
        if given:
            raise ValueError(
                f"{', '.join(f'`training.{name}`' for name in given)} is about labels, but this "
                "task learns numbers. Received: "
                f"{', '.join(f'{name}={value!r}' for name, value in given.items())}. Leave it out."
            )

    def check(self, facts: Facts) -> None:
        """Refuse a target that is the same in every row."""
        if not facts.deviations[self.target]:
            raise ValueError(
                f"The train split has one value of `{self.target}` only: "
                f"{facts.means[self.target]:g}. Look at `task.target` and `data.split`."
            )

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """As they are."""
        return dict(features)

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Standardised targets `(batch, 1)` float32."""
        import tensorflow as tf

        inputs = dict(features)
        target = tf.reshape(tf.cast(inputs.pop(TARGET), tf.float32), (-1, 1))
        mean, deviation = facts.means[self.target], facts.deviations[self.target]
        return Batch(inputs, (target - mean) / deviation)

    def soften(self, target: Any, facts: Facts) -> Any:
        """As they are: they can be mixed."""
        return target

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Standardised value `(batch, 1)`."""
        return backbone.head(1, "value")(backbone.vector)

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Mean squared error of standardised values, and the mean absolute error in the unit."""
        import keras

        deviation = facts.deviations[self.target]

        def error(y_true: Any, y_pred: Any) -> Any:
            return keras.ops.abs(y_true - y_pred)[:, 0] * deviation

        mae = keras.metrics.MeanMetricWrapper(error, name="mae")
        return Objective(keras.losses.MeanSquaredError(), [mae])

    def expected(self, facts: Facts) -> Expected:
        """Variance of standardised numbers."""
        return expected.of_number()

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Answers, and the vector they are made from."""
        return endpoints.of_vector(lambda outputs: self.answers(outputs, facts), network)

    def answers(self, outputs: Any, facts: Facts) -> dict[str, Any]:
        """The value `(n,)` float32 in the target's unit."""
        mean, deviation = facts.means[self.target], facts.deviations[self.target]
        return {"value": outputs[:, 0] * deviation + mean}
