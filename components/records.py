"""Reading columns out of an Examples artifact."""

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import tensorflow as tf

from components import span_text


class Column(Protocol):
    """A column of a task."""

    @property
    def name(self) -> str:
        """In the examples."""

    @property
    def holds(self) -> str:
        """What its cells are."""

    @property
    def role(self) -> str:
        """`input` or `target`."""


def evaluated_split(splits: Sequence[str]) -> str:
    """The split that metrics are reported on: `test` where there is one, else `eval`."""
    return "test" if "test" in splits else "eval"


def files(uri: str, split: str) -> list[str]:
    """TFRecord files of one split, in order."""
    return sorted(str(path) for path in pathlib.Path(uri, f"Split-{split}").glob("*.gz"))


def serialized(uri: str, split: str) -> Iterator[bytes]:
    """Serialized tf.Examples of one split."""
    dataset = tf.data.TFRecordDataset(files(uri, split), compression_type="GZIP")
    return dataset.as_numpy_iterator()


def columns(uri: str, split: str, names: Sequence[str]) -> Iterator[tuple[bytes, ...]]:
    """The bytes of some columns, row by row; empty where a row lacks one."""
    for record in serialized(uri, split):
        features = tf.train.Example.FromString(record).features.feature
        yield tuple(next(iter(features[name].bytes_list.value), b"") for name in names)


def values(uri: str, split: str, names: Sequence[str]) -> Iterator[dict[str, list[Any]]]:
    """The values of some columns by name, row by row: bytes or numbers, any number of them."""
    return (values_of(record, names) for record in serialized(uri, split))


def values_of(record: bytes, names: Sequence[str]) -> dict[str, list[Any]]:
    """The values of some columns of one serialized tf.Example."""
    features = tf.train.Example.FromString(record).features.feature
    return {name: feature_values(features[name]) for name in names}


def targets(columns: Sequence[Column], row: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The targets of a row by column, as metrics take them; none without a target column.

    Args:
        columns: Of the task.
        row: Values by column.
    """
    return {
        column.name: target(column.holds, row[column.name])
        for column in columns
        if column.role == "target"
    }


def target_of(columns: Sequence[Column], row: Mapping[str, Sequence[Any]]) -> Any:
    """The target of a row, as `target` has it; None without a target column."""
    return next(iter(targets(columns, row).values()), None)


def target(holds: str, found: Sequence[Any]) -> Any:
    """A target as metrics take it: a label, labels, spans, texts of answers, or a number.

    Args:
        holds: What the column holds: `category`, `categories`, `choice`, `spans`, `answers`,
            `written` or `number`.
        found: Its values in one row.
    """
    if holds == "number":
        return float(found[0])
    words = tuple(value.decode("utf-8", "replace") for value in found)
    if holds == "spans":
        return tuple(span_text.decoded(word) for word in words)
    if holds == "answers":
        return tuple(span_text.decoded(word)[2] for word in words)
    return words if holds == "categories" else next(iter(words), "")


def feature_values(feature: tf.train.Feature) -> list[Any]:
    """The values of a feature: bytes or numbers, any number of them."""
    kind = feature.WhichOneof("kind")
    return list(getattr(feature, kind).value) if kind else []
