"""Inputs that say nothing: blank ones, stand-ins for missing values, one value again and again."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from components import stand_ins
from components.doctor.finding import Finding
from components.doctor.rows import Rows

NAME = "constant_input"
_REMOVED = re.compile(r"\[?(?:deleted|removed)\]?", re.IGNORECASE)  # As forums leave it.
_WARN, _FAIL = 0.01, 0.2  # shares of rows that say nothing
_REPEATED_WARN, _REPEATED_FAIL = 0.2, 0.5  # shares of rows with one and the same input
FLAT = 1.0
"""Standard deviation of an image's pixels, of 255, below which it shows nothing."""


def are_missing(texts: Sequence[str]) -> np.ndarray:
    """Which texts have no words, or a word that stands for a missing value; `(rows,)` bool.

    Emoji and other symbols are words; marks and invisible characters are none.
    """
    return np.array([_is_missing(text.strip()) for text in texts], bool)


def _is_missing(text: str) -> bool:
    is_word = bool(_REMOVED.fullmatch(text)) or stand_ins.says_nothing(text)
    return is_word or not any(unicodedata.category(c)[0] in "LNS" for c in text)


def constant_input(rows: Mapping[str, Rows], empty: Mapping[str, np.ndarray]) -> Finding:
    """Count the rows whose input holds nothing to learn from.

    Args:
        rows: Rows by split, `train` among them.
        empty: Which rows of each split, or of its sample, are blank: `(rows,)` bool.

    Returns:
        `fail` where a fifth of the rows is blank, or half of them has the same input; figures
        `blank` (share by split) and `repeated` (share of the most frequent training input).
    """
    blank = {split: float(np.mean(flags)) for split, flags in empty.items()}
    repeated = float(np.max(np.unique(rows["train"].keys, return_counts=True)[1]))
    repeated = repeated / len(rows["train"]) if repeated > 1 else 0.0
    worst = max(blank.values())
    figures = {"blank": blank, "repeated": repeated}
    said = ", ".join(f"{share:.1%} of {split}" for split, share in blank.items())
    evidence = (
        f"Without content: {said}; the most frequent input makes up {repeated:.1%} of the "
        "training rows."
    )
    if worst < _WARN and repeated < _REPEATED_WARN:
        return Finding(NAME, "pass", evidence, figures=figures)
    return Finding(
        NAME,
        "fail" if worst >= _FAIL or repeated >= _REPEATED_FAIL else "warn",
        evidence,
        "Such rows have a label and nothing that explains it: the model learns how frequent "
        "labels are, and the share of these rows is lost.",
        "Check the column that `task` names as the input, and remove rows that are blank or say "
        "only 'nan', 'null' or the like from `data.source`.",
        figures,
    )
