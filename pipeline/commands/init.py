"""What the command `maru init` does: guess a config from data, write it, check it."""

from __future__ import annotations

import pathlib
import re
import shlex
import unicodedata

from rich.console import Console
from rich.text import Text

from components.ingest import errors, splits
from components.ingest.files import locate, names
from pipeline.commands import check
from pipeline.display import run_view
from pipeline.guessing import document
from pipeline.guessing import guess as guessing
from pipeline.guessing.wording import Line, Remark

_PATH = re.compile(r"`data\.source\.path`")
_ENDINGS = re.compile(r"(\.\w{1,7}){1,2}$")
_UNNAMED = "data"


def run(
    data: pathlib.Path, output: pathlib.Path | None, workspace: pathlib.Path, *, is_forced: bool
) -> int:
    """Write a config for some data, say why it is so, and check it; exit code as of `maru check`.

    Args:
        data: A table, a folder of tables, or a folder of images.
        output: The YAML; None: named after the data, in the current folder.
        workspace: Where sample data would be written to.
        is_forced: Whether to replace what is at `output`.

    Raises:
        ValueError: If the data cannot be read or there is no task for it, with the reason and what
            would make it usable; if `output` is there already.
    """
    shown = Console(highlight=False)
    located = locate.spelled(data).absolute()
    path = output or pathlib.Path(f"{_name(located)}.yaml")
    if path.exists() and not is_forced:
        raise ValueError(
            f"{names.shown(path)} is there already. Replace it with --force, or name another file "
            "with --output."
        )
    if not names.is_utf8(located):
        raise ValueError(
            f"The path {names.shown(located)} is not UTF-8, which a YAML must be. Rename its "
            "folders and files; `convmv` does many at once."
        )
    try:
        with shown.status("looking at the data"):
            guess = guessing.guess(data)
    except errors.DataError as error:
        raise ValueError(_PATH.sub("DATA", str(error))) from error
    written = document.text(guess, _slug(path.stem), path, is_relative=not data.is_absolute())
    path.write_text(written, encoding="utf-8")
    run_view.print_line(shown, f"{names.shown(path)}: guessed from {guess.seen}", "bold")
    for line in guess.lines:
        shown.print(_told(line), soft_wrap=True)
    example = f"maru check {shlex.quote(str(path))} --set task.kind=..."
    run_view.print_line(shown, f"To change a guess, edit its line, or try it: {example}\n")
    return check.check(path, (), workspace)


def _told(line: Line | Remark) -> Text:
    """A guess, why, and what else it could be."""
    if isinstance(line, Remark):
        return Text(f"  {line.section}: {line.text}")
    instead = f". Instead: {line.instead}" if line.instead else ""
    field = f"  {line.key}: {document.scalar(line.value)}"
    return Text.assemble((field, "bold"), f"  {line.why}{instead}")


def _name(data: pathlib.Path) -> str:
    """What the pipeline is called: as the file or folder is, or as its folder if it is `train`."""
    stem = data.name if data.is_dir() else _ENDINGS.sub("", data.name)
    return _slug(data.parent.name if splits.named(stem) else stem)


def _slug(name: str) -> str:
    """A name of lower case letters, digits and `_`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if found[:1].isdigit():
        found = f"{_UNNAMED}_{found}"
    return found or _UNNAMED
