"""Which folders of a tree of images are classes, and which stand for splits."""

import dataclasses
import os
import pathlib
import re
import shlex
from collections.abc import Iterator, Sequence

from components.ingest import errors, row, splits
from components.ingest.files import names

_WRAPPERS = ("image", "images", "img", "imgs", "photos", "pictures", "data", "unknown", "all")
"""Folders between a split and its class folders, or around images that have no class."""
_UNLABELLED = ("unlabeled", "unlabelled", "unsup", "unsupervised")
_TO_PREDICT = ("pred", "predict", "prediction")
_DOCUMENT = re.compile(
    r"(.\.(txt|md|rst|csv|tsv|jsonl?|xml|ya?ml|toml|ini|cfg|log|html?|pdf|docx?|xlsx?|pptx?|py|ipynb"
    r"|sh|bat|zip|tar|t?gz|bz2|xz|7z|rar|mat|np[yz]|h5|hdf5|pkl|pickle|pth?|keras|parquet|tfrecord"
    r"|pbtxt|db|sqlite|names|labels|lock|lnk|url|md5|sha\d+|cache|dvc)"
    r"|^(readme|licen[cs]e|notice|copying|authors|changelog|makefile|dockerfile))$"
)
"""Names in lower case of files that describe images or hold them, and are none."""
_SHOWN = 5
_ENCODINGS = ("cp949", "shift_jis", "gb18030")
_ANY_BYTES = "latin-1"


@dataclasses.dataclass(frozen=True)
class ClassFolder:
    """One folder whose images have the same label."""

    path: pathlib.Path
    name: str
    """Its label, in Unicode's NFC."""
    split: str | None
    """Split that it stands in or holds, if folders name splits."""


@dataclasses.dataclass(frozen=True)
class Tree:
    """What a folder of images holds."""

    classes: tuple[ClassFolder, ...]
    rejected: tuple[row.Rejected, ...]
    """Folders whose images have no label, and images outside of the class folders."""


def find(root: pathlib.Path, path: str) -> Tree:
    """Tell class folders from others.

    Splits may stand above the classes (`train/cat`, also `training_set/training_set/cat`) or
    below them (`cat/train`).

    Args:
        root: The folder.
        path: As it is written in the config.

    Raises:
        DataError: If it is not clear which folders are the classes, or a name is not UTF-8.
    """
    tops = names.folders(root)
    if not tops:
        raise errors.DataError(_no_folders(root))
    bare = [top for top in tops if _is_bare(top)]
    if len(bare) < len(tops):
        tops = [top for top in tops if top not in bare]
    unlabelled = _unlabelled(tops)
    tops = [top for top in tops if top not in unlabelled]
    split_of = _splits(tops)
    if split_of:
        if others := [top for top in tops if top not in split_of]:
            raise errors.DataError(_beside(next(iter(split_of)), others))
        classes, more = _below_splits(split_of)
        unlabelled += more
    else:
        classes = _without_splits(tops, root, path)
    for folder in classes:
        _require_utf8(folder.path, root)
    rejected = [_left_out(folder, root) for folder in (*bare, *unlabelled)]
    return Tree(tuple(classes), (*rejected, *_strays(root, classes)))


def may_be_image(name: str) -> bool:
    """Whether a file is not plainly something else by its name, such as a text or an archive."""
    return not _DOCUMENT.search(name.lower())


def _images(folder: pathlib.Path) -> list[pathlib.Path]:
    """Files directly in a folder that may be images."""
    return [file for file in names.files(folder) if may_be_image(file.name)]


def _holds_folders_alone(folder: pathlib.Path) -> bool:
    return bool(names.folders(folder)) and not _images(folder)


def _unlabelled(tops: Sequence[pathlib.Path]) -> list[pathlib.Path]:
    """Folders with images to be labelled or predicted one day."""
    deep = [top for top in tops if names.folders(top)]
    has_splits = any(splits.named(top.name) for top in deep)
    found = []
    for top in tops:
        words = set(splits.words(top.name))
        is_flat = top not in deep
        if not words.isdisjoint(_UNLABELLED):
            found.append(top)
        elif has_splits and is_flat:
            # Beside `train/cat`, images right in `test` or `seg_pred` have no class.
            if splits.mentioned(top.name) or not words.isdisjoint(_TO_PREDICT):
                found.append(top)
        elif is_flat and splits.named(top.name) == "test" and len(tops) > 2:
            found.append(top)
    return found if len(found) < len(tops) else []


def _splits(tops: Sequence[pathlib.Path]) -> dict[pathlib.Path, str]:
    """The folders that stand for splits."""
    deep = [top for top in tops if names.folders(top)]
    named = {top: split for top in deep if (split := splits.named(top.name))}
    # `asl_train` beside `asl_test` are splits, `test cricket` beside `one-day cricket` is none.
    mentioned = {top: split for top in deep if (split := splits.mentioned(top.name))}
    if len(mentioned) == len(tops) and "train" in mentioned.values():
        named = mentioned
    if named:
        named |= {t: "test" for t in deep if not {*splits.words(t.name)}.isdisjoint(_TO_PREDICT)}
    return named


def _below_splits(
    split_of: dict[pathlib.Path, str],
) -> tuple[list[ClassFolder], list[pathlib.Path]]:
    """Classes in split folders, and split folders without any."""
    inner = {top: names.folders(_unwrapped(top)) for top in split_of}
    trained = {
        folder.name.lower()
        for top, folders in inner.items()
        if split_of[top] == "train"
        for folder in folders
    }
    classes, unlabelled = [], []
    for top, folders in inner.items():
        around_images = {*_WRAPPERS, top.name.lower()} - trained
        if all(folder.name.lower() in around_images for folder in folders):
            unlabelled.append(top)
        else:
            classes += [ClassFolder(f, names.composed(f.name), split_of[top]) for f in folders]
    return classes, unlabelled


def _unwrapped(folder: pathlib.Path) -> pathlib.Path:
    """The folder that holds the class folders: `train`, or `train/train`, or `train/images`."""
    around = (folder.name.lower(), *_WRAPPERS)
    inner = names.folders(folder)
    while len(inner) == 1 and inner[0].name.lower() in around and names.folders(inner[0]):
        folder = inner[0]
        inner = names.folders(folder)
    return folder


def _without_splits(
    tops: Sequence[pathlib.Path], root: pathlib.Path, path: str
) -> list[ClassFolder]:
    inner = {top: names.folders(top) for top in tops}
    if len(tops) == 1 and _holds_folders_alone(tops[0]):
        raise errors.DataError(_too_high(tops[0], root, path))
    flat_splits = {splits.named(top.name) for top in tops if not inner[top]}
    if len(flat_splits) > 1 and None not in flat_splits and not any(inner.values()):
        raise errors.DataError(_unlabelled_splits(tops))
    if all(inner.values()) and not any(map(_images, tops)):
        held = {splits.named(folder.name) for folders in inner.values() for folder in folders}
        is_flat = not any(names.folders(folder) for folders in inner.values() for folder in folders)
        if "train" in held and None not in held and is_flat:
            return [
                ClassFolder(folder, names.composed(top.name), splits.named(folder.name))
                for top, folders in inner.items()
                for folder in folders
            ]
        if common := _common(inner):
            raise errors.DataError(_same_inside(tops, common))
    return [ClassFolder(top, names.composed(top.name), None) for top in tops]


def _common(inner: dict[pathlib.Path, list[pathlib.Path]]) -> list[str]:
    """Names that most of the sub-folders have in every folder; empty if there are not two."""
    held = [{names.composed(folder.name) for folder in folders} for folders in inner.values()]
    common, every = set.intersection(*held), set.union(*held)
    return sorted(common) if len(common) > 1 and len(every) <= 2 * len(common) else []


def _is_bare(folder: pathlib.Path) -> bool:
    """Whether there are files in a folder and none of them is an image, as in `annotations`."""
    found = map(may_be_image, _names_below(folder))
    return next(found, None) is False and not any(found)


def _names_below(folder: pathlib.Path) -> Iterator[str]:
    for _, _, found in os.walk(folder):
        yield from (name for name in found if not names.is_leftover(name))


def _left_out(folder: pathlib.Path, root: pathlib.Path) -> row.Rejected:
    count = sum(map(may_be_image, _names_below(folder)))
    reason = (
        f"{count} images without class folders have no labels, so nothing is learned from them"
        if count
        else "holds no images"
    )
    where = names.shown(folder.relative_to(root).as_posix())
    return row.Rejected(where, f"{reason}; move the folder elsewhere")


def _strays(root: pathlib.Path, classes: Sequence[ClassFolder]) -> Iterator[row.Rejected]:
    """Images that lie beside class folders instead of in one."""
    inner = {step for folder in classes for step in folder.path.relative_to(root).parents}
    for parent in sorted({root, *(root / step for step in inner)}):
        for image in _images(parent):
            where = names.shown(image.relative_to(root).as_posix())
            yield row.Rejected(where, "lies outside of the class folders")


def _require_utf8(folder: pathlib.Path, root: pathlib.Path) -> None:
    """Refuse a name that cannot be a label."""
    if names.is_utf8(folder.name):
        return
    encoding, reading = _read_otherwise(os.fsencode(folder.name))
    raise errors.DataError(
        f"`data.source.path`: the name of the folder '{names.shown(folder.relative_to(root))}' is "
        f"not UTF-8, so it cannot be a label. In {encoding} it reads {reading!r}. Rename it: "
        f"`convmv -f {encoding} -t utf-8 -r --notest {shlex.quote(names.shown(root))}`, or unpack "
        f"the archive again: `unzip -O {encoding}`."
    )


def _read_otherwise(raw: bytes) -> tuple[str, str]:
    """An encoding in which a name is text, and that text."""
    for encoding in _ENCODINGS:
        try:
            return encoding, raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _ANY_BYTES, raw.decode(_ANY_BYTES)


def _no_folders(root: pathlib.Path) -> str:
    found = (
        "Its images lie right in it, so `path` may be one level too low: name the folder above. "
        if _images(root)
        else ""
    )
    return (
        f"`data.source.path`: {names.shown(root)} has no sub-folders. {found}Expected one folder "
        "per class, with the images of that class in it. If a table says which image is what, "
        "use `kind: image_table`."
    )


def _too_high(top: pathlib.Path, root: pathlib.Path, path: str) -> str:
    while len(inner := names.folders(top)) == 1 and _holds_folders_alone(inner[0]):
        top = inner[0]
    step = top.relative_to(root).as_posix()
    meant = pathlib.PurePath(path, step).as_posix()
    return (
        f"`data.source.path` is one level too high: {names.shown(path)!r} holds only the folder "
        f"{names.shown(step)!r}, which holds {_listed(names.folders(top))}. Set `path: "
        f"{names.shown(meant)}`."
    )


def _beside(named: pathlib.Path, others: Sequence[pathlib.Path]) -> str:
    return (
        f"`data.source.path`: beside the split folder {named.name!r} there are other "
        f"folders: {_listed(others)}. Expected either split folders alone (train, eval, test) with "
        "class folders in them, or class folders alone. Move the others elsewhere."
    )


def _unlabelled_splits(tops: Sequence[pathlib.Path]) -> str:
    return (
        f"`data.source.path`: images lie right in the split folders {_listed(tops)}, which says "
        "nothing of their classes. Sort them into one folder per class in each, or, if a table or "
        "the file names tell the classes, write such a table and use `kind: image_table`."
    )


def _same_inside(tops: Sequence[pathlib.Path], common: Sequence[str]) -> str:
    shown = ", ".join(map(repr, common[:_SHOWN])) + (", ..." if len(common) > _SHOWN else "")
    return (
        f"`data.source.path`: the folders {_listed(tops)} all hold the same sub-folders ({shown}), "
        f"so it is unclear which are the classes. If it is {shown}: name one of the folders above "
        "as `path`, or rename them to train, eval and test if they are splits. If it is the "
        "folders above: put their images right into them."
    )


def _listed(folders: Sequence[pathlib.Path]) -> str:
    shown = ", ".join(repr(names.shown(folder.name)) for folder in folders[:_SHOWN])
    return f"{shown} and {len(folders) - _SHOWN} more" if len(folders) > _SHOWN else shown
