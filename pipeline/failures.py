"""Telling a mistake in data or config from a defect of the program."""

import pathlib
import traceback

ROOT = pathlib.Path(__file__).parents[1]
_PACKAGES = ("pipeline", "components", "models", "serving")
_WORDED = (ValueError, OSError, FloatingPointError)


def is_users(error: BaseException) -> bool:
    """Whether an error is worded for the user.

    It is if code of this project raised it on purpose: a value or file error, raised by a line
    of ours and not inside a library.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if not frames or not isinstance(error, _WORDED):
        return False
    last = pathlib.Path(frames[-1].filename)
    return any(last.is_relative_to(ROOT / package) for package in _PACKAGES)
