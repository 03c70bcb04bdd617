"""The loss of a classifier."""

import keras


def build(label_smoothing: float) -> keras.losses.Loss:
    """Cross-entropy of logits; a label that the train split lacks has the id -1 and no loss.

    Args:
        label_smoothing: Share of the target spread evenly over all classes, in [0, 1).
    """
    if label_smoothing:
        return SmoothedCrossEntropy(label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)


@keras.saving.register_keras_serializable(package="maru")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy with a target of `1 - s + s / classes` for the label, `s / classes` for others.

    Source: Szegedy et al. (2015), https://arxiv.org/abs/1512.00567, section 7. Keras has it for
    one-hot labels only.

    Args:
        label_smoothing: `s`.
    """

    def __init__(self, label_smoothing: float, name: str = "cross_entropy", **options) -> None:
        super().__init__(name=name, **options)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        """Ids `(batch,)` and logits `(batch, classes)` to losses `(batch,)`."""
        y_true = keras.ops.reshape(y_true, (-1,))
        losses = keras.losses.categorical_crossentropy(
            keras.ops.one_hot(y_true, y_pred.shape[-1]),
            y_pred,
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )
        return losses * keras.ops.cast(y_true >= 0, losses.dtype)

    def get_config(self):
        """Arguments of the constructor."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
