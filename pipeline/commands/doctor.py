"""What `maru doctor` does: examine data and model, and say what to change, without training."""

from __future__ import annotations

import datetime
import logging
import pathlib
import shutil
from collections.abc import Sequence

from rich.console import Console

from components.doctor import finding, stage
from components.doctor.config import DoctorConfig
from pipeline import paths
from pipeline.config import augmentation_files, loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.reports import doctor
from pipeline.runtime import failures, lock, logs

SICK = 2
"""Exit code if a finding is as bad as `doctor.stop_on`: data or config need a change."""


def run(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> int:
    """Examine, print the findings and write them.

    Args:
        path: YAML.
        overrides: `dotted.key=value` settings of the YAML.
        workspace: Folder of everything that runs write.

    Returns:
        Exit code: 0; 2 if a finding is as bad as `doctor.stop_on`, or for a mistake in the
        config; 1 for a defect.

    Raises:
        ValueError: If the config is wrong or names files that are not there.
    """
    config = loading.load(path, overrides)
    augmentation_files.check(config.augmentation, path)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    folder = where.root / "doctor" / datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    with lock.hold(where.lock), logs.to_file(folder / "log.txt") as terminal:
        view = run_view.RunView(terminal)
        run_view.attach(view)
        try:
            return _examine(config, where, relative_paths.base(path), folder, view)
        except Exception as error:
            logging.getLogger(__name__).exception("The examination failed.")
            return _report(error, folder, view.console)


def _examine(
    config: PipelineConfig,
    where: paths.Paths,
    base: pathlib.Path,
    folder: pathlib.Path,
    view: run_view.RunView,
) -> int:
    with view.console.status("starting TFX and TensorFlow"):
        from pipeline import dag, runners

        pipeline = dag.build_examination(config, where, str(base))
    results = runners.run(pipeline, view)
    report = pathlib.Path(results["Doctor"].outputs["report"].uri)
    for name in (stage.FINDINGS, stage.FIGURES):
        if (report / name).is_file():
            shutil.copy(report / name, folder / name)
    found = stage.read(folder)
    doctor.show(config.name, found, folder, view.console)
    stop_on = (config.doctor or DoctorConfig()).stop_on
    return SICK if stop_on != "never" and finding.at_least(found, stop_on) else 0


def _report(error: Exception, folder: pathlib.Path, terminal: Console) -> int:
    if (told := failures.told(error, folder)) is not None:
        terminal.print(f"\n{told}", style="red", markup=False)
        return 2
    terminal.print(f"\nUnexpected: {type(error).__name__}: {error}", style="red", markup=False)
    log = paths.shown(folder / "log.txt")
    terminal.print(f"The traceback is in {log}", markup=False, soft_wrap=True)
    return 1
