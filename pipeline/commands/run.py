"""What the command `maru run` does."""

import contextlib
import datetime
import logging
import pathlib
import shutil
import traceback
from collections.abc import Sequence

from rich.console import Console

from pipeline import paths
from pipeline.config import augmentation_files, loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.runtime import failures, lock, logs

REFUSED = 3
"""Exit code of a run that finished but whose model was refused."""


def run(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> int:
    """Run a pipeline; the exit code: 0, or 3 if the model was refused.

    Errors worded for the user are printed without a traceback and exit with 2, others with 1;
    the traceback is in the log.

    Raises:
        ValueError: If the config is wrong or names files that are not there.
    """
    config = loading.load(path, overrides)
    augmentation_files.check(config.augmentation, path)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    # With milliseconds: a run of cached stages takes less than a second.
    folder = where.run(datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3])
    with lock.hold(where.lock), logs.to_file(folder / "log.txt") as stream:
        view = run_view.RunView(stream)
        run_view.attach(view)
        view.say(f"{config.name}: log in {paths.shown(folder / 'log.txt')}")
        (folder / "config.yaml").write_text(loading.to_yaml(config), "utf-8")
        try:
            return _run(config, where, relative_paths.base(path), folder, view)
        except Exception as error:
            logging.getLogger(__name__).exception("The run failed.")
            return _report(error, folder, view.console)


def _run(
    config: PipelineConfig,
    where: paths.Paths,
    base: pathlib.Path,
    folder: pathlib.Path,
    view: run_view.RunView,
) -> int:
    with view.console.status("starting TFX and TensorFlow"):
        from pipeline import dag, runners
        from pipeline.reports import run_summary

        pipeline = dag.build(config, where, str(base))
    results = runners.run(pipeline, view)
    _clear(where.resumable, with_searches=config.tuning is not None)
    achieved = run_summary.summarize(config, results)
    run_summary.write(achieved, folder / "summary.json")
    example = '"some text"' if config.task.input_kind == "text" else "image.png"
    run_summary.show(achieved, view.console, example)
    return REFUSED if achieved.refusals else 0


def _clear(unfinished: pathlib.Path, *, with_searches: bool) -> None:
    """Remove what a finished run no longer continues from, but not a search that it was not told.

    A killed `maru tune` of this pipeline may have hours of finished trials there.
    """
    # The run has succeeded, whether or not its leftovers can be removed.
    for path in unfinished.glob("*"):
        if with_searches or not path.name.startswith(paths.SEARCH):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()
    with contextlib.suppress(OSError):  # A search may be left in it.
        unfinished.rmdir()


def _report(error: Exception, folder: pathlib.Path, shown: Console) -> int:
    if (told := failures.told(error, folder)) is not None:
        shown.print(f"\n{told}", style="red", markup=False)
        return 2
    last = traceback.format_exception_only(error)[-1].strip()
    shown.print(f"\nUnexpected: {last}", style="red", markup=False)
    log = paths.shown(folder / "log.txt")
    shown.print(f"The traceback is in {log}", markup=False, soft_wrap=True)
    return 1
