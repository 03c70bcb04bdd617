"""From a row as it was read to a checked, serialized example."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from components import span_text, spelling, stand_ins
from components.ingest import answer_cells, config, images, row, spans, splits, tfexample

MISSING = "(missing)"
_LONGEST_GROUP = 60  # characters of a name that are kept
_SEEN = re.compile(rf"(?!{spelling.INVISIBLE.pattern})\S")
_LINE_BREAKS = re.compile(r"[\r\n]+")
_WORD_BOUNDS = (8, 32, 128, 512)
_PIXEL_BOUNDS = (33, 97, 225, 513)
_LARGEST = 3.4e38  # of float32


class Record(NamedTuple):
    """One example and what its split is decided by."""

    digest: bytes
    stratum: str
    """What rows are counted and stratified by: the category, if they have just one, else empty."""
    named: str | None
    example: bytes
    original: images.Original | None = None
    """The file of the first image, if there is one and it is still needed."""
    group: str = ""
    """What it stays together with other rows by; empty for a row by itself."""

    @property
    def fact(self) -> splits.Fact:
        """What decides the split."""
        return splits.Fact(self.digest, self.stratum, self.named, self.group)


def attempt(
    entry: row.Row | row.Rejected,
    features: Sequence[config.Feature],
    split_column: str | None,
    group_column: str | None = None,
) -> Record | row.Rejected:
    """`encode`, with the reason in place of the exception."""
    if isinstance(entry, row.Rejected):
        return entry
    try:
        return encode(entry, features, split_column, group_column)
    except row.BadRow as error:
        shown = {k: v for k, v in entry.values.items() if not isinstance(v, bytes)}
        return row.Rejected(entry.where, str(error), row.excerpt(joined(shown)))


def encode(
    entry: row.Row,
    features: Sequence[config.Feature],
    split_column: str | None,
    group_column: str | None = None,
) -> Record:
    """Check the values of a row and serialize the columns the task needs.

    Args:
        entry: The row.
        features: Columns to write.
        split_column: Column that names the split, if any.
        group_column: Column whose equal values stay in one split, if any.

    Raises:
        BadRow: If a value is missing or unusable.
        DataError: If the split column holds a word that names no split.
    """
    values: dict[str, tfexample.Value] = {}
    content: list[bytes | str] = []
    stratum = ""
    original = None
    for feature in features:
        if feature.holds == "derived":
            continue
        if feature.holds in ("text", "image"):
            given = input_value(entry, feature.name, feature.holds, feature.joiner)
            content.append(given.content)
            values[feature.name] = given.value
            original = original or given.original
            continue
        if feature.holds == "written":
            values[feature.name] = input_value(entry, feature.name, "text", None).value
            continue
        value = _present(entry, feature.name)
        if feature.holds in ("category", "choice"):
            stratum = _label(value, feature.name)
            values[feature.name] = stratum.encode()
        elif feature.holds == "categories":
            labels = _labels(value, feature)
            values[feature.name] = [one.encode() for one in labels]
        elif feature.holds == "spans":
            values[feature.name] = _spans(entry, feature, features)
        elif feature.holds == "answers":
            values[feature.name] = _answers(entry, feature)
        elif feature.holds == "number":
            values[feature.name] = _number(value, feature.name)
        else:
            values[feature.name] = _slice(value, feature.name).encode()
    for feature in features:
        if feature.holds == "derived":
            values[feature.name] = DERIVED[feature.name](values, features)
    named = entry.split
    if split_column:
        named = splits.from_column(
            _slice(_present(entry, split_column), split_column), split_column
        )
    group = _group(_present(entry, group_column), group_column) if group_column else ""
    return Record(
        splits.digest(content), stratum, named, tfexample.serialize(values), original, group
    )


class InputValue(NamedTuple):
    """A cell that models are asked about."""

    value: bytes
    """What a model gets: UTF-8, or an image that the graph reads."""
    content: bytes | str
    """What the row's split goes by: the text, or the file as it was."""
    original: images.Original | None = None
    """Of an image."""


def input_value(entry: row.Row, name: str, holds: str, joiner: str | None = None) -> InputValue:
    """Check a text or an image as training gets it.

    Args:
        entry: The row.
        name: Of the column.
        holds: `text` or `image`.
        joiner: What the words of a text are joined by, if they may come as a list.

    Raises:
        BadRow: If the value is missing or unusable.
    """
    value = _present(entry, name)
    if holds == "text":
        words = _words(value, name, joiner)
        text = _text(value if words is None else str(joiner).join(words), name)
        return InputValue(text.encode(), text)
    if not isinstance(value, bytes):
        raise row.BadRow(f"`{name}` holds {_shown(value)}, not an encoded image")
    prepared = _prepared(value)
    original = images.Original(prepared.format, prepared.is_converted, value)
    return InputValue(prepared.data, value, original)


def joined(values: dict[str, Any]) -> str:
    """Columns of a row in few characters, however long its texts are."""
    return " | ".join(
        f"{name}: {str(value)[: row.EXCERPT_LENGTH]}" for name, value in values.items()
    )


def _present(entry: row.Row, name: str) -> Any:
    value = entry.values.get(name)
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(value: Any, name: str) -> str:
    text = _plain(value, name)
    _require_visible(text, name)
    return text


def _words(value: Any, name: str, joiner: str | None) -> list[str] | None:
    """The words of a cell that is a list of them; None for any other cell."""
    if joiner is None:
        return None
    if isinstance(value, str):
        written = spans.list_in(value, name) or [None]
        value = written if all(isinstance(word, str) for word in written) else value
    if not isinstance(value, list | tuple):
        return None
    words = [_plain(word, name) for word in value]
    for place, word in enumerate(words):
        if joiner and (not word or any(sign.isspace() for sign in word)):
            raise row.BadRow(
                f"`{name}[{place}]` is {_quoted(word)}; a word is not empty and has no white space"
            )
    return words


def _spans(
    entry: row.Row, feature: config.Feature, features: Sequence[config.Feature]
) -> list[bytes]:
    """The spans of a row's text."""
    (text,) = (one for one in features if one.name == feature.within)
    cell, joiner = _present(entry, text.name), text.joiner or ""
    words = _words(cell, text.name, joiner)
    content = _plain(cell, text.name) if words is None else joiner.join(words)
    found = spans.of_cell(_present(entry, feature.name), words, content, joiner, feature.name)
    if joiner:
        spans.require_whole(found, content, feature.name)
    return [span_text.encoded(span) for span in found]


def _answers(entry: row.Row, feature: config.Feature) -> list[bytes]:
    """The answers that stand in a row's context."""
    context = _plain(_present(entry, feature.within), feature.within)
    found = answer_cells.of_cell(_present(entry, feature.name), context, feature.name)
    if feature.is_required and not found:
        raise row.BadRow(
            f"`{feature.name}` has no answer; if that is meant, set `task.unanswerable: true`"
        )
    return [span_text.encoded(span) for span in found]


def _label(value: Any, name: str) -> str:
    label = unicodedata.normalize("NFC", _plain(value, name)).strip()
    label = _LINE_BREAKS.sub(" ", label)  # Vocabularies have a line per label.
    _require_visible(label, name)
    if stand_ins.is_never_a_class(label):
        raise row.BadRow(
            f"`{name}` is {spelling.shown(label)}, which stands for a missing value; if it is a "
            "class, give it another name"
        )
    return label


def _labels(value: Any, feature: config.Feature) -> list[str]:
    """The labels of a cell, each once: parts of a text, or a list as JSON and Parquet have it."""
    cells = value if isinstance(value, list | tuple) else _cells(value, feature)
    labels = [unicodedata.normalize("NFC", _plain(cell, feature.name)).strip() for cell in cells]
    return list(dict.fromkeys(_LINE_BREAKS.sub(" ", label) for label in labels if label))


def _cells(value: Any, feature: config.Feature) -> list[str]:
    return _plain(value, feature.name).split(feature.separator)


def _number(value: Any, name: str) -> float:
    text = _plain(value, name).strip()
    if not text:
        raise row.BadRow(f"`{name}` is empty; a number is expected")
    try:
        number = float(text)
    except ValueError as error:
        raise row.BadRow(f"`{name}` is {_quoted(text)}, no number{_hint(text)}") from error
    if not math.isfinite(number):
        raise row.BadRow(f"`{name}` is {_quoted(text)}, which is no value to learn")
    if abs(number) > _LARGEST:
        raise row.BadRow(f"`{name}` is {_quoted(text)}, too large for 32 bits")
    return number


def _hint(text: str) -> str:
    return "; write it with a point and without other signs" if re.search(r"\d,\d", text) else ""


def _quoted(text: str) -> str:
    return repr(row.excerpt(text))


def _require_visible(text: str, name: str) -> None:
    if not _SEEN.search(text):
        hidden = ": it holds only characters that cannot be seen" if text.strip() else ""
        raise row.BadRow(f"`{name}` is empty{hidden}")


def _slice(value: Any, name: str) -> str:
    return unicodedata.normalize("NFC", _plain(value, name)).strip() or MISSING


def _group(value: Any, name: str) -> str:
    """A group in few characters, whatever names it: an article's text, or an image."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return hashlib.blake2b(value, digest_size=16).hexdigest()
    name = _slice(value, name)
    if len(name) > _LONGEST_GROUP:
        name = f"{name[:_LONGEST_GROUP]}… {splits.digest((name,)).hex()}"
    return "" if name == MISSING else name


def _plain(value: Any, name: str) -> str:
    """A value as text: numbers in decimals, 1.0 as 1, nothing as the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isinf(value):
        raise row.BadRow(f"`{name}` is infinite, which is no value to learn")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError as error:
            raise row.BadRow(f"`{name}` is not UTF-8 at its byte {error.start}") from error
    if not isinstance(value, str):
        raise row.BadRow(f"`{name}` holds {_shown(value)}, not one text or number")
    if "\0" in value:
        raise row.BadRow(f"`{name}` holds a NUL byte; is the file binary, or UTF-16?")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        reason = f"`{name}` holds half of a surrogate pair, which is not Unicode text"
        raise row.BadRow(reason) from error
    return value


def _shown(value: Any) -> str:
    kinds = {type(None): "nothing", dict: "a mapping", list: "a list", str: "a text"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _prepared(data: bytes) -> images.Prepared:
    try:
        return images.prepare(data)
    except images.BadImage as error:
        raise row.BadRow(str(error)) from error


def _bucket(value: int, bounds: Sequence[int], unit: str) -> bytes:
    lower = (1, *bounds)
    index = sum(value >= bound for bound in bounds)
    if index == len(bounds):
        return f"{bounds[-1]} or more {unit}".encode()
    return f"{lower[index]}-{bounds[index] - 1} {unit}".encode()


def _text_length(values: Mapping[str, Any], features: Sequence[config.Feature]) -> bytes:
    words = sum(len(values[f.name].decode().split()) for f in features if f.holds == "text")
    return _bucket(words, _WORD_BOUNDS, "words")


def _image_size(values: Mapping[str, Any], features: Sequence[config.Feature]) -> bytes:
    sides = [max(images.size(values[f.name])) for f in features if f.holds == "image"]
    return _bucket(max(sides), _PIXEL_BOUNDS, "pixels")


DERIVED: dict[str, Callable[[Mapping[str, Any], Sequence[config.Feature]], bytes]] = {
    "text_length": _text_length,
    "image_size": _image_size,
}
"""Columns computed from the others: words of all texts, longer side of the largest image."""
