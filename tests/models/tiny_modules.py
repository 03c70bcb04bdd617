"""Hub modules with random weights, small enough for a test."""

import pathlib

import tensorflow as tf

WORDS = ["old", "new", "map", "책"]
TEXT_DIM = 6
IMAGE_SIZE = 8


class TextModule(tf.Module):
    """Strings to vectors: a vocabulary file, dropout, a regularisation loss."""

    def __init__(self, vocabulary: pathlib.Path) -> None:
        super().__init__()
        vocabulary.write_text("\n".join(WORDS), encoding="utf-8")
        self.table = tf.lookup.StaticVocabularyTable(
            tf.lookup.TextFileInitializer(
                str(vocabulary),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            num_oov_buckets=1,
        )
        draw = tf.random.Generator.from_seed(5).normal
        self.embeddings = tf.Variable(draw((5, 4)), name="embeddings/table")
        self.kernel = tf.Variable(draw((4, 6)), name="projection/kernel")
        self.bias = tf.Variable(tf.zeros(6), name="projection/bias")
        self.steps = tf.Variable(0, trainable=False, dtype=tf.int64, name="steps")

    @tf.function
    def __call__(self, texts, training=False):
        ids = self.table.lookup(tf.strings.split(texts))
        vectors = tf.reduce_sum(tf.gather(self.embeddings, ids), axis=1)
        if training:
            self.steps.assign_add(1)
            # Dropout as it is saved by who sets no seed.
            noise = tf.raw_ops.RandomUniform(shape=tf.shape(vectors), dtype=tf.float32)
            vectors = tf.where(noise < 0.1, 0.0, vectors / 0.9)
        return tf.nn.relu(vectors @ self.kernel + self.bias)


class ImageModule(tf.Module):
    """Images to two outputs: a convolution and batch normalisation."""

    def __init__(self) -> None:
        super().__init__()
        draw = tf.random.Generator.from_seed(5).normal
        self.kernel = tf.Variable(draw((3, 3, 3, 5)), name="stem/conv/kernel")
        self.gamma = tf.Variable(tf.ones(5), name="stem/norm/gamma")
        self.beta = tf.Variable(tf.zeros(5), name="stem/norm/beta")
        self.mean = tf.Variable(tf.zeros(5), trainable=False, name="stem/norm/mean")
        self.variance = tf.Variable(tf.ones(5), trainable=False, name="stem/norm/variance")
        self.projection = tf.Variable(draw((5, 7)), name="top/projection")

    @tf.function
    def __call__(self, images, training=False):
        x = tf.nn.conv2d(images, self.kernel, 2, "SAME")
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = tf.nn.moments(x, [0, 1, 2])
            self.mean.assign(0.5 * self.mean + 0.5 * mean)
            self.variance.assign(0.5 * self.variance + 0.5 * variance)
        x = tf.nn.batch_normalization(x, mean, variance, self.beta, self.gamma, 1e-3)
        feature_map = tf.nn.leaky_relu(x)
        pooled = tf.reduce_max(feature_map, [1, 2])
        return {"map": feature_map, "vector": pooled @ self.projection}


def save_text(folder: pathlib.Path) -> str:
    """A text module: `(batch,)` string to `(batch, 6)`; the vocabulary file is removed."""
    vocabulary = folder.with_suffix(".vocabulary")
    text = TextModule(vocabulary)
    root = tf.train.Checkpoint(module=text)
    root.__call__ = text.__call__
    root.trainable_variables = [text.embeddings, text.kernel, text.bias]
    root.variables = [*root.trainable_variables, text.steps]
    root.regularization_losses = [tf.function(lambda: 0.1 * tf.reduce_sum(text.kernel**2), ())]
    spec = tf.TensorSpec((None,), tf.string, name="texts")
    return _save(root, folder, spec, vocabulary)


def save_image(folder: pathlib.Path) -> str:
    """An image module that lists no variables: `(batch, 8, 8, 3)` to `vector` and `map`."""
    spec = tf.TensorSpec((None, IMAGE_SIZE, IMAGE_SIZE, 3), tf.float32, name="images")
    return _save(ImageModule(), folder, spec)


def _save(root, folder: pathlib.Path, spec, *leftovers: pathlib.Path) -> str:
    for training in (False, True):
        root.__call__.get_concrete_function(spec, training=training)
    tf.saved_model.save(root, str(folder))
    for path in leftovers:
        path.unlink()
    return str(folder)
