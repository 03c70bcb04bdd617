"""What `maru evaluate` does: judge a pushed model on new labelled rows."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterator, Sequence
from typing import IO

from rich import console

from components.ingest import row
from components.ingest.files import locate
from models.tasks import task as tasks
from models.tasks.table import Task
from pipeline import artifact_files, past_runs, paths, pushed_models
from pipeline.commands import run, session
from pipeline.config import loading
from pipeline.config.sections import PipelineConfig
from pipeline.display import counting
from pipeline.error_analysis import spread
from pipeline.error_analysis.examined import Values
from pipeline.evaluation import against_training, measuring, new_rows, placed, result
from pipeline.evaluation.measuring import Measured
from pipeline.evaluation.new_rows import NewRow
from pipeline.evaluation.result import Result
from pipeline.modules import error_analysis
from pipeline.past_runs import PastRun
from pipeline.reports import evaluation as report
from pipeline.reports.page import judged
from pipeline.runtime import logs
from pipeline.scoring import asking, batches
from serving.export import description

_BATCH = 64
_LOG = "log.txt"


def evaluate(
    name: str,
    data: pathlib.Path,
    overrides: Sequence[str],
    output: pathlib.Path | None,
    workspace: pathlib.Path,
) -> int:
    """Judge a model; the exit code: 0, 3 if it does not reach what it must, 2 if the rows are bad.

    Args:
        name: Of the model.
        data: Table, folder or pattern with rows that have the target, too.
        overrides: `dotted.key=value` settings of the run's config.
        output: Folder for page and figures; None: one in the workspace.
        workspace: Where it was pushed.

    Raises:
        ValueError: If there is no such model, its run is gone, or no row can be used.
    """
    where = paths.Paths(paths.workspace(workspace), name)
    pushed = pushed_models.newest(where)
    trained = _run(where, pushed)
    given = locate.spelled(data).absolute()
    config = placed.config(trained, given, overrides)
    folder = output or where.evaluation(session.stamp())
    paths.make(folder.absolute(), "--output")
    with logs.to_file(folder / _LOG) as terminal:
        shown = console.Console(file=terminal, highlight=False)
        with shown.status("loading the model"):
            described = _description(pushed)
            # The signature that the run's own figures are of.
            model = asking.from_disk(pushed, described.judged)
        slices = config.evaluation.slices
        tally = measuring.Tally(config.task, slices, model, described.known)
        measured, rejected = _measured(config, tally, folder, shown)
        with shown.status("looking at mistakes, comparing with the training rows"):
            found = _result(config, pushed, trained, given, measured, rejected, folder)
            result.write(found, folder)
            page = judged.write(found, config, folder)
        report.show(found, config.task, shown, page)
    if found.refusals:
        return run.REFUSED
    return 2 if found.too_many_rejected else 0


def _run(where: paths.Paths, pushed: pushed_models.PushedModel) -> PastRun:
    """The newest run whose model is served.

    Raises:
        ValueError: If it, or its training data, is gone.
    """
    gone = (
        f"The run that pushed version {pushed.version} of {where.name!r} {{}}, and with it how its "
        "data is read. Run the pipeline again with `maru run CONFIG`."
    )
    runs = past_runs.find(where.workspace, where.name)
    served = next((one for one in runs if one.is_served and one.summary), None)
    if served is None:
        raise ValueError(gone.format(f"is not in {paths.shown(where.root)} any more"))
    if not pathlib.Path(_examples(served), "Split-train").is_dir():
        raise ValueError(gone.format(f"has lost its examples, {_examples(served)}"))
    return served


def _description(pushed: pushed_models.PushedModel) -> description.Description:
    """What the export says of itself.

    Raises:
        ValueError: If it says nothing, as those of earlier versions.
    """
    found = description.read(pushed.folder)
    if found is None:
        raise ValueError(
            f"The pushed model {paths.shown(pushed.folder)} does not say what it is for: it has no "
            f"{description.FILE}. Train it again with `maru run`."
        )
    return found


def _examples(trained: PastRun) -> str:
    """URI of what Ingest wrote."""
    stages = {one["stage"]: one for one in (trained.summary or {})["stages"]}
    uri: str = stages["Ingest"]["outputs"]["examples"]
    return uri


def _measured(
    config: PipelineConfig, tally: measuring.Tally, folder: pathlib.Path, shown: console.Console
) -> tuple[Measured, int]:
    """What all rows add up to, and how many were left out.

    Raises:
        ValueError: If no row could be used.
    """
    rejected = 0
    first: row.Rejected | None = None
    with _quarantine(folder) as file:
        ahead = batches.read_ahead(new_rows.read(config), _BATCH)
        for batch in counting.shown(ahead, len, shown):
            left_out = [one for one in batch if isinstance(one, row.Rejected)]
            left_out += tally.add([one for one in batch if isinstance(one, NewRow)])
            for one in left_out:
                file.write(json.dumps(dataclasses.asdict(one), ensure_ascii=False) + "\n")
            rejected += len(left_out)
            first = first or next(iter(left_out), None)
    if not tally.num_rows:
        told = f", such as {first.where}: {first.reason}" if first else ""
        raise ValueError(
            f"None of the rows can be used: {rejected:,} are left out{told}. "
            f"All of them with their reasons: {paths.shown(folder / result.QUARANTINE)}"
        )
    return tally.measured(), rejected


@contextlib.contextmanager
def _quarantine(folder: pathlib.Path) -> Iterator[IO[str]]:
    with open(folder / result.QUARANTINE, "w", encoding="utf-8") as file:
        yield file


def _result(
    config: PipelineConfig,
    pushed: pushed_models.PushedModel,
    trained: PastRun,
    data: pathlib.Path,
    measured: Measured,
    rejected: int,
    folder: pathlib.Path,
) -> Result:
    task, summary, uri = config.task, trained.summary or {}, _examples(trained)
    own: Task = loading.load(trained.folder / artifact_files.CONFIG).task
    train = list(against_training.renamed(error_analysis.train_rows(own, uri), own, task))
    every = against_training.renamed(against_training.train_rows(own, uri), own, task)
    simple = against_training.simple(task, train, measured.rows)
    whole, headline = measured.metrics[measuring.ALL], task.metrics[0]
    return Result(
        name=pushed.name,
        version=pushed.version,
        run=trained.started,
        data=paths.shown(data),
        metrics=measured.metrics,
        shown=tuple(metric.name for metric in task.metrics),
        interval=measured.interval,
        before={"split": summary["split"], "metrics": summary["metrics"]["all"]},
        baseline=simple,
        is_below_baseline=headline.rank(whole[headline.name]) < headline.rank(simple.simple),
        rows={"train": summary["rows"]["train"], result.SPLIT: dict(measured.strata)},
        must_reach=dict(config.evaluation.must_reach),
        refusals=config.evaluation.missed(task.metrics, whole),
        rejected=rejected,
        too_many_rejected=_too_many(config, rejected, round(whole[measuring.COUNT])),
        quarantine=str((folder / result.QUARANTINE).resolve()) if rejected else "",
        unknown=dict(measured.unknown.most_common()),
        remarks=result.remarks(measured, task),
        findings=against_training.differences(task, every, measured.rows),
        analysis=_analysis(task, measured, train),
    )


def _too_many(config: PipelineConfig, rejected: int, answered: int) -> str:
    share = rejected / (rejected + answered)
    if share <= config.data.max_quarantined:
        return ""
    return (
        f"{rejected:,} of {rejected + answered:,} rows ({share:.1%}) cannot be used, more than "
        f"`data.max_quarantined` ({config.data.max_quarantined:.1%}) allows, so the figures are of "
        f"the others. Mend them, or allow it: --set data.max_quarantined={_rounded_up(share)}"
    )


def _rounded_up(share: float) -> float:
    return min(1.0, (int(share * 100) + 1) / 100)


def _analysis(task: Task, measured: Measured, train: Sequence[Values]) -> dict[str, object]:
    examined = error_analysis.hold_against(task, measured.rows, measured.answers)
    return {
        "split": result.SPLIT,
        "asked": len(measured.rows),
        "samples": error_analysis.samples(measured.rows, task),
        "spread": spread.spread(measured.rows, tasks.inputs(task)),
        **error_analysis.look(task, examined, train),
    }
