"""Which files a folder or a path gives, and how the YAML can name just these."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import re
from collections.abc import Iterator, Sequence

from components.ingest import columns, config, errors, splits
from components.ingest.files import locate, missing, names, source_files
from components.ingest.sources import image_batch, image_folder
from pipeline.guessing import unusable, wording, written

_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet")
_MAYBE_TABLES = (".json", ".txt", ".conll")
"""Looked at where there are no files of the first kind: they may also describe the data."""
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff")
_DESCRIPTION = re.compile(r"(readme|licen[cs]e|notice|changelog|requirements)\b", re.IGNORECASE)
_FOLDER = columns.Wanted(("image", "label"), "image")


@dataclasses.dataclass(frozen=True)
class Tables:
    """Files of rows that are written alike."""

    files: tuple[written.Written, ...]
    """At least one; all with the same columns."""
    path: str
    """What `data.source.path` says for just these, absolute."""
    others: tuple[str, ...] = ()
    """Files beside them that are left out, each with the reason."""

    @property
    def first(self) -> written.Written:
        """The one to name where one stands for all."""
        return self.files[0]


@dataclasses.dataclass(frozen=True)
class Folder:
    """Images in a folder per class."""

    path: str
    """The folder, absolute."""
    batches: tuple[image_batch.Batch, ...]


def locate_data(given: pathlib.Path) -> Tables | Folder:
    """What a path holds.

    Args:
        given: A file or a folder, as typed.

    Raises:
        DataError: If there is nothing that rows could be read from.
    """
    path = locate.spelled(given).absolute()
    if not path.exists() or missing.oddity(path):
        here = str(pathlib.Path.cwd())
        raise errors.DataError(missing.explain("data.source.path", str(given), here))
    if path.is_file():
        return Tables((written.detect(path),), str(path), _siblings(path))
    images, tables = _sorted_files(path)
    if images:
        source = config.ImageFolderSource(str(path))
        try:
            batches = image_folder.shards(source, str(path.parent), _FOLDER)
        except errors.DataError:
            # A table may say which image is what.
            if not tables:
                raise
        else:
            labels = {one.values["label"] for batch in batches for one in batch.images}
            if len(labels) > 1 or not tables:
                return Folder(str(path), tuple(batches))
    if not tables and (pairs := _aligned(path)):
        return pairs
    if not tables:
        raise errors.DataError(
            f"{names.shown(path)} holds neither tables ({', '.join(_TABLES + _MAYBE_TABLES)}, "
            f"also with .gz) nor images. {errors.hint('', map(names.shown, locate.listing(path)))}"
        )
    if unused := unusable.text_per_file(path, tables):
        raise unused
    return _alike(path, tables)


def _aligned(folder: pathlib.Path) -> Tables | None:
    """Files in pairs that differ in their endings alone: `train.en` and `train.de`."""
    files = [file for file in _files(folder) if not _DESCRIPTION.match(file.name.lower())]
    stems = collections.defaultdict(set)
    for file in files:
        name = file.name.removesuffix(".gz")
        stem, _, ending = name.rpartition(".")
        stems[file.parent / stem].add(ending)
    endings = {tuple(sorted(found)) for found in stems.values()}
    if len(endings) != 1 or len(*endings) != 2 or not all(map(all, endings)):
        return None
    (both,) = endings
    found = [written.aligned(file, both) for file in sorted(files)]
    return Tables(tuple(found), str(folder))


def _siblings(path: pathlib.Path) -> tuple[str, ...]:
    """Files of other splits beside one of the train split."""
    if splits.named_by_file(path.name) != "train":
        return ()
    others = [file for file in names.files(path.parent) if file.suffixes == path.suffixes]
    found = [one for one in others if splits.named_by_file(one.name) not in (None, "train")]
    return tuple(f"{names.shown(one.name)} (name the folder to use it)" for one in found)


def _sorted_files(folder: pathlib.Path) -> tuple[bool, list[pathlib.Path]]:
    """Whether there are images, and the files of rows."""
    found: dict[tuple[str, ...], list[pathlib.Path]] = collections.defaultdict(list)
    has_images = False
    for file in _files(folder):
        name = file.name.lower().removesuffix(".gz")
        has_images = has_images or name.endswith(_IMAGES)
        for endings in (_TABLES, _MAYBE_TABLES):
            if name.endswith(endings) and not _DESCRIPTION.match(name):
                found[endings].append(file)
    return has_images, sorted(found[_TABLES] or found[_MAYBE_TABLES])


def _files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for inner in locate.below(folder):
        yield from names.files(inner)


def _alike(folder: pathlib.Path, files: Sequence[pathlib.Path]) -> Tables:
    """The files that belong together: with the same columns, and all or none for a split."""
    readable, refused = _detected(folder, files)
    groups: dict[object, list[written.Written]] = collections.defaultdict(list)
    for found in readable:
        groups[found.fields, tuple(sorted(found.columns))].append(found)
    chosen = next(
        (group for group in groups.values() if any(one.split == "train" for one in group)), None
    ) or _with_all_columns(list(groups.values()))
    if chosen is None:
        shown = "; ".join(
            f"{wording.listed([_inner(one.path, folder) for one in group])} with "
            f"{wording.listed([repr(name) for name in group[0].columns])}"
            for group in groups.values()
        )
        raise errors.DataError(
            f"{names.shown(folder)} holds tables with different columns: {shown}. Name one of "
            "these files instead of the folder."
        )
    chosen = _of_splits(chosen)
    left = {one.path for one in readable} - {one.path for one in chosen}
    others = [*(_inner(path, folder) for path in sorted(left)), *refused]
    encodings = {one.encoding for one in chosen} - {None}
    if len(encodings) > 1:
        shown = ", ".join(f"{_inner(o.path, folder)}: {o.encoding or 'ASCII'}" for o in chosen)
        raise errors.DataError(
            f"The files of {names.shown(folder)} are in several encodings ({shown}), and a source "
            "has one. Save them all as UTF-8."
        )
    return Tables(tuple(chosen), _path(folder, chosen), tuple(others))


def _detected(
    folder: pathlib.Path, files: Sequence[pathlib.Path]
) -> tuple[list[written.Written], list[str]]:
    """Files that hold rows, and the others with the reason why they do not.

    Raises:
        DataError: The first reason, if none does.
    """
    found, refused = [], {}
    for file in files:
        try:
            found.append(written.detect(file))
        except errors.DataError as error:
            refused[file] = error
    if not found:
        raise next(iter(refused.values()))
    reasons = (
        str(why).split(". ")[0].removeprefix(f"{file.name} ") for file, why in refused.items()
    )
    return found, [
        f"{_inner(file, folder)} ({reason})" for file, reason in zip(refused, reasons, strict=True)
    ]


def _with_all_columns(groups: list[list[written.Written]]) -> list[written.Written] | None:
    """The group whose files have the columns of all others, too."""
    every = {name for group in groups for name in group[0].columns}
    return next((group for group in groups if every <= set(group[0].columns)), None)


def _of_splits(group: list[written.Written]) -> list[written.Written]:
    """The files named after splits, if train is among several; beside `train`, no `train_2000`."""
    named = [one for one in group if one.split]
    plain = [one for one in named if not any(map(str.isdigit, one.path.name))]
    for chosen in (plain, named):
        found = {one.split for one in chosen}
        if "train" in found and len(found) > 1:
            return chosen
    return group


def _inner(path: pathlib.Path, folder: pathlib.Path) -> str:
    return names.shown(path.relative_to(folder))


def _path(folder: pathlib.Path, files: Sequence[written.Written]) -> str:
    """The shortest way to name these files and no others."""
    wanted = {one.path for one in files}
    kind = dict(files[0].fields)["kind"]
    if set(source_files.inside(folder, kind)) == wanted:
        return str(folder)
    if len(wanted) == 1:
        return str(files[0].path)
    for pattern in _patterns(files):
        path = str(folder / pattern)
        if set(locate.Locator(folder).match(path)) == wanted:
            return path
    shown = wording.listed([_inner(path, folder) for path in sorted(wanted)])
    raise errors.DataError(
        f"{names.shown(folder)} holds other files beside those that belong together ({shown}). "
        "Put these into a folder of their own and name it."
    )


def _patterns(files: Sequence[written.Written]) -> Iterator[str]:
    """Patterns that may stand for these files: by their ending, last letters, first letters."""
    endings = {"".join(one.path.suffixes[-2:]) for one in files if one.path.suffix == ".gz"}
    endings |= {one.path.suffix for one in files if one.path.suffix != ".gz"}
    if len(endings) > 1:
        return
    (ending,) = endings
    stems = [one.path.name.removesuffix(ending) for one in files]
    last, first = (_any_of({stem[place] for stem in stems}) for place in (-1, 0))
    yield f"*{ending}"
    yield f"*{last}{ending}"
    yield f"{first}*{ending}"
    yield f"{first}*{last}{ending}"


def _any_of(characters: set[str]) -> str:
    """A pattern of one character."""
    return f"[{''.join(sorted(characters))}]" if len(characters) > 1 else next(iter(characters))
