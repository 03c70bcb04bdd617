"""Reading the text of a YAML, or saying why not."""

from __future__ import annotations

import pathlib

from components.ingest.files import missing, names
from pipeline import did_you_mean
from pipeline.config import problems

_MOST_BYTES = 2**20


def read(path: pathlib.Path) -> str:
    """The text of a YAML.

    Raises:
        ConfigError: If there is none at the path.
    """
    if not names.is_utf8(path.absolute()):
        raise problems.ConfigError(
            names.shown(path.absolute()),
            ["this path is not UTF-8. Rename its folders and files; `convmv` does many at once"],
        )
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) <= _MOST_BYTES:
            return content.decode("utf-8-sig")
        line = "more than 1 MiB, as no config has. Is it the data? `data.source.path` names that"
    except UnicodeDecodeError as error:
        line = f"not UTF-8: byte {error.object[error.start]:#04x} at position {error.start}"
    except IsADirectoryError:
        line = "this is a folder, not a YAML file"
    except (OSError, ValueError) as error:  # The latter for a zero byte.
        line = _reason(path, error)
    raise problems.ConfigError(names.shown(path), [line])


def _reason(path: pathlib.Path, error: OSError | ValueError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"it cannot be read: {getattr(error, 'strerror', None) or error}"
    if path.is_symlink():
        return f"it {missing.oddity(path)}"
    nearby = sorted(str(p) for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    hint = f" {did_you_mean.suggest(path, nearby)}" if nearby else ""
    return f"there is no such file.{hint}"
