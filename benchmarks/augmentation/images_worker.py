"""One contender of the benchmark of augmentation: `python -m ... NAME SIZE BATCH`.

For each operation's name on standard input it augments a batch a few times with one thread and
answers with the processor time of a batch. Imports only what its contender has.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

OPERATIONS = (
    *("flip", "crop", "resized_crop", "rotation", "brightness", "contrast", "saturation", "hue"),
    *("channel_shift", "greyscale", "solarise", "posterise", "equalise", "erasing"),
    *("mixup", "cutmix", "rand_augment", "augmix", "jitter", "policy"),
)
"""The last two are lists: the four of colour jitter; resized crop, flip, jitter and erasing."""
_REPEATS = 3


def maru(size: int, images: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Our operations on a batch, all images changed but by flips."""
    import tensorflow as tf

    from models.image.augmentation import config, policy

    _one_thread(tf)
    jitter = ["brightness", "contrast", "saturation", "hue"]
    lists = {"jitter": jitter, "policy": ["resized_crop", "flip", *jitter, "erasing"]}
    batch, labels = tf.constant(images), tf.zeros(len(images), tf.int64)

    def prepared(names: list[str]) -> Callable[[], Any]:
        operations = [
            config.OPERATIONS[name](**({} if name == "flip" else {"probability": 1.0}))
            for name in names
        ]
        augment = tf.function(policy.augmenter(operations, lambda ids: tf.one_hot(ids, 10)))
        return lambda: augment(batch, labels, tf.constant([1, 2]))

    return {name: prepared(lists.get(name, [name])) for name in OPERATIONS}


def keras(size: int, images: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Keras's layers."""
    import keras as library
    import tensorflow as tf

    _one_thread(tf)
    layers, span = library.layers, {"value_range": (0, 255)}
    made = {
        "flip": [layers.RandomFlip("horizontal")],
        "crop": [layers.ZeroPadding2D(4), layers.RandomCrop(size, size)],
        "rotation": [layers.RandomRotation(15 / 360, fill_mode="constant")],
        "brightness": [layers.RandomBrightness(0.4, **span)],
        "contrast": [layers.RandomContrast(0.4, **span)],
        "saturation": [layers.RandomSaturation((0.3, 0.7), **span)],
        "hue": [layers.RandomHue(0.05, **span)],
        "greyscale": [layers.RandomGrayscale(1.0)],
        "solarise": [layers.Solarization(0.0, 0.5, **span)],
        "posterise": [layers.RandomPosterization(4, **span)],
        "equalise": [layers.Equalization(**span)],
        "erasing": [layers.RandomErasing(1.0, **span)],
        "mixup": [layers.MixUp()],
        "cutmix": [layers.CutMix()],
        "rand_augment": [layers.RandAugment(**span)],
        "augmix": [layers.AugMix(**span)],
    }
    made["jitter"] = [made[name][0] for name in ("brightness", "contrast", "saturation", "hue")]
    batch, labels = tf.constant(images), tf.one_hot(tf.zeros(len(images), tf.int32), 10)

    def prepared(name: str) -> Callable[[], Any]:
        @tf.function
        def augment(images: Any) -> Any:
            images = tf.cast(images, tf.float32)
            given: Any = {"images": images, "labels": labels}
            given = given if name in ("mixup", "cutmix") else images
            for layer in made[name]:
                given = layer(given, training=True)
            return given

        return lambda: augment(batch)

    return {name: prepared(name) for name in OPERATIONS if name in made}


def albumentations(size: int, images: np.ndarray) -> dict[str, Callable[[], Any]]:
    """The transforms of albumentations, one image after the other."""
    import albumentations as library
    import cv2

    cv2.setNumThreads(1)
    jitter = library.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-0.05, 0.05), p=1)
    crop, flip = library.RandomResizedCrop((size, size)), library.HorizontalFlip(p=0.5)
    erasing = library.Erasing(scale=(0.02, 0.4), ratio=(0.3, 3.3), fill="random_uniform", p=1)
    still = (1.0, 1.0)
    made = {
        "flip": [flip],
        "crop": [library.Pad(4), library.RandomCrop(size, size)],
        "resized_crop": [crop],
        "rotation": [library.Rotate(15, border_mode=cv2.BORDER_CONSTANT, p=1)],
        "brightness": [library.ColorJitter((0.6, 1.4), still, still, (0, 0), p=1)],
        "contrast": [library.ColorJitter(still, (0.6, 1.4), still, (0, 0), p=1)],
        "saturation": [library.ColorJitter(still, still, (0.6, 1.4), (0, 0), p=1)],
        "hue": [library.ColorJitter(still, still, still, (-0.05, 0.05), p=1)],
        "channel_shift": [library.RGBShift(20, 20, 20, p=1)],
        "greyscale": [library.ToGray(p=1)],
        "solarise": [library.Solarize(p=1)],
        "posterise": [library.Posterize(4, p=1)],
        "equalise": [library.Equalize(p=1)],
        "erasing": [erasing],
        "jitter": [jitter],
        "policy": [crop, flip, jitter, erasing],
    }

    def prepared(transforms: list[Any]) -> Callable[[], Any]:
        augment = library.Compose(transforms)
        # A batch for the model is one array.
        return lambda: np.stack([augment(image=image)["image"] for image in images])

    return {name: prepared(transforms) for name, transforms in made.items()}


def _one_thread(tf: Any) -> None:
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def main(name: str, size: int, batch: int) -> None:
    """Answer until standard input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # What libraries print is no answer.
    # Smooth, as photographs are, with a little noise.
    rng = np.random.default_rng(0)
    small = rng.uniform(0, 255, (batch, size // 8, size // 8, 3))
    images = np.repeat(np.repeat(small, 8, axis=1), 8, axis=2)
    images = np.clip(images + rng.normal(0, 4, images.shape), 0, 255).astype(np.uint8)
    functions = {"maru": maru, "keras": keras, "albumentations": albumentations}[name](size, images)
    warm: set[str] = set()
    for line in sys.stdin:
        operation = json.loads(line)["operation"]
        seconds = None
        if operation in functions:
            if operation not in warm:
                functions[operation]()
                warm.add(operation)
            begin = time.process_time()
            for _ in range(_REPEATS):
                functions[operation]()
            seconds = (time.process_time() - begin) / _REPEATS
        answers.write(json.dumps({"seconds": seconds}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
