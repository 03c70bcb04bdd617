"""The loss of a classifier, and its accuracy.

Both take labels as ids `(batch,)` or, where images are mixed, as shares of the classes
`(batch, classes)`, told apart by their rank while the step is traced.
"""

from typing import Any

import keras

from models.tensor import Tensor


def build(label_smoothing: float) -> keras.losses.Loss:
    """Cross-entropy of logits; a label that the train split lacks has the id -1 and no loss.

    Args:
        label_smoothing: Share of the target spread evenly over all classes, in [0, 1).
    """
    if label_smoothing:
        return SmoothedCrossEntropy(label_smoothing)
    return CrossEntropy(from_logits=True, ignore_class=-1)


def accuracy() -> keras.metrics.Metric:
    """Share of examples whose most likely class is the label, or its greatest share."""
    return keras.metrics.MeanMetricWrapper(is_right, name="accuracy")


@keras.saving.register_keras_serializable(package="maru")
def is_right(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Labels and logits `(batch, classes)` to 1 or 0 per example."""
    if is_soft(y_true):
        return keras.metrics.categorical_accuracy(y_true, y_pred)
    return keras.metrics.sparse_categorical_accuracy(y_true, y_pred)


def is_soft(y_true: Tensor) -> bool:
    """Whether labels are shares of classes, of which there are at least two."""
    return len(y_true.shape) == 2 and y_true.shape[-1] != 1


@keras.saving.register_keras_serializable(package="maru")
class CrossEntropy(keras.losses.SparseCategoricalCrossentropy):
    """Keras's, for soft labels too."""

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Labels and logits `(batch, classes)` to losses `(batch,)`."""
        if is_soft(y_true):
            return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)
        return super().call(y_true, y_pred)


@keras.saving.register_keras_serializable(package="maru")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy with a target of `1 - s + s / classes` for the label, `s / classes` for others.

    Source: Szegedy et al. (2015), https://arxiv.org/abs/1512.00567, section 7. Keras has it for
    one-hot labels only. Soft labels are spread in the same way.

    Args:
        label_smoothing: `s`.
    """

    def __init__(self, label_smoothing: float, name: str = "cross_entropy", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Labels and logits `(batch, classes)` to losses `(batch,)`."""
        if is_soft(y_true):
            return keras.losses.categorical_crossentropy(
                y_true, y_pred, from_logits=True, label_smoothing=self.label_smoothing
            )
        y_true = keras.ops.reshape(y_true, (-1,))
        losses = keras.losses.categorical_crossentropy(
            keras.ops.one_hot(y_true, y_pred.shape[-1]),
            y_pred,
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )
        is_known = keras.ops.cast(y_true >= 0, losses.dtype)
        # The mean is over the labels that are known, as in Keras's own with `ignore_class`.
        share = keras.ops.maximum(keras.ops.mean(is_known), keras.config.epsilon())
        return losses * is_known / share

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
