"""Models that cost next to nothing to compute, so that what is left is the server.

Usage: `python -m benchmarks.serving.models FOLDER` writes `trivial/1` and `images/1`.
"""

import pathlib
import sys

import tensorflow as tf


class HalfPlusTwo(tf.Module):
    """Source: TensorFlow Serving's own example of this name."""

    def __init__(self):
        super().__init__()
        self.scale = tf.Variable(0.5)
        self.shift = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def call(self, x):
        """Numbers `(n,)` to `x / 2 + 2`."""
        return {"y": self.scale * x + self.shift}


class MeanColor(tf.Module):
    """Large inputs, little work."""

    def __init__(self):
        super().__init__()
        self.weights = tf.Variable(tf.random.stateless_normal([3, 10], seed=(0, 1)))

    @tf.function(input_signature=[tf.TensorSpec([None, 224, 224, 3], tf.float32, "image")])
    def call(self, image):
        """Images `(n, 224, 224, 3)` to ten numbers each."""
        return {"scores": tf.reduce_mean(image, axis=[1, 2]) @ self.weights}


if __name__ == "__main__":
    for name, model in {"trivial": HalfPlusTwo(), "images": MeanColor()}.items():
        path = pathlib.Path(sys.argv[1], name, "1")
        tf.saved_model.save(model, str(path), {"serving_default": model.call})
