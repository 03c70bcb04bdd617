"""What Trainer and Tuner share: the transform graph, the model and the batches."""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from models import zoo
from models.encoder import Encoder
from models.training import inputs
from pipeline import config as pipeline_config
from pipeline.modules import transform

Features = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Learner:
    """A model that fits the data, and the functions between raw columns and its inputs."""

    config: pipeline_config.LearnerConfig
    """With the sizes and statistics of the data filled in."""
    labels: tuple[str, ...]
    """Label of each class."""
    columns: dict[str, Any]
    """Parsing spec of the input and the label column."""
    graph: Any
    """Transform graph: a layer from raw to transformed columns."""
    encoder: Encoder
    """From transformed columns to the model's inputs."""

    def build(self) -> keras.Model:
        """A fresh model; its weights depend on the seed alone."""
        keras.utils.set_random_seed(self.config.training.seed)
        return zoo.MODELS[self.config.model.kind].build(self.config.model, len(self.labels))

    def batches(self, patterns: Sequence[str], *, shuffled: bool) -> inputs.Batches:
        """The examples of some files, in batches of `training.batch_size`."""
        training = self.config.training
        return inputs.batches(
            [file for pattern in patterns for file in glob.glob(pattern)],
            parse=lambda serialized: tf.io.parse_example(serialized, self.columns),
            transform=self.graph,
            encode=self.encoder,
            label="label_id",
            batch_size=training.batch_size,
            shuffle_seed=training.seed if shuffled else None,
            cache_mib=training.cache_mib,
        )

    def encode(self, raw: tf.Tensor) -> Features:
        """Raw inputs `(n,)` string to the model's inputs: the way of every served request."""
        return self.encoder(self.transform(self.config.task.input_column, raw))

    def label_id(self, labels: tf.Tensor) -> tf.Tensor:
        """Labels `(n,)` string to ids `(n,)` int64, -1 for labels not seen in training."""
        return self.transform(self.config.task.label, labels)["label_id"]

    def transform(self, column: str, values: tf.Tensor) -> Features:
        """What the transform graph computes from one raw column `(n,)` alone."""
        shape = self.columns[column].shape
        return self.graph({column: tf.reshape(values, [-1, *shape])})


def prepare(
    config: pipeline_config.LearnerConfig, transform_output: str, train_files: Sequence[str]
) -> Learner:
    """Fill into a config what only the data knows.

    Args:
        config: As the user wrote it.
        transform_output: Folder of the Transform's output.
        train_files: Patterns of the train split's files.

    Raises:
        ValueError: If the train split has fewer than two labels.
    """
    output = tft.TFTransformOutput(transform_output)
    labels = tuple(value.decode() for value in output.vocabulary_by_name(transform.LABELS))
    if len(labels) < 2:
        raise ValueError(
            f"The train split has one label only: {labels[0]!r}. Classification needs at least "
            "two. Look at `task.label` and `data.split`."
        )
    graph = output.transform_features_layer()
    spec = output.raw_feature_spec()
    columns = {name: spec[name] for name in (config.task.input_column, config.task.label)}
    entry = zoo.MODELS[config.model.kind]
    learner = Learner(config, labels, columns, graph, entry.encoder(config.model))
    changes = _FROM_DATA[entry.recipe](learner, output, train_files)
    model = dataclasses.replace(config.model, **changes)
    return dataclasses.replace(learner, config=dataclasses.replace(config, model=model))


def _nothing(
    learner: Learner, output: tft.TFTransformOutput, train_files: Sequence[str]
) -> dict[str, Any]:
    return {}


def _vocabulary_size(
    learner: Learner, output: tft.TFTransformOutput, train_files: Sequence[str]
) -> dict[str, Any]:
    size = output.vocabulary_size_by_name(transform.TOKENS) + transform.RESERVED_TOKENS
    return {"vocabulary_size": size}


def _pixel_statistics(
    learner: Learner, output: tft.TFTransformOutput, train_files: Sequence[str]
) -> dict[str, Any]:
    """Mean and standard deviation per channel over the first training images.

    Ingest orders them without pattern, so the first ones are a fair sample.
    """
    if learner.config.model.pixels != "standardize":
        return {}
    batches = learner.batches(train_files, shuffled=False)
    sums, count = np.zeros((2, 3)), 0
    for inputs_, _ in batches.epoch(0).take(-(-STANDARDIZED_ON // batches.batch_size)):
        pixels = tf.cast(inputs_["image"], tf.float64)
        sums += [tf.reduce_sum(pixels, [0, 1, 2]), tf.reduce_sum(pixels**2, [0, 1, 2])]
        count += int(tf.size(pixels)) // 3
    mean, square = sums / count
    deviation = np.sqrt(square - mean**2)
    return {"channel_mean": tuple(mean.tolist()), "channel_std": tuple(deviation.tolist())}


STANDARDIZED_ON = 5000
"""Training images whose pixels are measured."""
_FROM_DATA: dict[str, Callable[..., dict[str, Any]]] = {
    "text": _nothing,
    "token_ids": _vocabulary_size,
    "image_bytes": _pixel_statistics,
}
