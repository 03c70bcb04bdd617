"""What `maru ladder` does: several models on one data set, compared in one table."""

import pathlib
from collections.abc import Sequence

from models.tasks import task as tasks
from pipeline import paths
from pipeline.commands import session
from pipeline.comparison import rungs
from pipeline.config import loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view


def run(
    path: pathlib.Path, words: Sequence[str], overrides: Sequence[str], workspace: pathlib.Path
) -> int:
    """Train every rung, then print and write the comparison.

    Args:
        path: YAML whose data they learn.
        words: The rungs, see `pipeline/comparison/rungs.py`.
        overrides: `dotted.key=value` settings of the YAML.
        workspace: Folder of everything that runs write.

    Returns:
        Exit code: 0 if every rung finished, 1 after a defect, 2 if a rung or the data needs a
        change.

    Raises:
        ValueError: If a word is no rung, two rungs have one name, or the config is wrong or names
            files that are not there.
    """
    config = loading.load_to_run(path, overrides, workspace)
    words = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if not words:
        names = ", ".join(rungs.NAMES[tasks.reads(config.task)])
        raise ValueError(f"--models names no rung. Known: {names}, {config.name}.")
    chosen = rungs.find_all(words, config, str(path))
    # A pipeline of its own inside the config's folder: it must not be what `maru run` compares
    # with, and nothing of it is served.
    where = paths.Paths(paths.workspace(workspace, is_made=True), f"{config.name}/ladder")
    with session.start(config, where, where.run(session.stamp())) as running:
        running.code = _compare(config, chosen, where, relative_paths.base(path), running)
    return running.code


def _compare(
    config: PipelineConfig,
    chosen: Sequence[rungs.Rung],
    where: paths.Paths,
    base: pathlib.Path,
    running: session.Session,
) -> int:
    with running.starting():
        from pipeline.comparison import ladder
        from pipeline.comparison.comparison import Comparison
        from pipeline.reports import ladder as ladder_report
    comparison = Comparison(config, where, base, running.view, running.log, ladder.STAGES)
    compared = ladder.compare(comparison, chosen)
    ladder_report.write(compared, where.root)
    running.console.print()
    running.console.print(ladder_report.show(compared))
    line = f"table, chart and each rung's YAML: {paths.shown(where.root)}"
    run_view.print_line(running.console, line)
    return comparison.code
