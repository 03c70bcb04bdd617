"""What `maru augment-test` does: train with and without augmentation, several seeds, compare."""

from __future__ import annotations

import datetime
import logging
import pathlib
from collections.abc import Sequence
from typing import Any

from pipeline import augment_preview, augmentation_files, console, lazy, logs, paths
from pipeline import lock as locks

for _module in ("tensorflow", "keras", "keras_hub", "keras_tuner"):
    lazy.defer(_module)

# After the heavy libraries are deferred.
from pipeline import arms  # noqa: E402
from pipeline import config as pipeline_config  # noqa: E402


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
    config = pipeline_config.load(path, overrides)
    augment_preview.require_augmentation(config, path)
    augmentation_files.check(config.augmentation, path)
    compared = arms.arms(config, per_operation=per_operation)
    # A pipeline of its own inside the config's folder: it must not be what `maru run` compares
    # with, and nothing of it is served.
    where = paths.Paths(paths.workspace(workspace, is_made=True), f"{config.name}/augment_test")
    folder = where.run(datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3])
    with locks.hold(where.lock), logs.to_file(folder / "log.txt") as terminal:
        view = console.RunView(terminal)
        console.attach(view)
        view.say(f"log: {paths.shown(folder / 'log.txt')}")
        with view.console.status("starting TFX and TensorFlow"):
            from pipeline import augment_trials
        trials = augment_trials.Trials(config, where, path.resolve().parent, view)
        return _compare(trials, compared, seeds, with_equal_steps, where, view)


def _compare(
    trials: Any,
    compared: Sequence[arms.Arm],
    seeds: int,
    with_equal_steps: bool,
    where: paths.Paths,
    view: console.RunView,
) -> int:
    from pipeline import augment_report, examination

    try:
        report = trials.report(compared, seeds, with_equal_steps=with_equal_steps)
    except Exception as error:
        logging.getLogger(__name__).exception("The comparison failed.")
        view.console.print(f"\n{examination.reason(error)}", style="red", markup=False)
        return examination.exit_code(error)
    augment_report.write(report, where.root)
    view.console.print()
    view.console.print(augment_report.show(report))
    plot = paths.shown(where.root / augment_report.PLOT)
    line = f"plot and figures: {plot}, {augment_report.DATA} beside it"
    view.console.print(line, markup=False, soft_wrap=True)
    return trials.code
