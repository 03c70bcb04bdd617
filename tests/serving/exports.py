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


class EchoModel(tf.Module):
    """Answers with what it was asked."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, "text"),
            tf.TensorSpec([None], tf.string, "raw_bytes"),
            tf.TensorSpec([None, 3], tf.int64, "ids"),
            tf.TensorSpec([None], tf.float32, "score"),
            tf.TensorSpec([None], tf.bool, "flag"),
        ]
    )
    def echo(self, text, raw_bytes, ids, score, flag):
        answer = {"text": text, "raw_bytes": raw_bytes, "ids": ids, "score": score, "flag": flag}
        return {name: tf.identity(value) for name, value in answer.items()}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, "x")])
    def any_shape(self, x):
        return {"x": tf.identity(x)}


def export_echo_model(path: pathlib.Path, *dtypes: tf.DType) -> pathlib.Path:
    """Write the model with the signatures `serving_default`, `any_shape` and one of each type."""
    model = EchoModel()
    signatures = {"serving_default": model.echo, "any_shape": model.any_shape}
    for dtype in dtypes:
        spec = tf.TensorSpec([None], dtype, "x")
        function = tf.function(lambda x: {"x": tf.identity(x)}, input_signature=[spec])
        signatures[dtype.name] = function.get_concrete_function()
    tf.saved_model.save(model, str(path), signatures)
    return path


class MatrixModel(tf.Module):
    """A product of matrices, scaled, and the label of its largest column."""

    def __init__(self, scale: float):
        self.weights = tf.Variable([[0.11, -0.52, 0.31], [0.23, 0.41, -0.77]])
        self.scale = tf.Variable(scale)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
    def score(self, x):
        scores = tf.matmul(x * self.scale, self.weights) @ tf.eye(3)
        names = tf.constant(["a", "b", "c"])
        return {
            "scores": scores,
            "label": tf.gather(names, tf.argmax(scores, axis=1)),
            "labels": tf.tile(names[None], [tf.shape(x)[0], 1]),
        }


def export_matrix_model(path: pathlib.Path, scale: float = 1.0) -> pathlib.Path:
    """Write the model that multiplies matrices, with the signature `serving_default`."""
    model = MatrixModel(scale)
    tf.saved_model.save(model, str(path), {"serving_default": model.score})
    return path


class PairModel(tf.Module):
    """Two texts in; the first one's words, a sum and a yes or no out.

    The words are filled up to the longest row of a batch.
    """

    def __init__(self):
        self.weights = tf.Variable([[0.3], [-0.1]])

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, "first"),
            tf.TensorSpec([None], tf.string, "second"),
        ]
    )
    def compare(self, first, second):
        words = tf.strings.split(first)
        lengths = tf.cast(
            tf.stack([tf.strings.length(one) for one in (first, second)], 1), tf.float32
        )
        return {
            "words": words.to_tensor(),
            "words_length": tf.cast(words.row_lengths(), tf.int32),
            "score": (lengths @ self.weights)[:, 0],
            "is_longer": lengths[:, 0] > lengths[:, 1],
        }


def export_pair_model(path: pathlib.Path) -> pathlib.Path:
    """Write the model of two texts, with the signature `serving_default`."""
    model = PairModel()
    tf.saved_model.save(model, str(path), {"serving_default": model.compare})
    return path
