"""What Trainer and Tuner share: the transform graph, the model and the batches."""

from __future__ import annotations

import dataclasses
import glob
import pathlib
import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from models import siamese, zoo
from models.encoder import Encoder
from models.entry import Measured, Vocabulary
from models.estimator import Estimator
from models.image.config import ImageModelConfig
from models.tasks import endpoints
from models.tasks import facts as measuring
from models.tasks import task as tasks
from models.tasks.endpoints import Function, Network
from models.tasks.task import Facts, Objective
from models.tensor import Tensor
from models.text import segments, unit_windows
from models.text.config import TokenizedConfig
from models.training import inputs, placement
from pipeline.config.sections import LearnerConfig
from pipeline.modules import drawing, learned_tokenizers, transform

Features = dict[str, Any]
MEASURED_IMAGES = 5000
"""Training images whose pixels are measured."""
_WITHOUT_FACTS = ("answers", "written")
"""What targets hold of which nothing is counted."""
_NO_ENCODER = Encoder(lambda features: features)
_TEXTS_AT_ONCE = 512
_TARGETS_AT_ONCE = 4096


@dataclasses.dataclass(frozen=True)
class Learner:
    """A model that fits the data, and the functions between raw columns and its inputs."""

    config: LearnerConfig
    """With the sizes and statistics of the data filled in."""
    facts: Facts
    """What only the data knows of the task's targets."""
    columns: dict[str, Any]
    """Parsing spec of the task's columns."""
    graph: Any
    """Transform graph: a layer from raw to transformed columns."""
    encoder: Encoder
    """From transformed columns to the model's inputs."""
    measured: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    """What layers need to know of the training split, by layer name: the mean image of `pixels`,
    the inverse document frequencies of `idf`."""

    def build(self, precision: str) -> keras.Model:
        """A fresh model; its weights depend on the seed alone.

        Args:
            precision: Dtype policy of its layers: the training's, or `float32` to export it.
        """
        # Keras draws seeds from here. Its `set_random_seed` would also empty TensorFlow's cache of
        # kernels, which owns the SentencePiece models that `encoder` reads.
        random.seed(self.config.training.seed)
        with placement.precision(precision):
            model = zoo.build(self.config.model, self.config.task, self.facts)
        for layer, values in self.measured.items():
            model.get_layer(layer).set_measured(values)
        return model

    def with_model(self, **fields: Any) -> Learner:
        """The same learner with some fields of `model` replaced."""
        model = dataclasses.replace(self.config.model, **fields)
        return dataclasses.replace(self, config=dataclasses.replace(self.config, model=model))

    def objective(self) -> Objective:
        """What training minimises and watches, made anew."""
        return self.config.task.objective(self.facts, self.config.training)

    def batches(self, patterns: Sequence[str], *, shuffled: bool) -> inputs.Batches:
        """The examples of some files, in batches of `training.batch_size`.

        Args:
            patterns: Of the files.
            shuffled: Whether they are for training: in another order each epoch, and augmented.
        """
        seed = self.config.training.seed if shuffled else None
        return self._batches(patterns, seed, self._augment(shuffled=shuffled))

    def batches_as_they_are(self, patterns: Sequence[str]) -> inputs.Batches:
        """The same in their own order, and with nothing drawn of them."""
        return self._batches(patterns, None, None)

    def _batches(
        self, patterns: Sequence[str], seed: int | None, augment: inputs.Augment | None
    ) -> inputs.Batches:
        training = self.config.training
        return inputs.batches(
            _find(patterns),
            parse=lambda serialized: tf.io.parse_example(serialized, self.columns),
            transform=self.graph,
            part=self._part,
            encode=self.encoder,
            batch_size=training.batch_size,
            shuffle_seed=seed,
            cache_mib=training.cache_mib,
            augment=augment,
            spreads=self.encoder.pieces is not None,
            learned=self.encoder.learned,
            lengths=self.encoder.lengths,
            batch_tokens=training.batch_tokens,
        )

    def _part(self, features: Features) -> tuple[Features, Any]:
        batch = self.config.task.batch(features, self.facts)
        return batch.inputs, batch.target

    def _augment(self, *, shuffled: bool) -> inputs.Augment | None:
        """What is drawn anew each epoch; the config has no operations that are written before."""
        if tasks.draws_views(self.config.task):
            return drawing.views(self.config.augmentation, len(self.config.task.sides), self.soften)
        operations = self.config.augmentation if shuffled else ()
        return drawing.varied(operations, self.soften) if operations else self.objective().draw

    def soften(self, target: Tensor) -> Tensor:
        """Targets of a batch to float32 `(batch, k)`, in a graph."""
        return self.config.task.soften(target, self.facts)

    def counted(self, target: Tensor) -> Tensor:
        """Targets of a batch as estimators take them, in a graph."""
        return self.soften(target) if tasks.targets(self.config.task) else target

    def estimator(self) -> Estimator | None:
        """How the model is fitted by counting; None if it is trained by gradients."""
        model = self.config.model
        estimator = zoo.MODELS[model.kind].estimator
        if estimator is None:
            return None
        return estimator(model, tasks.learned(self.config.task))

    def class_weights(self, patterns: Sequence[str]) -> dict[int, float] | None:
        """Factor of each class's loss, as the task and `training` say of some files' targets."""

        def targets() -> np.ndarray:
            batches = self.batches(patterns, shuffled=False).epoch(0)
            return np.concatenate([target.numpy() for _, target in batches])

        return self.config.task.class_weights(self.config.training, self.facts, targets)

    def encode(self, raw: Mapping[str, Any]) -> Features:
        """Raw inputs by column, each `(n,)` string, to the model's."""
        return self.encoder(self.config.task.for_encoder(self.transform(raw)))

    def network(self, model: keras.Model) -> Network:
        """A trained model as the task asks it: the way of every request.

        Args:
            model: Gives `outputs` of the head, and the `features` that it stands on, if any.
        """
        columns = {column.served_as: column.name for column in tasks.inputs(self.config.task)}

        def encode(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return self.encode({column: raw[name] for name, column in columns.items()})

        def of_encoded(encoded: Mapping[str, Any]) -> Mapping[str, Any]:
            return endpoints.outputs(model, encoded)

        return Network(
            lambda raw: of_encoded(encode(raw)),
            lambda units: unit_windows.outputs(self.encoder, model, units),
            self.encoder.pieces,
            encode,
            of_encoded,
            self._of_side(model) if self.config.task.sides else None,
            zoo.writer(self.config.model, model, self.encoder),
            endpoints.FEATURES in model.output,
        )

    def _of_side(self, model: keras.Model) -> Callable[[Any, Function], Any]:
        """Cells of any input to their vectors, by a siamese model."""
        columns = [column.name for column in tasks.inputs(self.config.task)]
        side = siamese.side(model)

        def of_side(cells: Any, change: Function) -> Any:
            # The transform graph makes no feature of a side where another column is missing.
            features = self.transform(dict.fromkeys(columns, cells))
            encoded = self.encoder.side(self.config.task.for_encoder(features))
            return endpoints.outputs(side, change(encoded))[siamese.SIDE]

        return of_side

    def transform(self, raw: Mapping[str, Any]) -> Features:
        """What the transform graph computes of some raw columns, each `(n,)`, alone."""
        return self.graph(
            {
                name: tf.reshape(values, [-1, *self.columns[name].shape])
                for name, values in raw.items()
            }
        )


def prepare(
    config: LearnerConfig,
    transform_output: str,
    train_files: Sequence[str],
    folder: pathlib.Path,
) -> Learner:
    """Fill into a config what only the data knows.

    Args:
        config: As the user wrote it.
        transform_output: Folder of the Transform's output.
        train_files: Patterns of the train split's files.
        folder: Where a learned tokenizer is kept for the next trial or try.

    Raises:
        ValueError: If the task cannot be learned from the train split.
    """
    output = tft.TFTransformOutput(transform_output)
    spec = output.raw_feature_spec()
    columns = {column.name: spec[column.name] for column in config.task.columns}
    model: Any = config.model
    entry = zoo.MODELS[model.kind]
    facts = _facts(config, output, columns, train_files)
    sizes = {tasks.BATCH: config.training.batch_size}
    if length := entry.sequence_length(model):
        sizes[tasks.UNITS] = length
    if (patch := entry.patch_size(model)) and (side := entry.image_size(model)):
        sizes |= {tasks.PATCH: patch, tasks.IMAGE: side}
    facts = dataclasses.replace(facts, sizes=sizes)
    config.task.check(facts)
    learner = Learner(config, facts, columns, output.transform_features_layer(), _NO_ENCODER)
    if entry.tokenizer == "fitted" and entry.feature(model) == "text":
        learner = _with_tokenizer(learner, model, transform_output, train_files, folder)
    elif entry.feature(model) == "token_ids":
        size = output.vocabulary_size_by_name(transform.TOKENS) + transform.RESERVED_TOKENS
        learner = learner.with_model(vocabulary_size=size)
    model = learner.config.model
    learner = dataclasses.replace(learner, encoder=zoo.encoder(model, config.task))
    found = learner.encoder.pieces
    if pieces := learner.encoder.written if found is None else len(found.names):
        sizes = {**facts.sizes, tasks.PIECES: pieces}
        learner = dataclasses.replace(learner, facts=dataclasses.replace(facts, sizes=sizes))
    measured = entry.measured(model)
    return learner if measured is None else _MEASURING[measured](learner, model, train_files)


def _facts(
    config: LearnerConfig, output: Any, columns: Mapping[str, Any], train_files: Sequence[str]
) -> Facts:
    """Vocabularies of labels, mean and deviation of numbers."""
    facts = Facts()
    for column in tasks.targets(config.task):
        if column.holds == "number":
            mean, deviation = measuring.mean_and_deviation(
                _numbers(column.name, columns[column.name], train_files)
            )
            facts = Facts(means={column.name: mean}, deviations={column.name: deviation})
        elif column.holds not in _WITHOUT_FACTS:
            words = output.vocabulary_by_name(transform.LABELS)
            facts = Facts({column.name: tuple(word.decode() for word in words)})
    return facts


def _numbers(name: str, spec: Any, files: Sequence[str]) -> Iterator[np.ndarray]:
    """The values of a column of numbers in some files."""
    for serialized in _records(files, _TARGETS_AT_ONCE):
        yield tf.io.parse_example(serialized, {name: spec})[name].numpy()


def _with_tokenizer(
    learner: Learner,
    model: Any,
    transform_output: str,
    train_files: Sequence[str],
    folder: pathlib.Path,
) -> Learner:
    """The files of tokenizers, learned unless the config names them, and their pieces' numbers."""
    fields = learned_tokenizers.fields(
        model,
        [transform_output, *sorted(train_files)],
        lambda vocabulary: _texts(learner, vocabulary, train_files),
        folder,
    )
    return learner.with_model(**fields)


def _texts(learner: Learner, vocabulary: Vocabulary, files: Sequence[str]) -> Iterator[str]:
    """The normalised texts of some files."""
    task = learner.config.task
    names = [column.name for column in tasks.inputs(task)]
    features_by_role = {
        "input": segments.names(len(names)),
        "target": [tasks.TARGET for _ in tasks.targets(task)],
    }
    read = [name for role in vocabulary.roles for name in features_by_role[role]]
    if "target" in vocabulary.roles:
        names += [column.name for column in tasks.targets(task)]
    for serialized in _records(files, _TEXTS_AT_ONCE):
        raw = tf.io.parse_example(serialized, learner.columns)
        features = learner.transform({name: raw[name] for name in names})
        features = {**features, **task.for_encoder(features)}  # Texts as they are read.
        for name in read:
            for text in features[name].numpy():
                yield unicodedata.normalize("NFC", text.decode("utf-8"))


def _records(patterns: Sequence[str], count: int) -> Any:
    """Serialized examples of some files, `count` at once."""
    return tf.data.TFRecordDataset(_find(patterns), compression_type="GZIP").batch(count)


def _with_document_frequencies(
    learner: Learner, model: TokenizedConfig, train_files: Sequence[str]
) -> Learner:
    """Measure how rare each token is; scikit-learn's smoothed formula."""
    batches = learner.batches_as_they_are(train_files)
    frequencies, count = np.zeros(model.vocabulary_size), 0
    for inputs_, _ in batches.epoch(0):
        texts = inputs_["token_ids"].numpy()
        for token_ids in texts.reshape(-1, texts.shape[-1]):  # Of siamese tasks each side is one.
            frequencies[np.unique(token_ids)] += 1
            count += 1
    factors = np.log((1 + count) / (1 + frequencies)) + 1
    return dataclasses.replace(learner, measured={"idf": factors})


def _with_pixel_statistics(
    learner: Learner, model: ImageModelConfig, train_files: Sequence[str]
) -> Learner:
    """What `pixels` subtracts and divides by, measured on the first training images.

    Ingest orders them without pattern, so the first ones are a fair sample.
    """
    batches = learner.batches_as_they_are(train_files)
    count, total, squares = 0, np.zeros(()), np.zeros(())
    for inputs_, _ in batches.epoch(0).take(-(-MEASURED_IMAGES // batches.batch_size)):
        images = tf.cast(inputs_["image"], tf.float64)
        count += len(images)
        total = total + tf.reduce_sum(images, 0).numpy()
        squares = squares + tf.reduce_sum(images**2, [0, 1, 2]).numpy()
    if model.pixels == "mean_image":
        return dataclasses.replace(learner, measured={"pixels": total / count})
    mean = np.mean(total / count, axis=(0, 1))
    fields = {"channel_mean": tuple(mean.tolist())}
    if model.pixels == "standardize":
        deviation = np.sqrt(squares / (count * total[..., 0].size) - mean**2)
        fields["channel_std"] = tuple(deviation.tolist())
    return learner.with_model(**fields)


def _find(patterns: Sequence[str]) -> list[str]:
    return sorted(file for pattern in patterns for file in glob.glob(pattern))


_MEASURING: dict[Measured, Callable[[Learner, Any, Sequence[str]], Learner]] = {
    "document_frequencies": _with_document_frequencies,
    "pixels": _with_pixel_statistics,
}
"""How what an entry of the zoo calls `measured` is found on the train split."""
