"""What `maru augment` does: draw what the operations make of some rows, without training."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from components import dotted_path
from components.augment import balance, contract
from components.ingest import preview as ingest
from components.ingest import tfexample
from models.tasks import task as tasks
from pipeline import paths
from pipeline.config import augmentation, augmentation_files, loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.runtime import logs

_OF_SEVERAL = (
    "of several texts each is varied by itself: what they are to each other survives that, too"
)
_EXAMPLES = {"text": "[eda]", "image": "[flip, {kind: crop, padding: 4}]"}


def run(
    path: pathlib.Path,
    overrides: Sequence[str],
    workspace: pathlib.Path,
    out: pathlib.Path | None,
    rows: int,
) -> None:
    """Draw the preview and print what the operations assume and how many copies there will be.

    Args:
        path: YAML.
        overrides: `dotted.key=value` settings of the YAML.
        workspace: Folder of everything that runs write.
        out: File to write; None for one in the workspace.
        rows: Rows to show.

    Raises:
        ValueError: If there is nothing to draw, a file that an operation reads is not there, or
            the file to write has the wrong ending.
    """
    config = loading.load_to_run(path, overrides, workspace)
    require_augmentation(config, path)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    with logs.to_file(where.root / "augment" / "log.txt") as stream:
        terminal = Console(file=stream, highlight=False)
        with terminal.status("reading the data and applying the operations"):
            drawn = _draw(config, where, relative_paths.base(path), out, rows)
        _show(config, *drawn, terminal)


def require_augmentation(config: PipelineConfig, path: pathlib.Path) -> None:
    """Refuse a config that augments nothing.

    Args:
        config: What the YAML says.
        path: Of the YAML.

    Raises:
        ValueError: With an example of what to write.
    """
    if not config.augmentation:
        raise ValueError(
            f"{path} has no `augmentation`, so nothing would be changed. Add, for example:\n"
            f"augmentation: {_EXAMPLES[tasks.reads(config.task)]}"
        )


def _draw(
    config: PipelineConfig,
    where: paths.Paths,
    base: pathlib.Path,
    out: pathlib.Path | None,
    number: int,
) -> tuple[Counter[str], contract.Augmenter, Sequence[str], pathlib.Path]:
    """Rows by label, the augmenter, what is doubtful, and the file of the preview."""
    from components import records
    from components.augment import preview, sheet

    task = config.task
    name, draw = preview.DRAW[tasks.reads(task)]
    target = out or where.root / "augment" / name
    if target.suffix.lower() != pathlib.Path(name).suffix:
        raise ValueError(
            f"--out: a preview of {tasks.reads(task)}s is a {pathlib.Path(name).suffix} file. "
            f"Received: {target}"
        )
    rows, first = ingest.train_rows(
        config.data, config.features, str(base), str(where.samples), number
    )
    columns, targets = [column.name for column in tasks.inputs(task)], tasks.targets(task)
    shown = [
        sheet.TrainRow(
            tuple(row[name] for name in columns),
            records.target_of(
                targets, {one.name: tfexample.all_of(row[one.name]) for one in targets}
            ),
        )
        for row in first
    ]
    operations = augmentation_files.place(config.augmentation, str(base))
    augmenter = dotted_path.load(augmentation.AUGMENTERS[tasks.reads(task)])(
        loading.dump_operations(operations),
        augmentation.resources(config, where),
        rows.total(),
    )
    # Rows of several labels are counted under none; those that are shown have to do.
    several = (label for row in shown for label in contract.labels_of(row.target))
    warnings = augmenter.warnings({*filter(None, rows), *several})
    title = f"{config.name}: train rows beside what each operation makes of them"
    paths.make(target.parent, "--out")
    drawn = preview.sheet(title, columns, shown, augmenter, config.copies.seed, warnings)
    draw(drawn, target)
    return rows, augmenter, drawn.warnings, target


def _show(
    config: PipelineConfig,
    rows: Counter[str],
    augmenter: contract.Augmenter,
    warnings: Sequence[str],
    target: pathlib.Path,
    terminal: Console,
) -> None:
    terminal.print("what is assumed of the answers", style="bold")
    for kind, assumed in dict((o.kind, o.assumes) for o in config.augmentation).items():
        terminal.print(f"  {kind}: {assumed}", markup=False)
    if len(tasks.inputs(config.task)) > 1:
        terminal.print(f"  {_OF_SEVERAL}", markup=False)
    for warning in warnings:
        terminal.print(warning, style="yellow", markup=False)
    if augmentation.writes_examples(config):
        copies = balance.totals(rows, augmenter.copies, balanced=config.copies.balance)
        table = [[n, f"{rows[n]:,}", f"{rows[n] + copies[n]:,}"] for n in sorted(rows) if n]
        total = rows.total() + sum(copies.values())
        table.append(["all", f"{rows.total():,}", f"{total:,}"])
        terminal.print(
            run_view.grid(
                [tasks.targets(config.task)[0].name, "train rows", "at most after"], table
            )
        )
    if augmentation.is_drawn_anew(config):
        terminal.print("drawn anew each epoch while training", markup=False)
    run_view.print_line(terminal, f"preview: {paths.shown(target)}", "green")
