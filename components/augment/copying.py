"""Write a train split with augmented copies among its rows, and count them."""

from __future__ import annotations

import dataclasses
import pathlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from components import records, round_robin, tfrecord
from components.augment import balance
from components.augment.contract import Augmenter
from components.augment.sheet import TrainRow

TRAIN = "train"
"""The one split that is augmented."""
_ROWS_AT_ONCE = 256


@dataclasses.dataclass
class Counts:
    """What became of the train split."""

    before: Counter[str] = dataclasses.field(default_factory=Counter)
    """Rows by label as they came."""
    wanted: Counter[str] = dataclasses.field(default_factory=Counter)
    """Copies asked for, by label."""
    written: dict[str, Counter[str]] = dataclasses.field(
        default_factory=lambda: defaultdict(Counter)
    )
    """Copies written, by operation and label."""
    dropped: Counter[str] = dataclasses.field(default_factory=Counter)
    """Copies dropped by operation because nothing in them was new."""

    @property
    def after(self) -> Counter[str]:
        """Rows by label as they went."""
        return sum(self.written.values(), Counter(self.before))

    def to_json(self) -> dict[str, Any]:
        """What `counts.json` holds; keys are stable."""
        labels = sorted(self.before)
        operations = sorted(self.written.keys() | self.dropped.keys())
        return {
            "split": TRAIN,
            "before": self.before.total(),
            "after": self.after.total(),
            "dropped": self.wanted.total() - (self.after.total() - self.before.total()),
            "labels": {
                label: {
                    "before": self.before[label],
                    "wanted": self.wanted[label],
                    "after": self.after[label],
                }
                for label in labels
            },
            "operations": {
                name: {
                    "written": self.written[name].total() if name in self.written else 0,
                    "dropped": self.dropped[name],
                    "labels": dict(sorted(self.written.get(name, Counter()).items())),
                }
                for name in operations
            },
        }


@dataclasses.dataclass(frozen=True)
class Columns:
    """Where in an example things are."""

    input: str
    """Column with the text or the encoded image."""
    label: str
    """Column with the label."""


def count(uri: str, columns: Columns, shown: int) -> tuple[Counter[str], list[TrainRow]]:
    """Rows by label, and some rows to look at, of all labels in turn.

    Args:
        uri: Examples artifact.
        columns: Where things are.
        shown: Rows to look at.
    """
    found: Counter[str] = Counter()
    first: dict[str, list[TrainRow]] = defaultdict(list)
    for content, label in records.columns(uri, TRAIN, (columns.input, columns.label)):
        row = TrainRow(content, label.decode())
        found[row.label] += 1
        if len(first[row.label]) < shown:
            first[row.label].append(row)
    return found, round_robin.in_turn(first, shown)


def write(
    source: str,
    target: str,
    columns: Columns,
    augmenter: Augmenter,
    rows: Counter[str],
    config: balance.CopiesConfig,
) -> Counts:
    """Write every split of an artifact into another one, copies among the train rows.

    A row is followed by its copies; all other columns of a copy are the row's. Other splits are
    copied byte for byte.

    Args:
        source: Folder of the Examples to read.
        target: Folder of the Examples to write.
        columns: Where things are.
        augmenter: Makes the copies.
        rows: Train rows by label, from `count`.
        config: How many copies, and their seed.
    """
    wanted = balance.totals(rows, augmenter.copies, balanced=config.balance)
    counts = Counts(before=Counter(rows), wanted=Counter(wanted))
    shares = balance.Shares(rows, wanted)
    for folder in sorted(pathlib.Path(source).glob("Split-*")):
        if folder.name != f"Split-{TRAIN}":
            shutil.copytree(folder, pathlib.Path(target, folder.name))
    train = pathlib.Path(target, f"Split-{TRAIN}")
    train.mkdir(parents=True)
    for file in records.files(source, TRAIN):
        with open(train / pathlib.Path(file).name, "wb") as stream:
            written = _with_copies(file, columns, augmenter, shares, config.seed, counts)
            tfrecord.write(stream, written)
    counts.dropped = Counter(augmenter.dropped)
    return counts


def _with_copies(
    file: str,
    columns: Columns,
    augmenter: Augmenter,
    shares: balance.Shares,
    seed: int,
    counts: Counts,
) -> Iterator[bytes]:
    """The records of a file, each followed by its copies."""
    dataset = tf.data.TFRecordDataset(file, compression_type="GZIP").batch(_ROWS_AT_ONCE)
    for batch in dataset.as_numpy_iterator():
        serialized = batch.tolist()
        examples = [tf.train.Example.FromString(record) for record in serialized]
        inputs = [_value(example, columns.input) for example in examples]
        labels = [_value(example, columns.label).decode() for example in examples]
        wanted = [shares.next(label) for label in labels]
        copies: Sequence[list[Any]] = [[] for _ in serialized]
        for copy in augmenter.augment(inputs, labels, seed, wanted):
            copies[copy.row].append(copy)
        for index, record in enumerate(serialized):
            yield record
            for copy in copies[index]:
                counts.written[copy.operation][labels[index]] += 1
                yield _replaced(examples[index], columns.input, copy.content)


def _value(example: Any, name: str) -> bytes:
    return next(iter(example.features.feature[name].bytes_list.value), b"")


def _replaced(example: Any, name: str, content: bytes) -> bytes:
    copied = tf.train.Example()
    copied.CopyFrom(example)
    copied.features.feature[name].bytes_list.value[:] = [content]
    return copied.SerializeToString(deterministic=True)
