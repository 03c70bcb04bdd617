"""Metrics TFMA lacks, found by it through this module's name."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from tensorflow_model_analysis.metrics import (
    metric_types,
    metric_util,
    multi_class_confusion_matrix_metrics,
)
from tensorflow_model_analysis.utils.keras_lib import tf_keras

Matrix = Mapping[Any, Any]

_SMALLEST_PROBABILITY = 1e-7  # Keras's, in its own cross-entropy.


class SparseCrossEntropy(tf_keras.metrics.Mean):
    """Mean negative logarithm of the probability of the given label, in nats.

    A label that the model does not know, of a negative id, is one to which it gives no
    probability. Keras's own metric refuses it, and with it every model that is older than a label.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add rows: ids `(n, 1)` or `(n,)`, probabilities `(n, classes)`, perhaps weights."""
        ids = tf.cast(tf.reshape(y_true, [-1]), tf.int32)
        # All zeros where the id is negative.
        given = tf.one_hot(ids, tf.shape(y_pred)[-1], dtype=y_pred.dtype) * y_pred
        probability = tf.clip_by_value(tf.reduce_sum(given, -1), _SMALLEST_PROBABILITY, 1.0)
        if sample_weight is not None:
            sample_weight = tf.reshape(sample_weight, [-1])
        return super().update_state(-tf.math.log(probability), sample_weight)


class MacroF1(metric_types.Metric):
    """Mean over the labels of the harmonic mean of precision and recall, 0 to 1.

    Labels that were neither given nor predicted do not count. It needs no list of the labels,
    unlike TFMA's own macro averages, so it can be configured before the data is read.

    Source: Lewis et al. (2004), "RCV1", JMLR 5, section 4.3 (macro-averaged F1).
    """

    def __init__(self, name: str = "macro_f1"):
        super().__init__(metric_util.merge_per_key_computations(_computations), name=name)


def _computations(
    name: str = "macro_f1",
    eval_config: Any = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
    **_: Any,
) -> metric_types.MetricComputations:
    matrices = multi_class_confusion_matrix_metrics.multi_class_confusion_matrices(
        thresholds=[0.0],
        eval_config=eval_config,
        model_name=model_name,
        output_name=output_name,
        example_weighted=example_weighted,
    )
    key = metric_types.MetricKey(
        name=name,
        model_name=model_name,
        output_name=output_name,
        example_weighted=example_weighted,
    )

    def result(metrics: Mapping[Any, Any]) -> dict[metric_types.MetricKey, float]:
        (matrix,) = metrics[matrices[-1].keys[0]].values()
        return {key: macro_f1(matrix)}

    return [*matrices, metric_types.DerivedMetricComputation(keys=[key], result=result)]


def macro_f1(matrix: Mapping[Any, float]) -> float:
    """Macro F1 of a confusion matrix.

    Args:
        matrix: Weight of each pair with the attributes `actual_class_id` and
            `predicted_class_id`.

    Returns:
        Mean F1 over the classes that occur as actual or predicted, NaN without any.
    """
    hits: dict[int, float] = {}
    sizes: dict[int, float] = {}
    for entry, weight in matrix.items():
        for side in (entry.actual_class_id, entry.predicted_class_id):
            sizes[side] = sizes.get(side, 0.0) + weight
        if entry.actual_class_id == entry.predicted_class_id:
            hits[entry.actual_class_id] = hits.get(entry.actual_class_id, 0.0) + weight
    if not sizes:
        return float("nan")
    return sum(2 * hits.get(c, 0.0) / size for c, size in sizes.items()) / len(sizes)
