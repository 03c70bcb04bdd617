"""What the Tuner does: train one model per trial and keep the scores.

`tuner_fn` is called by TFX by its dotted path.
"""

import functools
import logging
import os
import pathlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tfx.components.tuner.component import TunerFnResult

from models.tuning import oracles, parallel, results, search
from models.tuning.config import TuningConfig
from pipeline.artifact_files import JOB, PLOT, RESULTS
from pipeline.display import search_plot
from pipeline.modules import trial, tuner_cluster
from pipeline.runtime import failures

_OUTCOME = logging.getLogger("maru.outcome")
_THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """Describe the search to TFX.

    Args:
        fn_args: TFX's `FnArgs`; `custom_config` holds `learner` (JSON) and `resumable` (folder).

    Returns:
        The tuner, which continues an unfinished search, and no further arguments: each trial
        opens the data itself, since a trial may change how it is read.
    """
    given = fn_args.custom_config
    resumable = pathlib.Path(given["resumable"])
    name = trial.search_name(given, fn_args.transform_graph_path)
    job = trial.Job(
        learner=given["learner"],
        resumable=given["resumable"],
        transform_graph=fn_args.transform_graph_path,
        train_files=tuple(fn_args.train_files),
        eval_files=tuple(fn_args.eval_files),
        folder=str(resumable / name),
    )
    job.write(resumable / JOB)
    return TunerFnResult(tuner=_search(job, resumable, name), fit_kwargs={})


def report_folder(resumable: pathlib.Path, name: str) -> pathlib.Path:
    """Where the results of a search are kept; the folder of unfinished work is cleared."""
    return resumable.parent / "searches" / name


def _search(job: trial.Job, resumable: pathlib.Path, name: str) -> search.Search:
    config, tuning = job.config, job.tuning
    objective = tuning.objective or next(iter(config.task.monitored))
    # KerasTuner reads these variables itself, wherever it is.
    host = os.environ.get("KERASTUNER_ORACLE_IP")
    identity = os.environ.get("KERASTUNER_TUNER_ID", "")
    if host is not None and "chief" not in identity:
        raise ValueError(
            "KERASTUNER_ORACLE_IP is set, so this process belongs to a search on several machines, "
            "and only its chief runs the pipeline. On the chief, set KERASTUNER_TUNER_ID=chief; "
            f"elsewhere, start `maru tune`. KERASTUNER_TUNER_ID is {identity!r}."
        )
    kind: Callable[..., search.Search] = search.Search
    if tuning.workers > 1 or host is not None:
        kind = functools.partial(
            parallel.ParallelSearch, _fleet(resumable / JOB, tuning.workers, host)
        )
    return kind(
        oracle=oracles.build(tuning, config.training.epochs, config.task.monitored),
        hypermodel=trial.hypermodel(job),
        folder=pathlib.Path(job.folder),
        searched=tuning.space,
        finished=lambda trials: _report(report_folder(resumable, name), trials, tuning, objective),
    )


def _fleet(job: pathlib.Path, num_workers: int, host: str | None) -> parallel.Fleet:
    """The workers of a search; without a host they are all on this machine."""
    return parallel.Fleet(
        command=[sys.executable, "-m", "pipeline.modules.tuning_worker", str(job)],
        size=num_workers,
        environment=worker_environment(os.environ, num_workers, len(os.sched_getaffinity(0))),
        host=host or "127.0.0.1",
        port=tuner_cluster.chief_port(os.environ),
    )


def worker_environment(ours: Mapping[str, str], num_workers: int, num_cores: int) -> dict[str, str]:
    """The environment of a worker, with its share of the cores."""
    threads = str(max(1, num_cores // num_workers))
    path = os.pathsep.join(filter(None, [str(failures.ROOT), ours.get("PYTHONPATH")]))
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # Or the first worker takes all of its memory.
        **ours,
        "PYTHONPATH": path,
        "TF_USE_LEGACY_KERAS": "0",
        **dict.fromkeys(_THREADS, threads),
    }


def _report(
    folder: pathlib.Path,
    trials: Sequence[results.TrialResult],
    config: TuningConfig,
    objective: str,
) -> None:
    """Keep table and plot, and say where."""
    results.write(folder / RESULTS, trials)
    failed = sum(result.score is None for result in trials)
    if failed < len(trials):
        search_plot.draw(trials, config, objective, folder / PLOT)
    counts = f"{len(trials)} trial{'s' * (len(trials) != 1)}" + (
        f", {failed} failed" * bool(failed)
    )
    _OUTCOME.info("%s; table and plot in %s", counts, folder)
