"""What the command `maru tune` does."""

import contextlib
import copy
import dataclasses
import json
import os
import pathlib
import shutil
import time
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from rich.console import Console

from pipeline import artifact_files, paths
from pipeline.commands import session
from pipeline.config import dotted, loading, relative_paths, sections
from pipeline.display import run_view, trial_table
from pipeline.modules import tuner_cluster

_POLL = 1.0
"""Seconds between two looks for the chief's search."""
_SHOWN_TRIALS = 20


def tune(path: pathlib.Path, overrides: Sequence[str], workspace: pathlib.Path) -> int:
    """Run the pipeline up to the Tuner and show the trials; the exit code.

    With KerasTuner's variables in the environment this is the chief of a search on several
    machines, or one of its workers, which share the workspace.

    Raises:
        ValueError: If the config has no `tuning` or names files that are not there, or
            KerasTuner's variables are wrong.
    """
    config = loading.load_to_run(path, overrides, workspace)
    if config.tuning is None:
        raise ValueError(
            f"{path} has no `tuning`, so there is nothing to search. Add, for example:\n"
            "tuning: {trials: 10, space: {training.learning_rate: {log: [1.0e-4, 1.0e-2]}}}"
        )
    tuner_cluster.chief_port(os.environ)  # Refuses a wrong one before anything is run.
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    identity = os.environ.get("KERASTUNER_TUNER_ID")
    if "KERASTUNER_ORACLE_IP" in os.environ and identity and "chief" not in identity:
        with session.join(config, where.run(f"{session.stamp()}-{identity}")) as running:
            _work(config, where, identity, running.console)
    else:
        with session.start(config, where, where.run(session.stamp())) as running:
            _search(config, where, relative_paths.base(path), running)
    return running.code


def _search(
    config: sections.PipelineConfig,
    where: paths.Paths,
    base: pathlib.Path,
    running: session.Session,
) -> None:
    with running.starting():
        from models.tuning import results
        from pipeline import dag, runners
        from pipeline.modules import trial, tuner

        whole = dag.build(config, where, str(base))

    class UpToTuner(runners.LocalRunner):
        """Leaves out the stages after the Tuner."""

        def run_with_ir(self, pipeline: Any, run_options: Any = None, **_: Any) -> None:
            _keep_up_to("Tuner", pipeline)
            super().run_with_ir(pipeline, run_options)

    runner = UpToTuner(running.view)
    runner.run(whole)
    (stage,) = (component for component in whole.components if component.id == "Tuner")
    custom_config = json.loads(stage.exec_properties["custom_config"])
    graph = runner.results["Transform"].outputs["transform_graph"].uri
    name = trial.search_name(custom_config, graph)
    # A training that was killed has its epochs beside them.
    shutil.rmtree(where.resumable / name, ignore_errors=True)
    (where.resumable / artifact_files.JOB).unlink(missing_ok=True)
    report = tuner.report_folder(where.resumable, name)
    trials = [dataclasses.asdict(one) for one in results.read(report / artifact_files.RESULTS)]
    for name in (artifact_files.RESULTS, artifact_files.PLOT):
        shutil.copy(report / name, running.folder / name)
    resolved = loading.to_mapping(config)
    plot = running.folder / artifact_files.PLOT
    show(trials, list(resolved["tuning"]["space"]), plot, resolved, running.console)


def _keep_up_to(stage: str, compiled: Any) -> None:
    """Drop the nodes of a compiled pipeline that a stage does not need."""
    nodes = {node.pipeline_node.node_info.id: node for node in compiled.nodes}
    needed, waiting = set(), [stage]
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += nodes[name].pipeline_node.upstream_nodes
    kept = [node for name, node in nodes.items() if name in needed]
    del compiled.nodes[:]
    compiled.nodes.extend(kept)


def show(
    trials: Sequence[Mapping[str, Any]],
    fields: Sequence[str],
    plot: pathlib.Path,
    config: Mapping[str, Any],
    terminal: Console,
) -> None:
    """Print the trials, where the plot is, and the best values as YAML.

    Args:
        trials: Fields of each `TrialResult`, the best first.
        fields: Dotted fields that were searched.
        plot: File of the plot.
        config: The resolved config.
        terminal: Where to print.
    """
    scored = [trial for trial in trials if trial["score"] is not None]
    terminal.print()
    columns = ["trial", "score", *fields, "seconds", "epochs"]
    rows = [
        [
            trial["trial"],
            f"{trial['score']:.4f}",
            *(trial_table.word(trial["values"][field]) for field in fields),
            f"{trial['seconds']:.1f}",
            str(trial["epochs"]),
        ]
        for trial in scored[:_SHOWN_TRIALS]
    ]
    trial_table.show(columns, rows, terminal)
    if len(scored) > _SHOWN_TRIALS:
        more = f"and {len(scored) - _SHOWN_TRIALS} more in {artifact_files.RESULTS} beside the plot"
        run_view.print_line(terminal, more)
    for trial in trials:
        if trial["score"] is None:
            values = ", ".join(f"{f} {trial_table.word(v)}" for f, v in trial["values"].items())
            run_view.print_line(
                terminal, f"trial {trial['trial']} failed ({values}): {trial['error']}", "yellow"
            )
    run_view.print_line(terminal, f"plot: {paths.shown(plot)}")
    terminal.print("\nthe best values, to paste into the config:", style="bold")
    for line in as_yaml(trials[0]["values"], config).splitlines():
        run_view.print_line(terminal, line, "green")


def as_yaml(values: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Dotted fields as nested YAML, with the `kind` of what holds them.

    A list of which one field was searched is given whole.

    Args:
        values: Value by dotted field.
        config: The resolved config.
    """
    nested: dict[str, Any] = {}
    for path in values:
        _outline(nested, path, config)
    dotted.put_all(nested, values, sections.PipelineConfig)
    return yaml.safe_dump(nested, sort_keys=False, allow_unicode=True)


def _outline(nested: dict[str, Any], path: str, config: Mapping[str, Any]) -> None:
    """Put what leads to a dotted field where it is missing."""
    for step in path.split(".")[:-1]:
        there = config.get(step)
        if isinstance(there, list):
            nested.setdefault(step, copy.deepcopy(there))
        if not isinstance(there, dict):
            return
        inner = nested.setdefault(step, {"kind": there["kind"]} if "kind" in there else {})
        if not isinstance(inner, dict):  # A kind that was searched itself.
            return
        nested, config = inner, there


def _work(
    config: sections.PipelineConfig, where: paths.Paths, identity: str, terminal: Console
) -> None:
    """Run trials for the chief, if it searches, as is seen in the shared workspace."""
    with terminal.status(f"{identity} waits for the chief to start the search in {where.root}"):
        from pipeline.modules import tuning_worker

        job = _wait(config, where)
    if isinstance(job, pathlib.Path):
        seen = f"the chief has this search from cache, see {job}"
        run_view.print_line(terminal, f"{identity} had nothing to run: {seen}")
        return
    with terminal.status(f"{identity} runs trials"):
        tuning_worker.work(job)
    run_view.print_line(
        terminal, f"{identity} found no more trials to run; the chief shows the results"
    )


def _wait(config: sections.PipelineConfig, where: paths.Paths) -> Any:
    """The chief's `Job`, or the folder of its run if that ended without a search."""
    from pipeline.modules import trial

    expected = _learner(config)
    before = _ended(where)
    while True:
        with contextlib.suppress(FileNotFoundError):
            job = trial.Job.read(where.resumable / artifact_files.JOB)
            if job.learner == expected:
                return job
        for folder in sorted(_ended(where) - before):
            if _learner(loading.load(folder / artifact_files.CONFIG)) == expected:
                return folder
        time.sleep(_POLL)


def _learner(config: sections.PipelineConfig) -> str:
    return loading.dump_learner(sections.learner(config, with_tuning=True))


def _ended(where: paths.Paths) -> set[pathlib.Path]:
    """Folders of the runs that came to their end: a search alone, or a whole pipeline."""
    ends = (artifact_files.RESULTS, artifact_files.RUN_SUMMARY)
    return {path.parent for end in ends for path in where.run("*").parent.glob(f"*/{end}")}
