"""Three findings every textbook tells, staged again with the zoo's own parts.

    .venv/bin/python -m benchmarks.classics --images ../data/cifar10_subset

draws `depth.png` (He et al. 2015: plain networks get worse with depth, residual ones do not),
`initializers.png` (Glorot and Bengio 2010, He et al. 2015: how wide activations are in a 20-layer
ReLU network, and whether it learns) and `normalization.png` (Ioffe and Szegedy 2015: with and
without batch normalisation at several learning rates), and writes the figures beside them.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import matplotlib
import numpy as np
import tensorflow as tf

from benchmarks import classifier
from models import recipe as recipes
from models.image import resnet
from models.layers import blocks
from models.recipe import PLAIN, Recipe

matplotlib.use("Agg")
import matplotlib.pyplot as plt

INITIALIZERS = {
    "He normal": Recipe(initializer="he_normal"),
    "Glorot normal": Recipe(initializer="glorot_normal"),
    "N(0, 1)": Recipe(initializer="random_normal", initializer_std=1.0),
    "N(0, 0.01²)": Recipe(initializer="random_normal", initializer_std=0.01),
}
# Okabe and Ito's colours, which the colour-blind can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DEPTHS = (1, 3, 5, 7)
"""Blocks per stage; a network has six times as many layers and two more."""


def depth(images: pathlib.Path, epochs: int, size: int) -> dict[str, Any]:
    """Training and validation accuracy of plain and residual networks by depth."""
    train = _folder(images / "train", size).shuffle(10_000, seed=0).batch(64)
    validation = _folder(images / "test", size).batch(512)
    rows = []
    for shortcuts in ("plain", "residual"):
        for number in DEPTHS:
            config = resnet.ResNetConfig(
                blocks=(number,) * 3, stem="small", width=16, shortcuts=shortcuts, image_size=size
            )
            keras.utils.set_random_seed(0)
            history, seconds = _fit(classifier.build(config, 10), train, validation, epochs, 1e-3)
            rows.append({"shortcuts": shortcuts, "layers": 6 * number + 2, "seconds": seconds})
            rows[-1] |= {name: values[-1] for name, values in history.items()}
            _tell(f"{shortcuts}, {6 * number + 2} layers", history, seconds)
    return {"rows": rows, "epochs": epochs, "image_size": size, "seed": 0}


def initializers(epochs: int) -> dict[str, Any]:
    """Spread of the activations of each layer before training, and the loss of each epoch."""
    train, validation = _digits()
    result: dict[str, Any] = {"epochs": epochs, "seed": 0, "layers": 20, "rows": {}}
    for name, chosen in INITIALIZERS.items():
        keras.utils.set_random_seed(0)
        model = _deep_net(chosen.over(PLAIN), num_layers=20, units=256)
        activations = keras.Model(model.input, [x.output for x in model.layers if _is_relu(x)])
        [first] = train.take(1)
        spread = [float(np.std(layer, dtype=np.float64)) for layer in activations(first[0])]
        history, seconds = _fit(model, train, validation, epochs, 1e-3)
        result["rows"][name] = {"spread": spread, "seconds": seconds, **history}
        _tell(name, history, seconds)
    return result


def normalization(epochs: int) -> dict[str, Any]:
    """Validation accuracy with and without batch normalisation at several rates."""
    train, validation = _digits()
    rows = []
    for chosen in ("none", "batch"):
        for rate in (1e-3, 1e-2, 1e-1):
            keras.utils.set_random_seed(0)
            recipe = Recipe(initializer="he_normal", normalization=chosen).over(PLAIN)
            model = _deep_net(recipe, num_layers=10, units=128)
            history, seconds = _fit(model, train, validation, epochs, rate)
            row = {"normalization": chosen, "learning_rate": rate, "seconds": seconds}
            rows.append(row | {"val_accuracy": history["val_accuracy"]})
            _tell(f"normalization {chosen}, rate {rate:g}", history, seconds)
    return {"rows": rows, "epochs": epochs, "seed": 0}


def _deep_net(recipe: Recipe, num_layers: int, units: int) -> keras.Model:
    image = keras.Input((64,), name="pixels")
    x = image
    for index in range(1, num_layers + 1):
        x = blocks.activate(
            blocks.dense(x, units, recipe, f"layer_{index}"), recipe, f"layer_{index}"
        )
    logits = keras.layers.Dense(10, kernel_initializer=recipes.initializer(recipe), name="logits")(
        x
    )
    return keras.Model(image, logits)


def _is_relu(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.ReLU)


def _fit(
    model: keras.Model,
    train: tf.data.Dataset,
    validation: tf.data.Dataset,
    epochs: int,
    learning_rate: float,
) -> tuple[dict[str, list[float]], float]:
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    started = time.perf_counter()
    history = model.fit(
        train, validation_data=validation, epochs=epochs, shuffle=False, verbose=0
    ).history
    return history, round(time.perf_counter() - started, 1)


def _tell(network: str, history: dict[str, list[float]], seconds: float) -> None:
    accuracy = history["val_accuracy"][-1]
    print(f"{network}: validation accuracy {accuracy:.3f} in {seconds:.0f} s", flush=True)


def _digits() -> tuple[tf.data.Dataset, tf.data.Dataset]:
    from sklearn import datasets, model_selection

    digits = datasets.load_digits()
    parts = model_selection.train_test_split(
        (digits.data / 8 - 1).astype("float32"), digits.target, test_size=0.2, random_state=0
    )
    train_x, validation_x, train_y, validation_y = parts
    train = tf.data.Dataset.from_tensor_slices((train_x, train_y)).cache()
    validation = tf.data.Dataset.from_tensor_slices((validation_x, validation_y))
    return train.shuffle(2000, seed=0).batch(64), validation.batch(512)


def _folder(path: pathlib.Path, size: int) -> tf.data.Dataset:
    """The images of a folder and their labels, one by one."""
    images = keras.utils.image_dataset_from_directory(
        path, batch_size=None, image_size=(size, size), shuffle=False, verbose=False
    )
    return images.map(lambda image, label: ({"image": tf.cast(image, tf.uint8)}, label)).cache()


def _draw_depth(result: dict[str, Any], path: pathlib.Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for axis, metric, title in zip(
        axes, ("accuracy", "val_accuracy"), ("training", "validation"), strict=True
    ):
        for colour, shortcuts, marker in zip(COLOURS, ("plain", "residual"), "os", strict=False):
            rows = [row for row in result["rows"] if row["shortcuts"] == shortcuts]
            layers = [row["layers"] for row in rows]
            axis.plot(layers, [row[metric] for row in rows], marker=marker, color=colour)
            axis.annotate(
                shortcuts, (layers[-1], rows[-1][metric]), (6, 0), textcoords="offset points",
                color=colour, va="center",
            )  # fmt: skip
        axis.set(title=f"{title} accuracy after {result['epochs']} epochs", xlabel="layers")
        axis.margins(x=0.22)
    _save(figure, path)


def _draw_initializers(result: dict[str, Any], path: pathlib.Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for colour, (name, row) in zip(COLOURS, result["rows"].items(), strict=False):
        left.plot(range(1, 21), row["spread"], color=colour, label=name)
        epochs, losses = range(1, len(row["loss"]) + 1), np.array(row["loss"])
        if np.isfinite(losses).all():
            right.plot(epochs, losses, color=colour)
        else:
            right.text(1, 0.05, f"{name}: the loss is no number", color=colour)
    left.set(yscale="log", xlabel="layer", title="standard deviation of activations, untrained")
    left.set_xticks(range(2, 21, 2))
    right.set(ylim=(0, None), xlabel="epoch", title="training loss")
    left.legend(frameon=False)
    _save(figure, path)


def _draw_normalization(result: dict[str, Any], path: pathlib.Path) -> None:
    figure, axis = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
    styles = {"none": "--", "batch": "-"}
    rates = sorted({row["learning_rate"] for row in result["rows"]})
    for row in result["rows"]:
        accuracy = row["val_accuracy"]
        axis.plot(
            range(1, len(accuracy) + 1),
            accuracy,
            styles[row["normalization"]],
            color=COLOURS[rates.index(row["learning_rate"])],
            label=f"{row['normalization']}, rate {row['learning_rate']:g}",
        )
    axis.set(xlabel="epoch", title="validation accuracy, 10 layers, batch normalisation or none")
    axis.legend(frameon=False, ncols=2)
    _save(figure, path)


def _save(figure: Any, path: pathlib.Path) -> None:
    for axis in figure.axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", alpha=0.3)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the chosen experiments and draw them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=pathlib.Path, help="folder with train/ and test/")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("docs/results"))
    parser.add_argument("--only", choices=["depth", "initializers", "normalization"])
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args(arguments)
    experiments: dict[str, tuple[Callable[[], dict], Callable]] = {
        "depth": (lambda: depth(options.images, options.epochs, size=16), _draw_depth),
        "initializers": (lambda: initializers(options.epochs), _draw_initializers),
        "normalization": (lambda: normalization(options.epochs), _draw_normalization),
    }
    options.out.mkdir(parents=True, exist_ok=True)
    for name, (run, draw) in experiments.items():
        if options.only not in (None, name) or (name == "depth" and options.images is None):
            continue
        result = run()
        (options.out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
        draw(result, options.out / f"{name}.png")


if __name__ == "__main__":
    main()
