"""What `maru doctor` does: examine data and model, and say what to change, without training."""

from __future__ import annotations

import datetime
import logging
import pathlib
import shutil
from collections.abc import Sequence

from rich.console import Console

from pipeline import augmentation_files, console, failures, lazy, lock, logs, paths

for _module in ("tensorflow", "keras", "keras_hub", "keras_tuner"):
    lazy.defer(_module)

# After the heavy libraries are deferred.
from components.doctor import finding, stage  # noqa: E402
from components.doctor.config import DoctorConfig  # noqa: E402
from pipeline import config as pipeline_config  # noqa: E402
from pipeline import doctor_report  # noqa: E402

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
    config = pipeline_config.load(path, overrides)
    augmentation_files.check(config.augmentation, path)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    folder = where.root / "doctor" / datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    with lock.hold(where.lock), logs.to_file(folder / "log.txt") as terminal:
        view = console.RunView(terminal)
        console.attach(view)
        try:
            return _examine(config, where, path.resolve().parent, folder, view)
        except Exception as error:
            logging.getLogger(__name__).exception("The examination failed.")
            return _report(error, folder, view.console)


def _examine(
    config: pipeline_config.PipelineConfig,
    where: paths.Paths,
    base: pathlib.Path,
    folder: pathlib.Path,
    view: console.RunView,
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
    doctor_report.show(config.name, found, folder, view.console)
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
