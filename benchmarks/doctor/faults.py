"""Planted faults: what people do to texts, images, models and trainings without wanting to."""

from __future__ import annotations

import dataclasses
import io
import random
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from PIL import Image, ImageOps

from benchmarks.doctor import case
from benchmarks.doctor.case import Case, Splits

TEXT_CNN = {
    "kind": "text_cnn",
    "sequence_length": 64,
    "embedding_dim": 32,
    "filters": 24,
    "kernel_sizes": [2, 3],
}
RESNET = {
    "kind": "resnet",
    "blocks": [1, 1],
    "width": 8,
    "stem": "small",
    "image_size": 16,
}
VGG = {"kind": "vgg", "depth": 16, "width": 8, "hidden_dim": 32, "image_size": 32}
MINILM = {"kind": "pretrained_text", "preset": "minilm", "sequence_length": 48}
BAG = {"kind": "bag_of_words", "sequence_length": 64}


def text(name: str, expected: Sequence[str], **fields: Any) -> Case:
    """A fault in texts or in a model of texts."""
    given = {"sample": "library_docs", "model": TEXT_CNN, **fields}
    return Case(f"text: {name}", expected=tuple(expected), **given)


def image(name: str, expected: Sequence[str], **fields: Any) -> Case:
    """A fault in images or in a model of images."""
    given = {"sample": "digits", "model": RESNET, **fields}
    return Case(f"image: {name}", expected=tuple(expected), **given)


def shuffled_labels(splits: Splits) -> Splits:
    """Labels that have nothing to do with the inputs."""
    return {
        name: (inputs, random.Random(1).sample(labels, len(labels)))
        for name, (inputs, labels) in splits.items()
    }


def shifted_labels(splits: Splits) -> Splits:
    """Each row has the label of the row before it."""
    return {name: (ins, [*labels[-1:], *labels[:-1]]) for name, (ins, labels) in splits.items()}


def constant(splits: Splits) -> Splits:
    """Every row the same."""
    first = splits["train"][0][0]
    return {name: ([first] * len(inputs), labels) for name, (inputs, labels) in splits.items()}


def missing(splits: Splits) -> Splits:
    """A third of the texts are what a missing value becomes in a table."""
    return {
        name: ([b"nan" if i % 3 == 0 else c for i, c in enumerate(inputs)], labels)
        for name, (inputs, labels) in splits.items()
    }


def copied(splits: Splits) -> Splits:
    """The eval split is made of training rows."""
    inputs, labels = splits["train"]
    count = len(splits["eval"][0])
    return {**splits, "eval": (inputs[:count], labels[:count])}


def nearly_copied(splits: Splits) -> Splits:
    """Eval rows are training rows with another ending."""
    inputs, labels = splits["train"]
    count = len(splits["eval"][0])
    return {**splits, "eval": ([text + b" Indeed!" for text in inputs[:count]], labels[:count])}


def recompressed(splits: Splits) -> Splits:
    """Eval images are training images, saved once more."""

    def save(content: bytes) -> bytes:
        stream = io.BytesIO()
        enlarged = Image.open(io.BytesIO(content)).convert("RGB").resize((32, 32))
        enlarged.save(stream, "JPEG", quality=80)
        return stream.getvalue()

    inputs, labels = splits["train"]
    count = len(splits["eval"][0])
    return {**splits, "eval": ([save(one) for one in inputs[:count]], labels[:count])}


def one_class(splits: Splits) -> Splits:
    """One label has 99 of 100 rows."""
    inputs, labels = splits["train"]
    common = labels[0]
    chosen = [i for i, label in enumerate(labels) if label == common]
    rare = [i for i, label in enumerate(labels) if label != common][: max(2, len(chosen) // 99)]
    kept = [*chosen, *rare]
    return {**splits, "train": ([inputs[i] for i in kept], [labels[i] for i in kept])}


def contradicted(splits: Splits) -> Splits:
    """A fifth of the rows are there again with another label."""
    inputs, labels = splits["train"]
    count = len(inputs) // 5
    others = [next(o for o in labels if o != label) for label in labels[:count]]
    return {**splits, "train": ([*inputs, *inputs[:count]], [*labels, *others])}


def repeated(splits: Splits) -> Splits:
    """Half of the rows are copies of one another."""
    inputs, labels = splits["train"]
    half = len(inputs) // 8
    return {**splits, "train": (inputs[:half] * 8, labels[:half] * 8)}


def other_domain(splits: Splits) -> Splits:
    """Eval texts are turned into telegrams in capitals, as another source would write them."""
    inputs, labels = splits["eval"]
    texts = [b" STOP ".join(content.upper().split()[::2]) for content in inputs]
    return {**splits, "eval": (texts, labels)}


def inverted(splits: Splits) -> Splits:
    """Eval images are negatives."""

    def invert(content: bytes) -> bytes:
        stream = io.BytesIO()
        ImageOps.invert(Image.open(io.BytesIO(content)).convert("L")).save(stream, "PNG")
        return stream.getvalue()

    inputs, labels = splits["eval"]
    return {**splits, "eval": ([invert(one) for one in inputs], labels)}


def blank(splits: Splits) -> Splits:
    """Every image is black, as after a failed download or a wrong scaling."""
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "PNG")
    return {
        name: ([stream.getvalue()] * len(inputs), labels)
        for name, (inputs, labels) in splits.items()
    }


def off_by_one(batch: tuple[Any, np.ndarray]) -> tuple[Any, np.ndarray]:
    """Labels counted from 1."""
    return batch[0], batch[1] + 1


def softmax_twice(model: keras.Model) -> keras.Model:
    """Probabilities where logits are expected."""
    return keras.Model(model.input, keras.layers.Softmax(name="again")(model.output))


def all_frozen(model: keras.Model) -> keras.Model:
    """Nothing trains."""
    model.trainable = False
    return model


def dead_head(model: keras.Model) -> keras.Model:
    """No logit is ever above zero where the head has a ReLU."""
    shifted = keras.layers.Rescaling(1.0, -50.0, name="shifted")(model.output)
    return keras.Model(model.input, keras.layers.ReLU(name="relu_head")(shifted))


@keras.saving.register_keras_serializable(package="benchmark")
class OverTheBatch(keras.layers.Layer):
    """Takes the mean over the wrong axis, so that examples see each other."""

    def call(self, values):
        """Subtract the mean over the batch."""
        return values - keras.ops.mean(values, axis=0, keepdims=True)


@keras.saving.register_keras_serializable(package="benchmark")
class Reversed(keras.layers.Layer):
    """Answers each example with another one's output."""

    def call(self, values):
        """Turn the batch around."""
        return values[::-1]


@keras.saving.register_keras_serializable(package="benchmark")
class DividedByItsDeviation(keras.layers.Layer):
    """Standardises each row by itself: a row without any deviation becomes no number."""

    def call(self, values):
        """Divide by the deviation."""
        return values / keras.ops.std(values, axis=-1, keepdims=True) * 0.0


def mixed_over_the_batch(model: keras.Model) -> keras.Model:
    """The mean over axis 0 where axis 1 is meant."""
    return keras.Model(model.input, OverTheBatch(name="over_the_batch")(model.output))


def turned_around(model: keras.Model) -> keras.Model:
    """The batch comes back in another order."""
    return keras.Model(model.input, Reversed(name="reversed")(model.output))


def divided_by_zero(model: keras.Model) -> keras.Model:
    """Rows that are constant become NaN."""
    zero = keras.layers.Rescaling(0.0, name="constant")(model.output)
    broken = DividedByItsDeviation(name="divided")(zero)
    return keras.Model(model.input, keras.layers.Add(name="sum")([model.output, broken]))


def raw_pixels(config: Any) -> Any:
    """Pixels from 0 to 255 go into the network as they are."""
    return dataclasses.replace(
        config, pixels="channel_mean", channel_mean=(0.0, 0.0, 0.0), channel_std=(1.0, 1.0, 1.0)
    )


def recipe(model: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A model with some fields of its recipe set."""
    return {**model, "recipe": fields}


_UNEASY = ("initial_loss", "activation_spread")
_STUCK = ("gradient_flow", "gradient_norms")
_NO_INPUT = ("input_dependence", "gradient_flow")

FAULTS: tuple[Case, ...] = (
    text("shuffled labels", ["label_signal"], in_data=shuffled_labels),
    image("shuffled labels", ["label_signal"], in_data=shuffled_labels),
    text("labels of the row before", ["label_signal"], in_data=shifted_labels),
    text("constant input", ["constant_input"], in_data=constant),
    image("every image black", ["constant_input"], in_data=blank),
    text("missing values read as words", ["constant_input"], in_data=missing),
    text("softmax twice", ["initial_loss"], in_model=softmax_twice),
    image("softmax twice", ["initial_loss"], in_model=softmax_twice),
    text("loss summed over the batch", ["initial_loss"], loss=case.sum_of_losses),
    image("loss summed over the batch", ["initial_loss"], loss=case.sum_of_losses),
    text("learning rate 1e3", ["learning_rate_range"], training={"learning_rate": 1000.0}),
    image("learning rate 1e3", ["learning_rate_range"], training={"learning_rate": 1000.0}),
    text("learning rate 1e-9", ["learning_rate_range"], training={"learning_rate": 1e-9}),
    image("learning rate 1e-9", ["learning_rate_range"], training={"learning_rate": 1e-9}),
    text("everything frozen", ["parameters"], in_model=all_frozen, model=MINILM),
    image("everything frozen", ["parameters"], in_model=all_frozen),
    text("zero initialisation", _NO_INPUT, model=recipe(TEXT_CNN, initializer="zeros")),
    image("zero initialisation", _NO_INPUT, model=recipe(VGG, initializer="zeros")),
    image(
        "N(0, 1) in a deep net",
        _UNEASY,
        model=recipe(VGG, initializer="random_normal", initializer_std=1.0),
    ),
    image(
        "sigmoids 20 layers deep",
        ["gradient_norms", "input_dependence"],
        model=recipe(
            {**RESNET, "blocks": [3, 3, 3], "shortcuts": "plain"},
            activation="sigmoid",
            normalization="none",
        ),
    ),
    image("unnormalised pixels", _UNEASY, model=recipe(VGG), in_config=raw_pixels),
    text("labels off by one", ["initial_loss"], in_batch=off_by_one),
    image("labels off by one", ["initial_loss"], in_batch=off_by_one),
    text("eval copied from train", ["leakage"], in_data=copied),
    image("eval copied from train", ["leakage"], in_data=copied),
    text("eval nearly copied from train", ["leakage"], in_data=nearly_copied),
    image("eval copied from train, recompressed", ["leakage"], in_data=recompressed),
    text("mean over the batch axis", ["batch_leakage"], in_model=mixed_over_the_batch),
    image("batch turned around", ["batch_leakage"], in_model=turned_around),
    text("dead head", ["gradient_flow"], in_model=dead_head),
    image("dead head", ["gradient_flow"], in_model=dead_head),
    text("NaN rows", ["initial_loss"], in_model=divided_by_zero),
    image("NaN rows", ["initial_loss"], in_model=divided_by_zero),
    text("English preset, Korean texts", ["unknown_words"], sample="korean", model=MINILM),
    text("another corpus's vocabulary", ["unknown_words"], vocabulary_of="korean"),
    text("cut to 4 tokens", ["truncation"], model={**TEXT_CNN, "sequence_length": 4}),
    text("one class 99 %", ["class_balance"], in_data=one_class, rows=3000),
    image("one class 99 %", ["class_balance"], in_data=one_class, rows=1797),
    text("eval of another domain", ["covariate_shift"], in_data=other_domain),
    image("eval images inverted", ["covariate_shift", "drift"], in_data=inverted),
    text("dropout 0.99", ["dropout"], model=recipe(TEXT_CNN, dropout=0.99)),
    image("dropout 0.99", ["dropout"], model=recipe(VGG, dropout=0.99)),
    text("same texts, different labels", ["label_conflicts"], in_data=contradicted),
    text("every row eight times", ["exact_duplicates"], in_data=repeated),
)
"""What is planted, and the checks of which one must name it."""


def at_rate(rate: float, **fields: Any) -> dict[str, Any]:
    """A training at a constant rate."""
    return {"training": {"learning_rate": rate, "epochs": 6, **fields}, "trains": True}


CURVES: tuple[tuple[Case, tuple[str, ...]], ...] = (
    (image("diverges", [], **at_rate(300.0, optimizer="sgd")), ("diverging", "not_finite")),
    (image("rate too small to move", [], **at_rate(1e-9)), ("flat",)),
    (
        text("learned by heart", [], rows=120, **at_rate(1e-2, epochs=12)),
        ("overfitting",),
    ),
    (
        image("shuffled labels learned by heart", [], in_data=shuffled_labels, **at_rate(3e-3)),
        ("overfitting", "flat"),
    ),
    (text("stopped too early", [], model=BAG, **at_rate(3e-3, epochs=4)), ("still_improving",)),
)
"""Trainings whose curves must show one of some patterns."""
