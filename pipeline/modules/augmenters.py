"""What the Augment stage makes copies with; it calls these functions by their dotted path."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from components.augment.contract import NO_LABEL, ORIGINAL, Copy, Inputs, labels_of, words
from components.augment.text.augmenting import TextAugmenter
from components.augment.text.config import TextAugmentation
from components.augment.text.preparing import Resources
from models.image.augmentation import label_safety, policy
from models.image.augmentation.config import ImageOperation
from models.image.augmentation.operation import mixes_targets
from models.image.input import decode
from models.text import presets
from pipeline.config import loading

POLICY = "policy"
"""Name of all operations together."""
REPEATED = "repeated"
"""Name of what copies an image as it is."""
_IMAGES_AT_ONCE = 64
_SMALLEST_SHARE = 0.005


class TextCopies:
    """Texts augmented by `components/augment`; an `Augmenter`.

    Args:
        operations: Text operations with absolute paths.
        num_train: Rows of the train split.
        cache: Folder for what operations keep.
        columns: Names of the columns with texts.
    """

    def __init__(
        self,
        operations: Sequence[TextAugmentation],
        num_train: int,
        cache: str,
        columns: Sequence[str],
    ):
        resources = Resources(preset=presets.resolve, cache=pathlib.Path(cache))
        self._augmenter = TextAugmenter(operations, num_train, resources, columns)

    @property
    def copies(self) -> int:
        """New texts of each row, as configured."""
        return self._augmenter.copies

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the operations."""
        return self._augmenter.names

    @property
    def dropped(self) -> Counter[str]:
        """Texts by operation that were equal to the row's or to another copy of it."""
        return self._augmenter.dropped

    def augment(
        self, inputs: Sequence[Inputs], targets: Sequence[Any], seed: int, copies: Sequence[int]
    ) -> Iterator[Copy]:
        """New texts by row, see `contract.Augmenter`."""
        yield from self._make(inputs, targets, seed, copies)

    def show(self, inputs: Sequence[Inputs], targets: Sequence[Any], seed: int) -> Iterator[Copy]:
        """The first copy by each operation of each row."""
        shown = set()
        for copy in self._make(inputs, targets, seed, None):
            if copy[:2] not in shown:
                shown.add(copy[:2])
                yield copy

    def warnings(self, labels: Collection[str]) -> list[str]:
        """None: whether words decide a label cannot be seen in its name."""
        return []

    def _make(
        self,
        inputs: Sequence[Inputs],
        targets: Sequence[Any],
        seed: int,
        copies: Sequence[int] | None,
    ) -> Iterator[Copy]:
        decoded = [tuple(text.decode("utf-8", "replace") for text in row) for row in inputs]
        named = [words(target) for target in targets]
        for made in self._augmenter.augment(decoded, named, seed, copies):
            yield Copy(made.row, made.operation, tuple(text.encode() for text in made.texts))


def text_augmenter(operations: str, resources: str, num_train: int) -> TextCopies:
    """The augmenter of texts.

    Args:
        operations: JSON of the `augmentation` section.
        resources: JSON with `cache`, a folder, and `columns`, the names of those with texts.
        num_train: Rows of the train split.
    """
    parsed = loading.load_operations(operations)
    return TextCopies(parsed, num_train, **json.loads(resources))


class ImageCopies:
    """Images augmented by `models/image/augmentation`; an `Augmenter`.

    Images are decoded and resized as for the model, so that a written copy is what would be drawn
    anew; copies are PNG files.

    Args:
        operations: Image operations.
        image_size: Side of the model's images in pixels.
        copies: Augmented copies of each image. With 0 operations are drawn anew elsewhere, and
            what is asked for beyond (to balance labels) is the image as it is.
        holds: What is learned: what the target column holds.
    """

    def __init__(
        self, operations: Sequence[ImageOperation], image_size: int, copies: int, holds: str
    ):
        self.copies = copies
        self.dropped: Counter[str] = Counter()
        self.shown = tuple(name for name, _ in _apart(operations))
        self._operations = operations
        self._soften = _SOFTENED[holds]
        # As graphs: one operation after the other, an image would take a quarter of a second.
        encoded = tf.TensorSpec((None,), tf.string)
        self._decode = tf.function(
            lambda content: decode.decode(content, image_size), input_signature=[encoded]
        )
        self._all = tf.function(policy.augmenter(operations))

    def augment(
        self, inputs: Sequence[Inputs], targets: Sequence[Any], seed: int, copies: Sequence[int]
    ) -> Iterator[Copy]:
        """New images by row, see `contract.Augmenter`."""
        numbered = [(row, number) for row, wanted in enumerate(copies) for number in range(wanted)]
        if not self.copies:
            yield from (Copy(row, REPEATED, inputs[row]) for row, _ in numbered)
            return
        seen = set()
        for first in range(0, len(numbered), _IMAGES_AT_ONCE):
            for copy in self._vary(inputs, numbered[first : first + _IMAGES_AT_ONCE], seed):
                key = (copy.row, hashlib.sha256(copy.inputs[0]).digest())
                if key in seen:
                    self.dropped[POLICY] += 1
                else:
                    seen.add(key)
                    yield copy

    def _vary(
        self, inputs: Sequence[Inputs], numbered: Sequence[tuple[int, int]], seed: int
    ) -> Iterator[Copy]:
        """Some rows' copies, each with its number among those of its row."""
        rows = [row for row, _ in numbered]
        # Filled up, because another size of the batch would be compiled anew.
        filled = [rows[place % len(rows)] for place in range(_IMAGES_AT_ONCE)]
        # With the numbers: a row that fills several batches would get the same copies in each.
        content = b"".join(
            hashlib.sha256(inputs[row][0] + b"%d" % n).digest() for row, n in numbered
        )
        digest = int.from_bytes(hashlib.sha256(content).digest()[:6], "big")
        images = self._decode(tf.constant([inputs[row][0] for row in filled]))
        targets = tf.zeros(_IMAGES_AT_ONCE, tf.int64)
        varied, _ = self._all(images, targets, tf.constant([seed, digest], tf.int64))
        for place, row in enumerate(rows):
            if np.array_equal(varied[place], images[place]):
                self.dropped[POLICY] += 1
            else:
                yield Copy(row, POLICY, _png(varied[place]))

    def show(self, inputs: Sequence[Inputs], targets: Sequence[Any], seed: int) -> Iterator[Copy]:
        """Each operation alone, on every image, and then all of them as they are trained with.

        Before them each image as operations see it: decoded, upright, on white, resized.
        """
        if not inputs:
            return
        images = self._decode(tf.constant([image for (image,) in inputs]))
        for row, image in enumerate(images):
            yield Copy(row, ORIGINAL, _png(image))
        soft, in_words = self._soften(targets)
        for place, (name, operations) in enumerate(_apart(self._operations)):
            drawn = tf.constant([seed, place], tf.int64)
            varied, mixed = policy.augmenter(operations)(images, tf.constant(soft), drawn)
            for row, image in enumerate(varied):
                note = in_words(mixed[row].numpy()) if mixes_targets(operations) else ""
                yield Copy(row, name, _png(image), note)

    def warnings(self, labels: Collection[str]) -> list[str]:
        """Operations that these labels may not survive."""
        return label_safety.doubts(self._operations, labels)


def _apart(
    operations: Sequence[ImageOperation],
) -> Iterator[tuple[str, tuple[ImageOperation, ...]]]:
    """Each operation alone, on all images, and all together."""
    for index, operation in enumerate(operations):
        repeated = [o.kind for o in operations[: index + 1]].count(operation.kind)
        name = operation.kind if repeated == 1 else f"{repeated}.{operation.kind}"
        yield name, (dataclasses.replace(operation, probability=1.0),)
    if len(operations) > 1:
        yield POLICY, tuple(operations)


def _png(image: Any) -> Inputs:
    return (tf.io.encode_png(image).numpy(),)


_Softened = tuple[np.ndarray, Callable[[np.ndarray], str]]
"""Targets that can be mixed, float32 `(rows, k)`, and what one of them is in words."""


def _shares(targets: Sequence[Any]) -> _Softened:
    """Of each label how much of it a row has."""
    rows = [labels_of(target) for target in targets]
    labels = sorted({label for row in rows for label in row})
    has = np.array([[label in row for label in labels] for row in rows], np.float32)

    def in_words(mixed: np.ndarray) -> str:
        parts = sorted(zip(mixed, labels, strict=True), key=lambda part: (-part[0], part[1]))
        told = [f"{share:.0%} {label}" for share, label in parts if share >= _SMALLEST_SHARE]
        return ", ".join(told) or NO_LABEL

    return has, in_words


def _numbers(targets: Sequence[Any]) -> _Softened:
    return np.array(targets, np.float32)[:, np.newaxis], lambda mixed: f"{mixed[0]:.4g}"


def _nothing(targets: Sequence[Any]) -> _Softened:
    return np.zeros((len(targets), 1), np.float32), lambda mixed: ""


_SOFTENED: dict[str, Callable[[Sequence[Any]], _Softened]] = {
    "categories": _shares,
    "category": _shares,
    "embedding": _nothing,
    "number": _numbers,
}
"""By what is learned; in a preview, where no model was built that could soften."""


def image_augmenter(operations: str, resources: str, num_train: int) -> ImageCopies:
    """The augmenter of images.

    Args:
        operations: JSON of the `augmentation` section.
        resources: JSON with `image_size` in pixels, `copies` and `holds`.
        num_train: Rows of the train split, which nothing here depends on.
    """
    parsed = loading.load_operations(operations)
    return ImageCopies(parsed, **json.loads(resources))
