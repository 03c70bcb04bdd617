"""What the command `maru run` does."""

import contextlib
import pathlib
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from models.tasks import task as tasks
from pipeline import artifact_files, paths
from pipeline.commands import report, session
from pipeline.config import loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view

_EXAMPLES = {"image": "image.png", "text": '"some text"'}
"""An input of the example command, by what its column holds."""
_ASKED = {"filled_masks": '"some [MASK] text"'}
"""The same by how answers read, where an input must say what is asked."""
REFUSED = 3
"""Exit code of a run that finished but whose model was refused."""


def run(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> int:
    """Run a pipeline; the exit code: 0, 3 if the model was refused, or as `session.join` says.

    Raises:
        ValueError: If the config is wrong or names files that are not there.
    """
    config = loading.load_to_run(path, overrides, workspace)
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    with session.start(config, where, where.run(session.stamp())) as running:
        running.code = _run(config, where, relative_paths.base(path), running)
    report.write(where, running.folder.name)
    return running.code


def _run(
    config: PipelineConfig, where: paths.Paths, base: pathlib.Path, running: session.Session
) -> int:
    with running.starting():
        from pipeline import dag, runners
        from pipeline.reports import run_summary

        pipeline = dag.build(config, where, str(base))
    results = runners.run(pipeline, running.view)
    _clear(where.resumable, with_searches=config.tuning is not None)
    achieved = run_summary.summarize(config, results)
    run_summary.write(achieved, running.folder / artifact_files.RUN_SUMMARY)
    example = _ASKED.get(config.task.shown_as) or " ".join(
        _EXAMPLES[column.holds] for column in tasks.inputs(config.task)
    )
    run_summary.show(achieved, running.console, example)
    _deliver(config, results, base, running)
    return REFUSED if achieved.refusals else 0


def _deliver(
    config: PipelineConfig,
    results: Mapping[str, Any],
    base: pathlib.Path,
    running: session.Session,
) -> None:
    """Put the answers of the stage, which may come from cache, where the YAML wants them."""
    if config.batch_answers is None:
        return
    from pipeline.modules import batch_answers

    folder = pathlib.Path(results["BatchAnswers"].outputs["answers"].uri)
    output = batch_answers.deliver(folder, config.batch_answers, str(base))
    line = (
        f"answers:      {paths.shown(output)}" if output else "no `batch_answers`: it was refused"
    )
    run_view.print_line(running.console, line)


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
