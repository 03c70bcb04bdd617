"""What one would write without a pipeline: the same data, net, steps, scores and export.

The net is Maru's, so that the pipeline is the only difference; nothing else of it, and nothing
of TFX, is used. Usage: `python -m benchmarks.bare_keras CONFIG FOLDER NUM_TRAIN`.
"""

import csv
import dataclasses
import json
import pathlib
import random
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import yaml

from benchmarks import classifier

Rows = list[tuple[str, str]]


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A net and what turns texts into its inputs."""

    model: keras.Model
    """Maps the inputs to logits."""
    encode: Callable[[Any], Any]
    """Texts `(n,)` string to the model's inputs."""
    resources: tuple[Any, ...]
    """What `encode` needs in the export."""


def text_cnn(settings: dict[str, Any], texts: list[str], num_classes: int) -> Prepared:
    """The net on words counted in the training texts."""
    from models.text import text_cnn

    length = settings["sequence_length"]
    words = keras.layers.TextVectorization(
        settings["vocabulary_size"], output_sequence_length=length
    )
    words.adapt(tf.data.Dataset.from_tensor_slices(texts).batch(64))
    sizes = settings | {"vocabulary_size": words.vocabulary_size()}
    model = classifier.build(text_cnn.TextCNNConfig(**sizes), num_classes)
    return Prepared(model, lambda batch: {"token_ids": tf.cast(words(batch), "int32")}, (words,))


def pretrained_text(settings: dict[str, Any], texts: list[str], num_classes: int) -> Prepared:
    """The pretrained net on its own tokenizer."""
    from models.text import pretrained

    config = pretrained.PretrainedTextConfig(**settings)
    encoder = pretrained.encoder(config)
    model = classifier.build(config, num_classes)
    return Prepared(model, lambda batch: encoder({"text": batch}), tuple(encoder.trackable))


NETS = {"text_cnn": text_cnn, "pretrained_text": pretrained_text}
OPTIMIZERS = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}


def main(config: dict[str, Any], folder: pathlib.Path, num_train: int) -> None:
    """Train, evaluate and export.

    Args:
        config: As Maru's YAML, with a CSV as its source.
        folder: Receives `scores.json` and `export`.
        num_train: Rows to train on, drawn at random; the others are evaluated.
    """
    training = config["training"]
    rows = _read(config["data"]["source"]["path"], config["task"])
    random.Random(0).shuffle(rows)
    labels = sorted({label for _, label in rows[:num_train]})
    keras.utils.set_random_seed(0)
    texts = [text for text, _ in rows[:num_train]]
    prepared = NETS[config["model"]["kind"]](config["model"], texts, len(labels))
    train = _batches(rows[:num_train], labels, prepared, training["batch_size"]).cache()
    evaluated = _batches(rows[num_train:], labels, prepared, training["batch_size"]).cache()
    model = prepared.model
    model.compile(
        optimizer=OPTIMIZERS[training.get("optimizer", "adam")](
            _learning_rate(training, training["epochs"] * len(train))
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    examples = train.unbatch().apply(tf.data.experimental.assert_cardinality(num_train))
    shuffled = examples.shuffle(num_train).batch(training["batch_size"])
    model.fit(shuffled, validation_data=evaluated, epochs=training["epochs"], verbose=2)
    scores = _scores(
        model.predict(evaluated, verbose=0), [labels.index(y) for _, y in rows[num_train:]]
    )
    (folder / "scores.json").write_text(json.dumps(scores))
    _export(prepared, labels, folder / "export")


def _read(path: str, task: dict[str, str]) -> Rows:
    with open(path, encoding="utf-8", newline="") as file:
        text, label = task.get("text", "text"), task.get("label", "label")
        return [(row[text], row[label]) for row in csv.DictReader(file)]


def _batches(rows: Rows, labels: list[str], prepared: Prepared, size: int) -> tf.data.Dataset:
    ids = [labels.index(label) for _, label in rows]
    dataset = tf.data.Dataset.from_tensor_slices(([text for text, _ in rows], ids))
    return dataset.batch(size).map(lambda texts, y: (prepared.encode(texts), y))


def _learning_rate(training: dict[str, Any], steps: int) -> Any:
    rate, schedule = training["learning_rate"], training.get("schedule")
    if schedule is None:
        return rate
    warmup = round(schedule["warmup"] * steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=rate, warmup_steps=warmup
    )


def _scores(logits: np.ndarray, expected: list[int]) -> dict[str, float]:
    """Accuracy and macro F1 (0 to 1) and cross-entropy (nats)."""
    predicted, truth = logits.argmax(-1), np.array(expected)
    log_probabilities = logits - np.logaddexp.reduce(logits, -1, keepdims=True)
    f1 = []
    for label in np.unique(truth):
        hits = np.sum((predicted == label) & (truth == label))
        f1.append(2 * hits / (np.sum(predicted == label) + np.sum(truth == label)))
    return {
        "accuracy": float(np.mean(predicted == truth)),
        "macro_f1": float(np.mean(f1)),
        "cross_entropy": float(-np.mean(log_probabilities[np.arange(len(truth)), truth])),
    }


def _export(prepared: Prepared, labels: list[str], folder: pathlib.Path) -> None:
    def answer(text: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = tf.nn.softmax(prepared.model(prepared.encode(text), training=False))
        best = tf.gather(tf.constant(labels), tf.argmax(probabilities, -1))
        return {"label": best, "probabilities": probabilities}

    archive = keras.export.ExportArchive()
    for resource in (prepared.model, *prepared.resources):
        archive.track(resource)
    archive.add_endpoint("serving_default", answer, [tf.TensorSpec((None,), tf.string, "text")])
    archive.write_out(str(folder), verbose=False)


if __name__ == "__main__":
    settings = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    main(settings, pathlib.Path(sys.argv[2]), int(sys.argv[3]))
