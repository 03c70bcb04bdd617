"""The work of the Augment stage, without TFX."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any

from components import dotted_path
from components.augment import balance, copying, preview

COUNTS = "counts.json"
"""Name of the counts inside the artifact."""
POLICY = "policy.json"
"""Name of the operations inside the artifact, as the YAML says them, defaults included."""


@dataclasses.dataclass(frozen=True)
class AugmentParameters:
    """What is to be done; the parameters of the component."""

    kind: str
    """`text` or `image`: what the input columns hold."""
    columns: copying.Columns
    """Where things are."""
    augmenter_fn: str
    """Dotted path of a function that takes `operations`, `resources` and the number of rows of the
    train split, and returns an `Augmenter`."""
    operations: str
    """JSON list of the `augmentation` section."""
    resources: str
    """JSON object of what else that function needs."""
    copies: balance.CopiesConfig
    """How many copies, and their seed."""


def augment(
    source: str, target: str | None, report: str, parameters: AugmentParameters
) -> dict[str, Any]:
    """Write augmented examples and the report on them.

    Args:
        source: Folder of the Examples to read.
        target: Folder of the Examples to write; None to write the report alone.
        report: Folder for counts, operations and preview.
        parameters: What is to be done.

    Returns:
        What the counts file holds, see `copying.Counts.to_json`, and `warnings`.
    """
    split = copying.count(source, parameters.columns, preview.ROWS)
    build = dotted_path.load(parameters.augmenter_fn)
    augmenter = build(parameters.operations, parameters.resources, split.rows.total())
    counts = copying.Counts(before=split.rows)
    if target is not None:
        counts = copying.write(
            source, target, parameters.columns, augmenter, split.rows, parameters.copies
        )
    found = counts.to_json() | {"warnings": augmenter.warnings(split.labels)}
    folder = pathlib.Path(report)
    _write(folder / COUNTS, found)
    _write(folder / POLICY, json.loads(parameters.operations))
    name, draw = preview.DRAW[parameters.kind]
    title = "train rows beside what each operation makes of them"
    columns, seed = parameters.columns.inputs, parameters.copies.seed
    drawn = preview.sheet(title, columns, split.shown, augmenter, seed, found["warnings"])
    draw(drawn, folder / name)
    return found


def remarks(counts: dict[str, Any]) -> list[str]:
    """What a person should see of the counts at once.

    Args:
        counts: What `augment` returned.
    """
    lines = []
    if counts["before"] != counts["after"]:
        lines.append(f"{counts['before']:,} -> {counts['after']:,} train rows")
    if counts["dropped"]:
        lines.append(f"{counts['dropped']:,} copies dropped, nothing in them was new")
    return lines


def read(folder: pathlib.Path) -> dict[str, Any]:
    """The counts of an artifact's folder."""
    return json.loads((folder / COUNTS).read_text("utf-8"))


def _write(path: pathlib.Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), "utf-8")
