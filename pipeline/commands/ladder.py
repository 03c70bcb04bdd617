"""What `maru ladder` does: several models on one data set, compared in one table."""

import datetime
import logging
import pathlib
from collections.abc import Sequence

from pipeline import paths
from pipeline.comparison import rungs
from pipeline.config import augmentation_files, loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.runtime import lock, logs


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
    config = loading.load(path, overrides)
    augmentation_files.check(config.augmentation, path)
    words = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if not words:
        known = ", ".join(rungs.NAMES[config.task.input_kind])
        raise ValueError(f"--models names no rung. Known: {known}, {config.name}.")
    found = rungs.find_all(words, config, str(path))
    # A pipeline of its own inside the config's folder: it must not be what `maru run` compares
    # with, and nothing of it is served.
    where = paths.Paths(paths.workspace(workspace, is_made=True), f"{config.name}/ladder")
    folder = where.run(datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3])
    with lock.hold(where.lock), logs.to_file(folder / "log.txt") as terminal:
        view = run_view.RunView(terminal)
        run_view.attach(view)
        view.say(f"log: {paths.shown(folder / 'log.txt')}")
        return _climb(config, found, where, relative_paths.base(path), view)


def _climb(
    config: PipelineConfig,
    found: Sequence[rungs.Rung],
    where: paths.Paths,
    base: pathlib.Path,
    view: run_view.RunView,
) -> int:
    with view.console.status("starting TFX and TensorFlow"):
        from pipeline.comparison import evaluated_examples
        from pipeline.comparison import ladder as climb
        from pipeline.reports import ladder as ladder_report
    climber = climb.Climb(config, where, base, view)
    try:
        ladder = climber.report(climber.all(found))
    except Exception as error:
        logging.getLogger(__name__).exception("The ladder failed.")
        view.console.print(f"\n{evaluated_examples.reason(error)}", style="red", markup=False)
        return evaluated_examples.exit_code(error)
    ladder_report.write(ladder, where.root)
    view.console.print()
    view.console.print(ladder_report.show(ladder))
    line = f"table, chart and each rung's YAML: {paths.shown(where.root)}"
    view.console.print(line, markup=False, soft_wrap=True)
    return climber.code
