"""From TFRecord files to batches, the same way for training and validation.

An epoch is a function of its number: its order depends on the seed and the epoch
alone, so a training that was killed continues with the batches it would have seen.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

from models.tensor import Tensor
from models.training import buckets

_LOGGER = logging.getLogger(__name__)

# Serialized records held for shuffling when a split does not fit into the cache.
_SHUFFLED_RECORDS = 10_000
# What TensorFlow needs beside the values of one cached tensor, measured roughly.
_BYTES_PER_TENSOR = 256
_FILES_READ_AT_ONCE = 4
_BATCHES_AHEAD = 2

Features = dict[str, Any]
Augment = Callable[[Features, Tensor, Tensor], tuple[Features, Tensor]]
"""Inputs of the model, targets `(batch, ...)` and a seed to others of the same, in a graph."""
Order = Callable[[Tensor], tf.data.Dataset]
"""Epoch number, a scalar int64 tensor -> batches of one epoch; run in a graph."""
Prepare = Callable[[Tensor], tuple[Features, Tensor]]
"""Serialized tf.Examples `(batch,)` string -> inputs and targets, each `(batch, ...)`."""


@dataclasses.dataclass(frozen=True)
class Batches:
    """One split, ready to be iterated epoch by epoch."""

    order: Order
    """Epoch number, a scalar int64 tensor -> batches `(inputs, targets (batch, ...))`; run in
    a graph."""
    num_examples: int
    """Number of examples in the split."""
    batch_size: int
    """Examples per batch; the last batch of an epoch may have fewer."""
    is_cached: bool
    """Whether prepared examples stay in memory after the first epoch."""
    planned: int | None = None
    """Batches in an epoch whose examples were grouped by length; None: all are of `batch_size`."""

    @property
    def num_batches(self) -> int:
        """Number of batches in an epoch."""
        if self.planned is not None:
            return self.planned
        return -(-self.num_examples // self.batch_size)

    def epochs(self, first: int, end: int) -> tf.data.Dataset:
        """Return the batches of epochs `first` to `end - 1`, one after the other."""
        numbers = tf.data.Dataset.range(first, end)
        ordered = numbers.flat_map(self.order)
        # Keras warns of a data set whose end it did not foresee.
        counted = ordered.apply(
            tf.data.experimental.assert_cardinality((end - first) * self.num_batches)
        )
        return prefetched(counted)

    def shared_by(self, replicas: int) -> Batches:
        """The split in as many batches, of which each of several devices has a part.

        TensorFlow rounds the parts of a batch up, so that the last devices may get nothing of a
        small one, and would compute means of nothing. Where that happens, full batches give the
        last one some of theirs.

        Args:
            replicas: Number of devices.

        Raises:
            ValueError: If the batches are too small or too few for so many devices.
        """
        if replicas > 1 and self.planned is not None:
            raise ValueError(
                "`training.devices: all` shares batches of one size, but texts of like lengths "
                f"share a batch, of which some are smaller. Received: {replicas} devices. Use "
                "`devices: one`."
            )
        if self.planned is not None:
            return self
        part, odd = divmod(self.batch_size, replicas)
        columns = -(-self.num_examples // replicas)  # Examples of the device with the most.
        missing = columns * replicas - self.num_examples
        parts = [part] * (self.num_batches - 1)
        parts.append(columns - sum(parts))
        # Of `n` examples for each device a batch may lack `n - 1`: the last device keeps one.
        if replicas > 1 and (odd or missing > sum(n - 1 for n in parts)):
            raise ValueError(
                f"`training.devices: all` shares each batch among {replicas} devices, but "
                f"{self.num_examples} examples in batches of {self.batch_size} leave some without "
                f"any. Let `training.batch_size` be a multiple of {replicas}, {2 * replicas} or "
                "more, or use `devices: one`."
            )
        sizes = []
        for n in reversed(parts):
            lacking = min(missing, n - 1)
            missing -= lacking
            sizes.append(n * replicas - lacking)
        sizes.reverse()
        if sizes[:-1] == [self.batch_size] * (self.num_batches - 1):
            return self
        return dataclasses.replace(self, order=lambda number: self.order(number).rebatch(sizes))

    def epoch(self, number: int = 0) -> tf.data.Dataset:
        """Return the batches of one epoch."""
        return self.epochs(number, number + 1)


def batches(
    files: Iterable[str],
    *,
    parse: Callable[[Tensor], Features],
    encode: Callable[[Features], Features],
    part: Callable[[Features], tuple[Features, Tensor]],
    batch_size: int,
    transform: Callable[[Features], Features] = lambda features: features,
    shuffle_seed: int | None = None,
    cache_mib: int = 0,
    num_examples: int | None = None,
    augment: Augment | None = None,
    spreads: bool = False,
    learned: Callable[[Features, Tensor], tuple[Features, Tensor]] = lambda *both: both,
    lengths: Callable[[Features], Tensor] | None = None,
    batch_tokens: int | None = None,
) -> Batches:
    """Open a split.

    Args:
        files: Paths of gzipped TFRecord files.
        parse: Serialized tf.Examples `(batch,)` string -> raw features, each `(batch, ...)`.
        encode: Transformed features -> the model's inputs, see `models/encoder.py`.
        part: Transformed features -> those that `encode` takes, and the target `(batch, ...)`.
        batch_size: Examples per batch, at least 1.
        transform: Raw features -> transformed features.
        shuffle_seed: Seed of the order; None keeps the order of the files.
        cache_mib: Memory in MiB that prepared examples may fill; a split that needs more,
            or whose examples differ in size, is prepared anew each epoch.
        num_examples: Number of records, if known; otherwise they are counted.
        augment: What is drawn anew for each batch of each epoch, after the cache: a function of
            inputs, labels and a seed `(2,)` int64 that depends on `shuffle_seed`, the epoch and
            the batch alone; None changes nothing.
        spreads: Whether `encode` gives several rows for one, or none. They are then the examples:
            one pass counts them.
        learned: What `encode` gave and the target to the inputs of training, and to what outputs
            are held against.
        lengths: Inputs of training to lengths `(batch, k)`; with a seed, examples of like lengths
            share a batch, see `buckets.py`. None: examples share batches as they come.
        batch_tokens: The first of `lengths` in such a batch at most; None: as many as `batch_size`
            examples have.

    Returns:
        The split. With a seed and the cache every epoch is a uniform shuffle; without the
        cache, a record moves by at most some 10,000 places.

    Raises:
        ValueError: If there are no files or no examples, or if examples that are to be grouped by
            length do not fit into the cache.
    """
    files = sorted(str(file) for file in files)
    records = _read(files)

    def prepare(serialized: Tensor) -> tuple[Features, Tensor]:
        features, target = part(transform(parse(serialized)))
        encoded = encode(features)
        rows = tf.shape(next(iter(encoded.values())))[0]
        return learned(encoded, tf.zeros([rows], tf.int32) if target is None else target)

    prepared = _prepare(records, prepare, batch_size)
    if spreads:
        num_examples = _count_rows(prepared)
    elif num_examples is None:
        num_examples = count_examples(files)
    if not num_examples:
        raise ValueError(f"The split has no examples. Its files: {files}")
    is_cached = _estimate_bytes(prepared.element_spec, num_examples) <= cache_mib * 2**20
    _LOGGER.info("%d examples, %s", num_examples, "cached" if is_cached else "not cached")
    if lengths is not None and shuffle_seed is not None:
        if not is_cached:
            raise ValueError(
                "Texts of like lengths share a batch, so that the examples of the train split must "
                f"fit into memory: {num_examples} of them, prepared, take more than "
                f"`training.cache_mib`. Received: cache_mib={cache_mib}. Raise it, or lower "
                "`model.sequence_length` and `model.target_length`."
            )
        return _grouped(prepared, lengths, num_examples, batch_size, batch_tokens, shuffle_seed)
    if is_cached:
        examples = prepared.unbatch().cache()

        def order(number: Tensor) -> tf.data.Dataset:
            shuffled = _shuffle(examples, num_examples, shuffle_seed, number)
            return shuffled.batch(batch_size)
    else:

        def order(number: Tensor) -> tf.data.Dataset:
            size = min(num_examples, _SHUFFLED_RECORDS)
            if spreads:  # How many rows records give may depend on those beside them.
                rows = _shuffle(prepared.unbatch(), size, shuffle_seed, number)
                return rows.batch(batch_size)
            return _prepare(_shuffle(records, size, shuffle_seed, number), prepare, batch_size)

    split = Batches(order, num_examples, batch_size, is_cached)
    if augment is None:
        return split
    augmented = _augmented(order, augment, shuffle_seed or 0, split.num_batches)
    return dataclasses.replace(split, order=augmented)


def _grouped(
    prepared: tf.data.Dataset,
    lengths: Callable[[Features], Tensor],
    num_examples: int,
    batch_size: int,
    tokens: int | None,
    seed: int,
) -> Batches:
    """A split whose batches have examples of like lengths."""
    parts = list(prepared)
    whole = tf.nest.map_structure(lambda *found: tf.concat(found, 0), *parts)
    groups, ends = buckets.plan(lengths(whole[0]).numpy(), batch_size, tokens)
    order = buckets.order(whole, groups, ends, seed)
    return Batches(order, num_examples, batch_size, is_cached=True, planned=len(ends))


def prefetched(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Return the batches, prepared while the model works on the ones before.

    Without tf.data's autotuning: up to TensorFlow 2.21 at least, an iterator with threads of its
    own that is dropped may wait until its tuning wakes up next, after as long as it has lived, up
    to a minute. Every `fit` and every `evaluate` would end with such a wait.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.prefetch(_BATCHES_AHEAD).with_options(options)


def count_examples(files: Iterable[str]) -> int:
    """Count the records of gzipped TFRecord files; reads them once."""
    files = [str(file) for file in files]
    if not files:
        return 0
    return int(_read(files).reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))


def _count_rows(prepared: tf.data.Dataset) -> int:
    """Count the rows of prepared batches; prepares them all once."""
    sizes = prepared.map(lambda _, target: tf.cast(tf.shape(target)[0], tf.int64))
    return int(sizes.reduce(tf.constant(0, tf.int64), lambda count, size: count + size))


def _read(files: list[str]) -> tf.data.Dataset:
    """Serialized records; several files at once, yet always in the same order."""
    if not files:
        return tf.data.Dataset.from_tensor_slices(tf.constant([], tf.string))
    return tf.data.Dataset.from_tensor_slices(files).interleave(
        lambda file: tf.data.TFRecordDataset(file, compression_type="GZIP"),
        cycle_length=_FILES_READ_AT_ONCE,
        num_parallel_calls=_FILES_READ_AT_ONCE,
        deterministic=True,
    )


def _prepare(records: tf.data.Dataset, prepare: Prepare, batch_size: int) -> tf.data.Dataset:
    """Prepare whole batches: parsing and tokenizing one by one costs several times more."""
    return records.batch(batch_size).map(
        prepare, num_parallel_calls=os.cpu_count(), deterministic=True
    )


def _augmented(order: Order, augment: Augment, seed: int, num_batches: int) -> Order:
    """Change the batches of `order`; a killed training continues with the numbers of its epoch."""

    def augmented(number: Tensor) -> tf.data.Dataset:
        def change(index: Tensor, batch: tuple[Features, Tensor]) -> tuple[Features, Tensor]:
            features, targets = batch
            place = number * num_batches + index
            return augment(features, targets, tf.stack([tf.cast(seed, tf.int64), place]))

        return (
            order(number)
            .enumerate()
            .map(change, num_parallel_calls=os.cpu_count(), deterministic=True)
        )

    return augmented


def _shuffle(
    dataset: tf.data.Dataset, size: int, seed: int | None, epoch: Tensor
) -> tf.data.Dataset:
    if seed is None:
        return dataset
    # Neighbouring seeds must not share epochs: seed 0, epoch 1 is not seed 1, epoch 0.
    mixed = tf.cast(seed, tf.int64) * 1_000_003 + epoch
    # The order is not to depend on the seed of the process (and with that at 0, `shuffle`
    # refuses a tensor as its own seed).
    tf.compat.v1.get_default_graph().seed = 1
    return dataset.shuffle(size, seed=mixed, reshuffle_each_iteration=False)


def _estimate_bytes(element_spec: Any, num_examples: int) -> float:
    """Memory of all prepared examples; infinite when a shape or a string has no known size."""
    total = 0
    for spec in tf.nest.flatten(element_spec):
        elements = spec.shape[1:].num_elements() if spec.shape.rank else None
        if elements is None or spec.dtype == tf.string:
            return float("inf")
        total += elements * spec.dtype.size + _BYTES_PER_TENSOR
    return total * num_examples
