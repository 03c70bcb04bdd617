"""What `maru doctor` does: examine data and model, and say what to change, without training."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Sequence

from components.doctor import finding, stage
from components.doctor.config import DoctorConfig
from pipeline import paths
from pipeline.commands import session
from pipeline.config import loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.reports import doctor

FAILED = 2
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
    config = loading.load_to_run(path, overrides, workspace)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    with session.start(config, where, where.examination(session.stamp())) as running:
        running.code = _examine(config, where, relative_paths.base(path), running)
    return running.code


def _examine(
    config: PipelineConfig, where: paths.Paths, base: pathlib.Path, running: session.Session
) -> int:
    with running.starting():
        from pipeline import dag, runners

        pipeline = dag.build_examination(config, where, str(base))
    results = runners.run(pipeline, running.view)
    report = pathlib.Path(results["Doctor"].outputs["report"].uri)
    for name in (stage.FINDINGS, stage.FIGURES):
        if (report / name).is_file():
            shutil.copy(report / name, running.folder / name)
    examined = stage.read(running.folder)
    doctor.show(config.name, examined, running.folder, running.console)
    stop_on = (config.doctor or DoctorConfig()).stop_on
    return FAILED if stop_on != "never" and finding.at_least(examined.findings, stop_on) else 0
