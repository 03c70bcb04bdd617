"""Write a train split with augmented copies among its rows, and count them."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from components import records, round_robin, tfrecord
from components.augment import balance
from components.augment.contract import Augmenter, Inputs, labels_of
from components.augment.sheet import TrainRow

TRAIN = "train"
"""The one split that is augmented."""
_ROWS_AT_ONCE = 256


@dataclasses.dataclass
class Counts:
    """What became of the train split."""

    before: Counter[str] = dataclasses.field(default_factory=Counter)
    """Rows by label as they came; see `TrainSplit.rows`."""
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
        # Rows that have not exactly one label are counted under the empty one.
        labels = sorted(label for label in self.before if label)
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
                    "labels": {
                        label: count
                        for label, count in sorted(self.written.get(name, Counter()).items())
                        if label
                    },
                }
                for name in operations
            },
        }


@dataclasses.dataclass(frozen=True)
class Columns:
    """Where in an example things are."""

    inputs: tuple[str, ...]
    """Columns with texts, or the one with the encoded image."""
    target: str
    """Column with what is learned; empty where inputs alone are learned from."""
    holds: str
    """What it holds: `category`, `categories` or `number`; empty without one."""

    def row(self, features: Mapping[str, Any]) -> TrainRow:
        """What a row has in these columns.

        Args:
            features: Of its tf.Example.
        """
        values = [records.feature_values(features[name]) for name in self.inputs]
        target = None
        if self.target:
            target = records.target(self.holds, records.feature_values(features[self.target]))
        return TrainRow(tuple(next(iter(one), b"") for one in values), target)

    def label(self, target: Any) -> str:
        """What rows are counted by: the label if they have exactly one, else the empty text."""
        return target if self.holds == "category" else ""


def read_columns(described: str) -> Columns:
    """From JSON of the task's columns: a list of `name`, `holds` and `role`."""
    columns = json.loads(described)
    targets = [column for column in columns if column["role"] == "target"]
    inputs = tuple(column["name"] for column in columns if column["role"] == "input")
    if not targets:
        return Columns(inputs, "", "")
    (target,) = targets
    return Columns(inputs, target["name"], target["holds"])


@dataclasses.dataclass(frozen=True)
class TrainSplit:
    """What the train split has before it is augmented."""

    rows: Counter[str]
    """Rows by label; all under the empty one where rows have not exactly one."""
    labels: frozenset[str]
    """All labels; none where targets are numbers."""
    shown: Sequence[TrainRow]
    """Some rows to look at, of all labels in turn."""


def count(uri: str, columns: Columns, shown: int) -> TrainSplit:
    """Read the train split.

    Args:
        uri: Examples artifact.
        columns: Where things are.
        shown: Rows to look at.
    """
    found: Counter[str] = Counter()
    labels: set[str] = set()
    first: dict[str, list[TrainRow]] = defaultdict(list)
    for record in records.serialized(uri, TRAIN):
        row = columns.row(tf.train.Example.FromString(record).features.feature)
        label = columns.label(row.target)
        labels.update(labels_of(row.target))
        found[label] += 1
        if len(first[label]) < shown:
            first[label].append(row)
    return TrainSplit(found, frozenset(labels), round_robin.in_turn(first, shown))


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
        rows = [columns.row(example.features.feature) for example in examples]
        labels = [columns.label(row.target) for row in rows]
        wanted = [shares.next(label) for label in labels]
        copies: Sequence[list[Any]] = [[] for _ in serialized]
        inputs, targets = [row.inputs for row in rows], [row.target for row in rows]
        for copy in augmenter.augment(inputs, targets, seed, wanted):
            copies[copy.row].append(copy)
        for index, record in enumerate(serialized):
            yield record
            for copy in copies[index]:
                counts.written[copy.operation][labels[index]] += 1
                yield _replaced(examples[index], columns.inputs, copy.inputs)


def _replaced(example: Any, names: Sequence[str], inputs: Inputs) -> bytes:
    copied = tf.train.Example()
    copied.CopyFrom(example)
    for name, content in zip(names, inputs, strict=True):
        copied.features.feature[name].bytes_list.value[:] = [content]
    return copied.SerializeToString(deterministic=True)
