"""Rows to ask a model about, in the order of their files, checked as Ingest checks them."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pydantic

from components.ingest import columns, config, encode, errors, reading, row
from components.ingest.files import locate, names, source_files
from components.ingest.sources import image_batch
from components.ingest.text import decoding, lines
from pipeline import did_you_mean

LINES = "lines"
"""A text a line, the only format that Ingest does not read: it has no place for a label."""
FORMATS = ("csv", "tsv", "jsonl", "parquet", "conll", "squad", LINES)
_ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    **dict.fromkeys((".conll", ".conllu", ".iob", ".iob2", ".bio", ".bioes"), "conll"),
    ".txt": LINES,
}
_FIELD = re.compile(r"`?data\.source\.path`?")
_SETTING = re.compile(r"`data\.source\.(\w+): ([^`]+)`")


@dataclasses.dataclass(frozen=True)
class Input:
    """What a model takes."""

    name: str
    """In requests."""
    holds: str
    """`text` or `image`."""
    column: str
    """Column that it is read from."""
    joiner: str | None = None
    """What the words of a text are joined by where they come as a list; None refuses lists."""


@dataclasses.dataclass(frozen=True)
class Question:
    """One row to ask about."""

    where: str
    """`file:line`, `file:row` or the path of an image."""
    values: Mapping[str, bytes]
    """What the model takes, by the names of its inputs."""
    columns: Mapping[str, Any]
    """What else the row holds, as it was read; no bytes of images."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """What to ask about."""

    path: pathlib.Path
    """File or folder."""
    inputs: tuple[Input, ...]
    """Of the model."""
    format: str | None = None
    """One of `FORMATS`; None goes by the ending."""
    settings: tuple[tuple[str, str], ...] = ()
    """Fields of `data.source`, such as `encoding`, with their values."""

    def read(self, skipped: int = 0) -> Iterator[Question | row.Rejected]:
        """Rows and what is none, in the order of files and lines.

        Args:
            skipped: How many to leave out at the beginning, unchecked.

        Raises:
            ValueError: If there is nothing to read, or columns are missing.
        """
        try:
            for entry in itertools.islice(self._entries(), skipped, None):
                yield self._checked(entry)
        except errors.DataError as error:
            raise ValueError(_worded(str(error))) from error

    def fingerprint(self) -> list[list[Any]]:
        """Names, sizes and times of the files: whether they are the same as when last read."""
        files = [self.path] if self.path.is_file() else sorted(_files(self.path))
        return [[str(f), f.stat().st_size, f.stat().st_mtime_ns] for f in files]

    def _checked(self, entry: row.Row | row.Rejected) -> Question | row.Rejected:
        if isinstance(entry, row.Rejected):
            return dataclasses.replace(entry, reason=_worded(entry.reason))
        shown = {key: v for key, v in entry.values.items() if not isinstance(v, bytes)}
        try:
            values = {
                one.name: encode.input_value(entry, one.column, one.holds, one.joiner).value
                for one in self.inputs
            }
        except row.BadRow as error:
            return row.Rejected(entry.where, str(error), row.excerpt(encode.joined(shown)))
        return Question(entry.where, values, shown)

    def _entries(self) -> Iterator[row.Row | row.Rejected]:
        image = next((one.column for one in self.inputs if one.holds == "image"), None)
        kind = self._kind()
        if kind is None and image:
            self._check_settings("a folder of images", ())
            yield from _images(self.path, image)
        elif kind == LINES:
            yield from _lines(self.path, self.inputs, self._source("jsonl", LINES).encoding)
        else:
            yield from self._table(kind or "csv", image)

    def _kind(self) -> str | None:
        """The format; None for images without a table."""
        if self.format:
            return self.format
        if self.path.is_dir():
            found = {_kind_of(file) for file in _files(self.path)} - {None, LINES}
            if len(found) == 1:
                return found.pop()
            self._check_undecided(found)
            return None
        kind = _kind_of(self.path)
        if kind is None:
            self._check_undecided(set())
        return kind

    def _check_undecided(self, found: set[str | None]) -> None:
        if any(one.holds == "image" for one in self.inputs) and not found:
            return
        kinds = ", ".join(sorted(filter(None, found))) or "none of them"
        raise ValueError(
            f"--input: {names.shown(self.path)} must be of one of these formats: "
            f"{', '.join(FORMATS)}, told by the ending of its name. Received: {kinds}. "
            "Say which with --format."
        )

    def _table(self, kind: str, image: str | None) -> Iterator[row.Row | row.Rejected]:
        lists = tuple(one.column for one in self.inputs if one.joiner is not None)
        wanted = columns.Wanted(tuple(one.column for one in self.inputs), image, lists)
        kind = "image_table" if image and kind in ("csv", "tsv") else kind
        opened = reading.open_source(self._source(kind, kind), str(self.path.parent), "", wanted)
        if kind == "image_table":
            yield from _in_order(opened.shards)
            return
        for shard in opened.shards:
            yield from opened.read(shard)

    def _check_settings(self, what: str, known: Sequence[str]) -> None:
        """Refuse settings that nothing would read."""
        for name, value in self.settings:
            if name not in known:
                raise ValueError(
                    f"--read: {what} has no setting {name!r}.{did_you_mean.hint(name, known)} "
                    f"Settings: {', '.join(known) or 'none'}. Received: {name}={value}"
                )

    def _source(self, kind: str, what: str) -> Any:
        self._check_settings(what, _settings_of(kind))
        fields = {"kind": kind, "path": str(self.path.absolute()), **dict(self.settings)}
        try:
            return pydantic.TypeAdapter(config.Source).validate_python(fields)
        except pydantic.ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']} "
                f"Received: {problem['input']!r}"
                for problem in error.errors()
            )
            raise ValueError(f"--read: {problems}") from error


def _settings_of(kind: str) -> list[str]:
    """Fields of a source, but for what it is and where."""
    sources: Sequence[Any] = typing.get_args(typing.get_args(config.Source)[0])
    source = next(one for one in sources if one.kind == kind)
    names_ = [field.name for field in dataclasses.fields(source)]
    return [name for name in names_ if name not in ("kind", "path")]


def _kind_of(path: pathlib.Path) -> str | None:
    name = path.name.lower().removesuffix(".gz")
    return _ENDINGS.get(pathlib.PurePath(name).suffix)


def _files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for inner in locate.below(folder):
        yield from names.files(inner)


def _images(path: pathlib.Path, column: str) -> Iterator[row.Row | row.Rejected]:
    """A file, or all files below a folder, by name."""
    root = path if path.is_dir() else path.parent
    files = _files(path) if path.is_dir() else iter([path])
    images = [
        image_batch.listed(file, names.shown(file.relative_to(root).as_posix()), {}, None)
        for file in files
    ]
    yield from _in_order([image_batch.Batch(column, tuple(images))])


def _in_order(batches: Sequence[image_batch.Batch]) -> Iterator[row.Row | row.Rejected]:
    """Images in the order of what lists them; batches are shuffled for training."""
    listed: list[image_batch.ImageFile | row.Rejected] = []
    for batch in batches:
        listed += [*batch.images, *batch.rejected]
    listed.sort(key=lambda one: row.natural_order(row.Rejected(one.where, "")))
    for one in listed:
        if isinstance(one, row.Rejected):
            yield one
        else:
            yield from image_batch.read(image_batch.Batch(batches[0].column, (one,)))


def _lines(
    path: pathlib.Path, inputs: Sequence[Input], encoding: str
) -> Iterator[row.Row | row.Rejected]:
    """A text a line; empty lines are no rows."""
    if len(inputs) != 1 or inputs[0].holds != "text":
        asked = ", ".join(one.name for one in inputs)
        raise ValueError(
            f"--input: a text a line is for models of one text; this one takes {asked}. Give a "
            f"table with these columns: {', '.join(FORMATS[:-1])}."
        )
    file = source_files.DataFile(str(path.absolute()), path.name, None, path.stat().st_size)
    part = lines.Part(file)
    decode = decoding.Decoder(part, encoding)
    for line in lines.read(part):
        if isinstance(line, row.Rejected):
            yield line
        elif line.raw.strip():
            where = f"{path.name}:{line.number}"
            try:
                text = decode(line).rstrip("\r\n").removeprefix("\ufeff")
            except row.BadRow as error:
                yield row.Rejected(where, str(error), row.excerpt(line.raw))
            else:
                yield row.Row({inputs[0].column: text}, where)


def _worded(reason: str) -> str:
    """In terms of the command, where Ingest speaks of the YAML."""
    reason = reason.replace(columns.NAME_ANOTHER, "Name the right one with --column INPUT=COLUMN.")
    return _SETTING.sub(r"--read \1=\2", _FIELD.sub("--input", reason))
