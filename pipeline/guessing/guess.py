"""From a path to a guess: every line of a first config, and what was left out."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import pydantic

from components.ingest import config, errors, images, row
from components.ingest.files import locate, names
from components.ingest.sources import image_batch
from models.tasks import table
from models.tasks import task as tasks
from pipeline.guessing import (
    column,
    image_models,
    inputs,
    locating,
    questions,
    refusing,
    sampling,
    splitting,
    tagging,
    targets,
    text_models,
    wording,
    writing,
)
from pipeline.guessing.wording import Line, Remark

_TASK: pydantic.TypeAdapter[table.Task] = pydantic.TypeAdapter(table.Task)
_SOURCE: pydantic.TypeAdapter[sampling.Source] = pydantic.TypeAdapter(sampling.Source)
_SIZED = 200
"""Images whose size is looked at."""
_FOLDER_KIND = "image_folder"
_TABLE_KIND = "image_table"


@dataclasses.dataclass(frozen=True)
class Guess:
    """A first config for some data."""

    purpose: str
    """What is learned from what, in a line."""
    seen: str
    """How much of the data the figures are about."""
    lines: tuple[Line | Remark, ...]
    """In the order of the YAML."""


def guess(given: pathlib.Path) -> Guess:
    """Look at some data and guess what may be learned from it.

    Args:
        given: A table, a folder of tables, or a folder of images, as typed.

    Raises:
        DataError: If it cannot be read, or there is no task for it: with the reason, and what
            would make it usable.
    """
    found = locating.locate_data(given)
    return _of_folder(found) if isinstance(found, locating.Folder) else _of_tables(found)


def _of_folder(found: locating.Folder) -> Guess:
    listed = [image for batch in found.batches for image in batch.images]
    labels = Counter(image.values["label"] for image in listed)
    named = {image.split for image in listed if image.split}
    shares = wording.listed([f"{wording.quoted(x)} {n:,}" for x, n in labels.most_common()], 5)
    return Guess(
        "Which class an image shows.",
        f"{len(listed):,} files, of which {min(_SIZED, len(listed)):,} were opened",
        (
            *_task("image", 1, "category", {}, f"a folder per class: {len(labels):,} classes"),
            Remark("task", f"the classes are the names of the folders: {shares}"),
            Line("data.source.kind", _FOLDER_KIND, "the folders hold images"),
            Line("data.source.path", found.path, f"{len(listed):,} files"),
            *splitting.lines(named, None, labels, len(listed)),
            *image_models.lines(_sizes(listed), labels),
        ),
    )


def _of_tables(found: locating.Tables) -> Guess:
    fields = dict(found.first.fields)
    encoding = next((one.encoding for one in found.files if one.encoding), "utf-8")
    if encoding != "utf-8":
        fields["encoding"] = encoding
    source = _SOURCE.validate_python({**fields, "path": found.path})
    sample = sampling.read(source, found.first.columns)
    name = names.shown(found.first.path.name)
    source_lines = tuple(_source_lines(fields, found, encoding, sample.told))
    asked = questions.find(sample.columns)
    if asked is not None:
        return _of_form(asked, sample, source_lines, asked.split())
    tagged = tagging.find(sample.columns, name)
    if tagged is not None:
        return _of_form(tagged, sample, source_lines)
    refusing.check(sample.columns, name)
    known = [one for one in sample.columns if one.name not in sample.repeated]
    split = next((one for one in known if one.is_split), None)
    free = [one for one in known if one is not split]
    is_listed = isinstance(source, config.CsvSource | config.TsvSource)
    given = inputs.images(free, found.first.path, is_listed) or _pair(free)
    taken = given.names if given else set()
    candidates = targets.candidates([one for one in free if one.name not in taken])
    is_aligned = fields["kind"] == "aligned"
    paired = None if candidates else writing.find(free, is_aligned)
    if paired is not None:
        return _of_form(paired, sample, source_lines)
    refusing.check_target(candidates, given, free, name, sample.repeated)
    target = candidates[0]
    given = given or inputs.text([one for one in free if one is not target.column])
    if given is None:
        raise refusing.no_input(free, target, name, sample.repeated)
    if given.folder is not None:
        fields = _as_image_table(fields, given.folder, found.first.path)
    named = splitting.named(split) if split else sample.splits
    classes = target.labels if target.holds == "category" else {}
    return Guess(
        _purpose(given, target),
        _seen(sample),
        (
            *_columns(given, target),
            *_left_out(sample, given, candidates, split),
            *_source_lines(fields, found, encoding, sample.told),
            *splitting.lines(named, split, classes, sample.total),
            *_model(given, sample, target.labels),
        ),
    )


class _Form(Protocol):
    """What a table is recognised as by more than a column that is learned."""

    @property
    def purpose(self) -> str:
        """What is learned, in a line."""

    def task(self) -> Iterable[Line | Remark]:
        """The section `task`."""

    def model(self, rows: int) -> Iterable[Line | Remark]:
        """The sections `model` and `training`, for so many rows of the train split."""


def _of_form(
    form: _Form, sample: sampling.Sample, source: Iterable[Line | Remark], *split: Line
) -> Guess:
    """The guess about such a table; `split` adds to how its rows are divided."""
    return Guess(
        form.purpose,
        _seen(sample),
        (
            *form.task(),
            *source,
            *splitting.lines(sample.splits, None, {}, sample.total),
            *split,
            *form.model(sample.total),
        ),
    )


def _seen(sample: sampling.Sample) -> str:
    return f"{'all' if sample.kept == sample.total else f'{sample.kept:,} of'} {sample.told}"


def _pair(columns: Sequence[column.Column]) -> inputs.Inputs | None:
    """Two texts, unless one of them is all that could be learned: `v1` may label `v2`."""
    found = inputs.pair(columns)
    if found is None:
        return None
    beside = [one for one in columns if one.name not in found.names]
    return None if targets.candidates(columns) and not targets.candidates(beside) else found


def _as_image_table(
    fields: dict[str, Any], folder: pathlib.Path, path: pathlib.Path
) -> dict[str, Any]:
    """Fields of the table as a source of the images that it lists."""
    found: dict[str, Any] = {"kind": _TABLE_KIND}
    if folder != path.parent:
        found["images"] = str(folder)
    return found | {key: fields[key] for key in ("delimiter", "encoding") if key in fields}


def _task(
    holds: str, number: int, target: str, columns: Mapping[str, Line], why: str
) -> Iterable[Line]:
    """The task of these inputs and this target, and its columns as far as they are named.

    Args:
        holds: What the inputs hold.
        number: How many there are.
        target: What the target holds.
        columns: Lines by role, `input 0`, `input 1` and `target`, their keys still to be set.
        why: It is this task.
    """
    for kind in table.TASKS:
        task: tasks.Task = _TASK.validate_python({"kind": kind})
        given = tasks.inputs(task)
        if [one.holds for one in given] != [holds] * number:
            continue
        for learned in tasks.targets(task):
            if learned.holds != target:
                continue
            yield Line("task.kind", kind, why)
            for place, one in enumerate((*given, learned)):
                role = "target" if one is learned else f"input {place}"
                if role in columns:
                    yield dataclasses.replace(columns[role], key=f"task.{one.field}")
            return
    raise errors.DataError(f"Maru has no task that gives {holds} a target that holds {target}.")


def _columns(given: inputs.Inputs, target: targets.Target) -> Iterable[Line]:
    lines = {
        f"input {place}": Line("", one.name, why)
        for place, (one, why) in enumerate(zip(given.columns, given.why, strict=True))
    }
    lines["target"] = Line("", target.column.name, target.why)
    many = {1: f"one {given.holds}", 2: f"two {given.holds}s"}[len(given.columns)]
    what = {"category": "a label", "categories": "any number of labels", "number": "a number"}
    why = f"{many} and {what[target.holds]} in every row"
    yield from _task(given.holds, len(given.columns), target.holds, lines, why)
    if target.separator:
        why = "between the labels in a cell"
        yield Line("task.separator", target.separator, why)


def _left_out(
    sample: sampling.Sample,
    given: inputs.Inputs,
    candidates: Sequence[targets.Target],
    split: column.Column | None,
) -> Iterable[Remark]:
    """What becomes of the other columns."""
    target, *others = candidates
    if others:
        shown = wording.listed([one.counts for one in others])
        yield Remark("task", f"could be learned instead of `{target.column.name}`: {shown}")
    used = {*given.names, *(one.column.name for one in candidates)}
    texts = [one for one in given.others if one.name not in used]
    if texts:
        shown = wording.listed(
            [f"{wording.named(one.name)} ({one.characters:.0f} characters)" for one in texts]
        )
        yield Remark("task", f"other texts, which are not read: {shown}")
    used |= {one.name for one in texts} | ({split.name} if split else set())
    rest = [one for one in sample.columns if one.name not in used]
    rest = [one for one in rest if one.name not in sample.repeated]
    if rest:
        shown = wording.listed(
            [f"{wording.named(one.name)} ({targets.why_none(one)})" for one in rest]
        )
        yield Remark("task", f"left out: {shown}")
    if sample.repeated:
        shown = wording.listed([wording.named(name) for name in sample.repeated])
        yield Remark("task", f"several columns have the same name, so none is used: {shown}")


def _source_lines(
    fields: Mapping[str, Any], found: locating.Tables, encoding: str, rows: str
) -> Iterable[Line | Remark]:
    share = min(one.share for one in found.files)
    reads = "all" if share == 1 else wording.share(int(share * 10_000), 10_000)
    reasons = {
        "delimiter": "divides the header and the rows alike",
        "quoting": "more rows are as wide as the header",
        "encoding": f"reads {reads} of the lines beyond ASCII as everyday text",
        "endings": "of the files whose lines belong together",
        "images": "the folder that the names of the images start from",
    }
    files = "1 file" if len(found.files) == 1 else f"{len(found.files)} files"
    yield Line("data.source.kind", fields["kind"], found.first.form)
    yield Line("data.source.path", found.path, f"{files}, {rows}")
    for key, reason in reasons.items():
        if key in fields:
            yield Line(f"data.source.{key}", fields[key], reason)
    if found.others:
        yield Remark("data", f"files beside these, not read: {wording.listed(list(found.others))}")


def _model(
    given: inputs.Inputs, sample: sampling.Sample, labels: Counter[str]
) -> Iterable[Line | Remark]:
    if given.holds == "text":
        return text_models.lines(text_models.Texts(given.columns, sample.total))
    (one,) = given.columns
    if given.folder is None:
        cells = itertools.islice((c for c in one.cells if isinstance(c, bytes)), _SIZED)
        # A column is one of images by its first cells; later ones may be damaged.
        sizes = list(filter(None, map(_size, cells)))
    else:
        locator = locate.Locator(given.folder)
        found = (inputs.find(locator, name) for name in one.counts)
        listed = map(str, itertools.islice(filter(None, found), _SIZED))
        sizes = _sizes([image_batch.ImageFile(path, path, {}, None, 0) for path in listed])
    return image_models.lines(sizes, labels)


def _sizes(listed: Sequence[image_batch.ImageFile]) -> list[tuple[int, int]]:
    """Width and height of some of the images that can be opened."""
    found = []
    for entry in image_batch.read(image_batch.Batch("image", tuple(listed[:_SIZED]))):
        if isinstance(entry, row.Row) and (size := _size(entry.values["image"])):
            found.append(size)
    if not found:
        raise errors.DataError(
            f"None of the first {min(_SIZED, len(listed))} images can be opened, such as "
            f"{listed[0].where}. Are these image files?"
        )
    return found


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height of an image; None if it cannot be opened: `maru check` says why."""
    try:
        return images.size(images.prepare(data).data)
    except images.BadImage:
        return None


def _purpose(given: inputs.Inputs, target: targets.Target) -> str:
    asked = " and ".join(wording.named(one.name) for one in given.columns)
    learned = wording.named(target.column.name)
    sentences = {
        "category": f"Which {learned} {asked} has."
        if len(given.columns) == 1
        else f"Which {learned} {asked} have.",
        "categories": f"Which of the {learned} fit {asked}.",
        "number": f"The number {learned} of {asked}.",
    }
    return sentences[target.holds]
