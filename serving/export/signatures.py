"""The signatures every exported classifier has.

| signature         | input                   | outputs                                          |
|-------------------|-------------------------|--------------------------------------------------|
| `serving_default` | `text` or `image_bytes` | `label` `probability` `labels` `probabilities`   |
| `serve_examples`  | `examples`: tf.Example  | the same                                         |
| `embed`           | as `serving_default`    | `embedding`                                      |
| `label_ids`       | `examples`: tf.Example  | `label_id`, for evaluation                       |

Inputs are strings `(n,)`. `label` `(n,)` string and `probability` `(n,)` float32 are the best
answer; `labels` `(n, classes)` string and `probabilities` `(n, classes)` float32 are all of them in
a fixed order. `embedding` is `(n, dim)` float32, `label_id` `(n,)` int64, negative for unknown
labels, another number for each.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

Outputs = dict[str, tf.Tensor]
FOR_EVALUATION = "label_ids"
"""The signature that no client asks."""
_UNKNOWN_IDS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Classifier:
    """A trained classifier, as functions of raw inputs."""

    input_name: str
    """Name of the raw input in requests: `text` or `image_bytes`."""
    input_column: str
    """Feature of a tf.Example that holds the raw input."""
    label_column: str
    """Feature of a tf.Example that holds the label."""
    labels: tuple[str, ...]
    """Label of each class, in the order of the logits."""
    logits: Callable[[tf.Tensor], tf.Tensor]
    """Raw inputs `(n,)` string to logits `(n, classes)` float32."""
    embedding: Callable[[tf.Tensor], tf.Tensor]
    """Raw inputs `(n,)` string to feature vectors `(n, dim)` float32."""
    label_id: Callable[[tf.Tensor], tf.Tensor]
    """Labels `(n,)` string to ids `(n,)` int64, negative for labels that are not in `labels`."""
    resources: Sequence[Any]
    """Whatever the functions use that has variables, tables or files."""

    def answer(self, raw: tf.Tensor) -> Outputs:
        """Outputs of `serving_default` for raw inputs `(n,)`."""
        probabilities = tf.nn.softmax(self.logits(raw))
        best = tf.argmax(probabilities, axis=-1)
        labels = tf.constant(self.labels)
        return {
            "label": tf.gather(labels, best),
            "probability": tf.reduce_max(probabilities, axis=-1),
            "labels": tf.tile(labels[None], [tf.shape(probabilities)[0], 1]),
            "probabilities": probabilities,
        }


def export(classifier: Classifier, directory: pathlib.Path) -> None:
    """Write a SavedModel with the signatures above.

    Args:
        classifier: What to export.
        directory: Folder to create.
    """
    archive = keras.export.ExportArchive()
    for resource in classifier.resources:
        archive.track(resource)
    for name, (function, inputs) in endpoints(classifier).items():
        spec = tf.TensorSpec([None], tf.string, name=inputs)
        archive.add_endpoint(name, function, input_signature=[spec])
    _keep_one_copy(archive)
    archive.write_out(str(directory), verbose=False)


def _keep_one_copy(archive: keras.export.ExportArchive) -> None:
    """Leave out the layers' lists of variables, which would be written beside the functions' own.

    Keras's variables wrap TensorFlow's, and a checkpoint takes both for different ones.
    """
    tracked = archive._tf_trackable
    for name in ("variables", "trainable_variables", "non_trainable_variables"):
        setattr(tracked, name, [])


def endpoints(classifier: Classifier) -> dict[str, tuple[Callable[[tf.Tensor], Outputs], str]]:
    """Each signature's function of strings `(n,)` and the name of its input."""

    def serve_examples(examples: tf.Tensor) -> Outputs:
        return classifier.answer(_parse(examples, classifier.input_column))

    def embed(raw: tf.Tensor) -> Outputs:
        return {"embedding": classifier.embedding(raw)}

    def label_ids(examples: tf.Tensor) -> Outputs:
        labels = _parse(examples, classifier.label_column)
        known = classifier.label_id(labels)
        # Apart from each other, so that averages over the labels count each of them.
        unknown = -1 - tf.strings.to_hash_bucket_fast(labels, _UNKNOWN_IDS)
        return {"label_id": tf.where(known < 0, unknown, known)}

    return {
        "serving_default": (classifier.answer, classifier.input_name),
        "serve_examples": (serve_examples, "examples"),
        "embed": (embed, classifier.input_name),
        FOR_EVALUATION: (label_ids, "examples"),
    }


def _parse(examples: tf.Tensor, column: str) -> tf.Tensor:
    spec = {column: tf.io.FixedLenFeature([], tf.string)}
    return tf.io.parse_example(examples, spec)[column]
