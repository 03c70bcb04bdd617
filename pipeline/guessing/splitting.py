"""How the rows are divided into train, eval and test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from components.ingest import config, splits
from pipeline.guessing import column, wording
from pipeline.guessing.wording import Line, Remark

_ENOUGH_FOR_TEST = 1_000
_UNEVEN = 1.5
_FEW_OF_A_CLASS = 50


def lines(
    named: Collection[str], split: column.Column | None, labels: Mapping[str, int], rows: int
) -> list[Line | Remark]:
    """The section `data.split`.

    Args:
        named: Splits that files, folders or a column stand for.
        split: The column that names them, if one does.
        labels: Rows of the sample by label; empty where a row has not exactly one.
        rows: In all, about.
    """
    found: list[Line | Remark] = []
    if split is not None:
        rows_of = Counter(split.filled)
        shown = wording.listed([f"{name} {count:,}" for name, count in rows_of.most_common()])
        found.append(Line("data.split.column", split.name, f"its values name splits: {shown}"))
    told = " and ".join(", ".join(x for x in config.SPLITS if x in named).rsplit(", ", 1))
    if "eval" in named:
        return found or [Remark("data", f"no `split`, as the data names {told}")]
    if named:
        found += [
            Line("data.split.train", 9, f"the data names {told}"),
            Line("data.split.eval", 1, "a tenth of the train rows chooses the best epoch"),
        ]
    else:
        found += _ratio(rows)
    return found + _stratify(labels)


def named(split: column.Column) -> set[str]:
    """The splits that a column names."""
    return {name for value in split.counts if (name := splits.named(value))}


def _ratio(rows: int) -> list[Line]:
    if rows < _ENOUGH_FOR_TEST:
        few = f"too few to hold some out for a test, too: {wording.counted(rows, 'row')}"
        return [
            Line("data.split.train", 8, "the data names no splits; a row's content decides"),
            Line("data.split.eval", 2, few, "`test: 1` beside it holds some out"),
        ]
    return [
        Line("data.split.train", 8, "the data names no splits; a row's content decides"),
        Line("data.split.eval", 1, "chooses the best epoch"),
        Line("data.split.test", 1, "held out for the last word"),
    ]


def _stratify(labels: Mapping[str, int]) -> list[Line]:
    if len(labels) < 2:
        return []
    most, least = max(labels.values()), min(labels.values())
    if most > _UNEVEN * least:
        why = f"the classes are uneven: {most:,} rows of the largest in the sample, {least:,} of "
        return [Line("data.split.stratify", True, f"{why}the smallest")]
    if least < _FEW_OF_A_CLASS:
        why = f"{wording.counted(least, 'row')} of a class could all fall into one split"
        return [Line("data.split.stratify", True, why)]
    return []
