"""A tiny model to serve: string in, label and probabilities out."""

import pathlib

import tensorflow as tf
import tensorflow_text

LABELS = ["짧다", "medium", "long"]


class TextModel(tf.Module):
    """Three labels by the length of a text; `shift` tells one version from another."""

    def __init__(self, shift: float):
        self.shift = tf.Variable(shift)
        self.names = tf.Variable(LABELS)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def classify(self, text):
        probabilities = tf.nn.softmax(self._scores(text))
        best = tf.argmax(probabilities, axis=1)
        return {
            "label": tf.gather(self.names, best),
            "probability": tf.reduce_max(probabilities, axis=1),
            "probabilities": probabilities,
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def embed(self, text):
        # An operation of tensorflow_text: whoever loads this must have imported it.
        return {"embedding": self._scores(tensorflow_text.case_fold_utf8(text))[:, :2]}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 2], tf.float32, "a"),
            tf.TensorSpec([None, 2], tf.float32, "b"),
        ]
    )
    def add(self, a, b):
        return {"sum": a + b + self.shift}

    def _scores(self, text):
        length = tf.cast(tf.strings.length(text), tf.float32)[:, tf.newaxis]
        return length * tf.constant([[-0.1, 0.05, 0.1]]) + self.shift


class SlowModel(tf.Module):
    """Counts to `steps`, one by one; it has no variables."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32, "steps")])
    def count(self, steps):
        return {"total": tf.while_loop(lambda i: i < steps, lambda i: [i + 1], [0])[0]}


def export_slow_model(path: pathlib.Path) -> pathlib.Path:
    """Write the model that counts."""
    model = SlowModel()
    tf.saved_model.save(model, str(path), {"serving_default": model.count})
    return path


def export_text_model(path: pathlib.Path, shift: float = 0.5) -> pathlib.Path:
    """Write the model with the signatures `serving_default`, `embed` and `add`."""
    model = TextModel(shift)
    signatures = {"serving_default": model.classify, "embed": model.embed, "add": model.add}
    tf.saved_model.save(model, str(path), signatures)
    return path
