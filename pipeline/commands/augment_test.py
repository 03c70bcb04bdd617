"""What `maru augment-test` does: train with and without augmentation, several seeds, compare."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from pipeline import paths
from pipeline.commands import augment, session
from pipeline.comparison import arms, augmentation_result
from pipeline.config import loading, relative_paths
from pipeline.display import run_view


def run(
    path: pathlib.Path,
    seeds: int,
    overrides: Sequence[str],
    workspace: pathlib.Path,
    *,
    per_operation: bool,
    with_equal_steps: bool,
) -> int:
    """Train every arm with every seed, then print and write the comparison.

    Args:
        path: YAML.
        seeds: Trainings of each arm, at least 2.
        overrides: `dotted.key=value` settings of the YAML.
        workspace: Folder of everything that runs write.
        per_operation: Whether each operation alone is an arm, too.
        with_equal_steps: Whether training without augmentation for as many batches is one, too.

    Returns:
        Exit code: 0 if every training finished, 1 after a defect, 2 if the config or the data
        needs a change.

    Raises:
        ValueError: If the config is wrong, augments nothing or names files that are not there.
    """
    config = loading.load_to_run(path, overrides, workspace)
    augment.require_augmentation(config, path)
    chosen = arms.choose(config, per_operation=per_operation)
    # A pipeline of its own inside the config's folder: it must not be what `maru run` compares
    # with, and nothing of it is served.
    where = paths.Paths(paths.workspace(workspace, is_made=True), f"{config.name}/augment_test")
    with session.start(config, where, where.run(session.stamp())) as running:
        with running.starting():
            from pipeline.comparison import augmentation_test
            from pipeline.comparison.comparison import Comparison
        comparison = Comparison(
            config,
            where,
            relative_paths.base(path),
            running.view,
            running.log,
            augmentation_test.STAGES,
        )
        report = augmentation_test.compare(
            comparison, chosen, seeds, with_equal_steps=with_equal_steps
        )
        _show(report, where, running)
        running.code = comparison.code
    return running.code


def _show(report: augmentation_result.Report, where: paths.Paths, running: session.Session) -> None:
    from pipeline.reports import augmentation_test

    augmentation_test.write(report, where.root)
    running.console.print()
    running.console.print(augmentation_test.show(report))
    plot = paths.shown(where.root / augmentation_test.PLOT)
    line = f"plot and figures: {plot}, {augmentation_test.DATA} beside it"
    run_view.print_line(running.console, line)
