"""What the command `maru check` does."""

import pathlib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich import table
from rich.console import Console

from components import records, spelling
from components.ingest import preview, tfexample
from components.ingest.config import Feature
from models.image.augmentation import label_safety
from pipeline import paths
from pipeline.config import loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.error_analysis import shown_rows

_SHOWN_LABELS = 50


_CELL = 40  # characters of a value in a table


def check(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> int:
    """Print what the data looks like to the pipeline; exit code 2 if it cannot be used.

    Raises:
        ValueError: If the config is wrong or names files that are not there.
    """
    config = loading.load_to_run(path, overrides, workspace)
    where = paths.Paths(paths.workspace(workspace), config.name)
    shown = Console(highlight=False)
    with shown.status("reading the data"):
        seen = preview.preview(
            config.data, config.features, str(relative_paths.base(path)), str(where.samples)
        )
    columns = [feature.name for feature in config.features]
    texts = sum(feature.holds == "text" for feature in config.features)
    width = _CELL // max(1, texts)
    rows = [
        [_cell(_shown(row, feature, config), feature.holds, width) for feature in config.features]
        for row in seen.rows
    ]
    shown.print(f"{config.name}: the first rows", style="bold")
    shown.print(run_view.grid(columns, rows, numbers=False))
    label = next((f.name for f in config.features if f.holds in ("category", "choice")), "")
    shown.print("rows by label and split" if label else "rows by split", style="bold")
    shown.print(_counts(seen, label))
    duplicates, unusable = seen.counts.duplicates, seen.counts.num_rejected
    groups = f", {seen.counts.num_groups} groups" if config.data.split.group else ""
    shown.print(f"{duplicates} duplicates, {unusable} unusable rows{groups}")
    for line in _formats(seen):
        run_view.print_line(shown, line)
    for rejected in seen.rejected[:10]:
        shown.print(f"  {rejected.where}: {rejected.reason}", style="yellow", markup=False)
    for doubt in label_safety.doubts(config.augmentation, _labels(seen, config)):
        shown.print(doubt, style="yellow", markup=False)
    for remark in seen.remarks:
        shown.print(remark, style="yellow", markup=False)
    for problem in seen.problems:
        shown.print(problem, style="red", markup=False)
    if not seen.problems:
        run_view.print_line(shown, f"\nready: maru run {shlex.quote(str(path))}", "green")
    return 2 if seen.problems else 0


def _labels(seen: preview.Preview, config: PipelineConfig) -> list[str]:
    """All labels where rows have exactly one, those of the first rows where they have several."""
    sets = [column.name for column in config.task.columns if column.holds == "categories"]
    several = (one for row in seen.rows for name in sets for one in tfexample.all_of(row[name]))
    return sorted({*filter(None, seen.counts.strata), *(one.decode() for one in several)})


def _formats(seen: preview.Preview) -> list[str]:
    """Which formats the images have, and which of them a server reads."""
    lines = []
    for is_converted, verdict in (
        (False, "read by a server as they are"),
        (True, "refused by a server; `maru predict` converts them, as training does"),
    ):
        counts = {
            kind: n for (kind, converted), n in seen.formats.items() if converted is is_converted
        }
        if counts:
            listed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
            lines.append(f"images {verdict}: {listed}")
    return lines


def _counts(seen: preview.Preview, heading: str) -> table.Table:
    """Rows by label and split; of very many labels, those with the most rows."""
    counts, splits = seen.counts, seen.counts.splits()
    shown = sorted(label for label, _ in counts.strata.most_common(_SHOWN_LABELS))
    rows = [
        [spelling.visible(label, _CELL), *(str(counts.classes[s][label]) for s in splits)]
        for label in shown
    ]
    if len(counts.strata) > len(shown):
        left = [sum(counts.classes[s][label] for label in shown) for s in splits]
        others = [str(counts.classes[s].total() - n) for s, n in zip(splits, left, strict=True)]
        rows.append([f"... {len(counts.strata) - len(shown):,} more", *others])
    if not heading:  # Rows of other tasks are counted under no label.
        rows = []
    total = ["all", *(str(counts.classes[split].total()) for split in splits)]
    return run_view.grid([heading, *splits], [*rows, total])


def _shown(row: Mapping[str, Any], feature: Feature, config: PipelineConfig) -> Any:
    """What a cell holds; of spans, what stands there."""
    value = row.get(feature.name)
    if not feature.within:
        return value
    text = row[feature.within]
    found = records.target(feature.holds, tfexample.all_of(value))
    return shown_rows.worded(found, text.decode("utf-8", "replace")).encode()


def _cell(value: Any, holds: str, width: int) -> str:
    if holds == "image":
        return f"<image, {len(value):,} bytes>"
    words = [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else f"{one:g}"
        for one in tfexample.all_of(value)
    ]
    text = " ".join(", ".join(words).split())
    return text if len(text) <= width else text[: width - 1] + "…"
