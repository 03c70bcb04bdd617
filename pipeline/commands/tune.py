"""What the command `maru tune` does."""

import contextlib
import copy
import dataclasses
import datetime
import json
import logging
import os
import pathlib
import shutil
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from rich.console import Console

from pipeline import paths
from pipeline.config import augmentation_files, dotted, loading, relative_paths, sections
from pipeline.display import run_view, trial_table
from pipeline.modules import tuner_cluster
from pipeline.runtime import failures, lock, logs

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
    config = loading.load(path, overrides)
    if config.tuning is None:
        raise ValueError(
            f"{path} has no `tuning`, so there is nothing to search. Add, for example:\n"
            "tuning: {trials: 10, space: {training.learning_rate: {log: [1.0e-4, 1.0e-2]}}}"
        )
    augmentation_files.check(config.augmentation, path)
    tuner_cluster.chief_port(os.environ)  # Refuses a wrong one before anything is run.
    where = paths.Paths(paths.workspace(workspace, is_made=True), config.name)
    identity = os.environ.get("KERASTUNER_TUNER_ID")
    helps = "KERASTUNER_ORACLE_IP" in os.environ and identity and "chief" not in identity
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    folder = where.run(f"{stamp}-{identity}" if helps else stamp)
    alone = contextlib.nullcontext() if helps else lock.hold(where.lock)
    with alone, logs.to_file(folder / "log.txt") as terminal:
        view = run_view.RunView(terminal)
        run_view.attach(view)
        view.say(f"{config.name}: log in {paths.shown(folder / 'log.txt')}")
        (folder / "config.yaml").write_text(loading.to_yaml(config), "utf-8")
        try:
            if helps:
                _work(config, where, identity, view.console)
            else:
                _search(config, where, relative_paths.base(path), folder, view)
        except Exception as error:
            logging.getLogger(__name__).exception("The search failed.")
            return _report(error, folder, view.console)
    return 0


def _search(
    config: sections.PipelineConfig,
    where: paths.Paths,
    base: pathlib.Path,
    folder: pathlib.Path,
    view: run_view.RunView,
) -> None:
    with view.console.status("starting TFX and TensorFlow"):
        from models.tuning import results
        from pipeline import dag, runners
        from pipeline.modules import trial, tuner

        whole = dag.build(config, where, str(base))

    class UpToTuner(runners.LocalRunner):
        """Leaves out the stages after the Tuner."""

        def run_with_ir(self, pipeline: Any, run_options: Any = None, **_: Any) -> None:
            _keep_up_to("Tuner", pipeline)
            super().run_with_ir(pipeline, run_options)

    runner = UpToTuner(view)
    runner.run(whole)
    (stage,) = (component for component in whole.components if component.id == "Tuner")
    custom_config = json.loads(stage.exec_properties["custom_config"])
    graph = runner.results["Transform"].outputs["transform_graph"].uri
    name = trial.search_name(custom_config, graph)
    # A training that was killed has its epochs beside them.
    shutil.rmtree(where.resumable / name, ignore_errors=True)
    (where.resumable / tuner.JOB).unlink(missing_ok=True)
    found_in = tuner.report_folder(where.resumable, name)
    found = [dataclasses.asdict(result) for result in results.read(found_in / tuner.RESULTS)]
    for name in (tuner.RESULTS, tuner.PLOT):
        shutil.copy(found_in / name, folder / name)
    resolved = loading.to_mapping(config)
    show(found, list(config.tuning.space), folder / tuner.PLOT, resolved, view.console)


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
    found: Sequence[Mapping[str, Any]],
    fields: Sequence[str],
    plot: pathlib.Path,
    config: Mapping[str, Any],
    terminal: Console,
) -> None:
    """Print the trials, where the plot is, and the best values as YAML.

    Args:
        found: Fields of each `TrialResult`, the best first.
        fields: Dotted fields that were searched.
        plot: File of the plot.
        config: The resolved config.
        terminal: Where to print.
    """
    scored = [trial for trial in found if trial["score"] is not None]
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
        _print(terminal, f"and {len(scored) - _SHOWN_TRIALS} more in trials.json beside the plot")
    for trial in found:
        if trial["score"] is None:
            values = ", ".join(f"{f} {trial_table.word(v)}" for f, v in trial["values"].items())
            _print(
                terminal, f"trial {trial['trial']} failed ({values}): {trial['error']}", "yellow"
            )
    _print(terminal, f"plot: {paths.shown(plot)}")
    terminal.print("\nthe best values, to paste into the config:", style="bold")
    for line in as_yaml(found[0]["values"], config).splitlines():
        _print(terminal, line, "green")


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
        _print(terminal, f"{identity} had nothing to run: {seen}")
        return
    with terminal.status(f"{identity} runs trials"):
        tuning_worker.work(job)
    _print(terminal, f"{identity} found no more trials to run; the chief shows the results")


def _wait(config: sections.PipelineConfig, where: paths.Paths) -> Any:
    """The chief's `Job`, or the folder of its run if that ended without a search."""
    from pipeline.modules import trial, tuner

    expected = _learner(config)
    before = _ended(where)
    while True:
        with contextlib.suppress(FileNotFoundError):
            job = trial.Job.read(where.resumable / tuner.JOB)
            if job.learner == expected:
                return job
        for folder in sorted(_ended(where) - before):
            if _learner(loading.load(folder / "config.yaml")) == expected:
                return folder
        time.sleep(_POLL)


def _learner(config: sections.PipelineConfig) -> str:
    return loading.dump_learner(sections.learner(config, with_tuning=True))


def _ended(where: paths.Paths) -> set[pathlib.Path]:
    """Folders of the runs that came to their end: a search alone, or a whole pipeline."""
    ends = ("trials.json", "summary.json")
    return {path.parent for end in ends for path in where.run("*").parent.glob(f"*/{end}")}


def _report(error: Exception, folder: pathlib.Path, terminal: Console) -> int:
    if (told := failures.told(error, folder)) is not None:
        _print(terminal, f"\n{told}", "red")
        return 2
    _print(terminal, f"\nUnexpected: {traceback.format_exception_only(error)[-1].strip()}", "red")
    _print(terminal, f"The traceback is in {paths.shown(folder / 'log.txt')}")
    return 1


def _print(terminal: Console, line: str, style: str = "") -> None:
    """One line, never wrapped, so that paths can be copied."""
    terminal.print(line, style=style, markup=False, soft_wrap=True)
