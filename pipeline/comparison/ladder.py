"""Train the rungs of a ladder one after another and ask each about the same examples."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import pathlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from components.baseline import baseline
from components.canary import canary
from models import json_files, macs, zoo
from models.finetuning import trainable
from models.ngrams import levels
from models.tasks import intervals
from models.tasks import task as tasks
from models.tasks.table import Task
from models.tasks.task import Facts, Metric
from pipeline import artifact_files, dag
from pipeline.comparison import answers, headline, paired_difference, rungs
from pipeline.comparison.answers import Answers
from pipeline.comparison.comparison import Comparison, Run, Stages, read_json
from pipeline.comparison.evaluated_examples import EvaluatedExamples
from pipeline.comparison.ladder_result import Ladder, ModelResult
from pipeline.comparison.rungs import Rung
from pipeline.config import loading
from pipeline.runtime.failures import Failure

STAGES = Stages(
    dag.build_rung,
    frozenset({"Ingest", "StatisticsGen", "SchemaGen", "ExampleValidator", "Augment"}),
)
"""Those before any model are shared."""
_LOG = logging.getLogger(__name__)
_FIGURES, _SECONDS = "figures.json", "seconds.json"


@dataclasses.dataclass(frozen=True)
class _Asked:
    """What was measured of a model, and the answers that it sums up."""

    result: ModelResult
    answers: Answers | None = None


def compare(comparison: Comparison, chosen: Sequence[Rung]) -> Ladder:
    """Train every rung; each model, the simple ones first, beside the best.

    Args:
        comparison: Of the data that they learn.
        chosen: The rungs.
    """
    trained = [_train(comparison, rung) for rung in chosen]
    comparison.clear()
    examples = comparison.examples
    task = comparison.config.task
    metric = task.metrics[0]
    simple = _ask_simple(examples, task) if examples.artifact else []
    asked = [model.answers for model in (*simple, *trained) if model.answers is not None]
    best = _best(metric, asked)
    return Ladder(
        name=comparison.config.name,
        split=examples.split,
        examples=len(best) if best else 0,
        headline=headline.of(metric),
        rows=[_compare(metric, model, best) for model in (*simple, *trained)],
    )


def _train(comparison: Comparison, rung: Rung) -> _Asked:
    comparison.console.print(f"\n{rung.name}", style="bold", markup=False)
    path = comparison.where.root / "rungs" / f"{rung.config.name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rungs.to_yaml(rung, comparison.base), "utf-8")
    config = dataclasses.replace(rung.config, name=f"{comparison.config.name}_ladder")
    measure = functools.partial(_measure, rung.name, rung.config.task)
    measured = comparison.train(f"The rung {rung.name}", config, measure)
    if isinstance(measured, Failure):
        return _Asked(ModelResult(rung.name, error=measured.text))
    return measured


def _measure(name: str, task: Task, run: Run) -> _Asked:
    probed = read_json(run.folder("Canary", "blessing") / canary.REPORT)
    if probed["problems"]:
        raise ValueError(f"The Canary refused it: {' '.join(probed['problems'])}")
    learned = read_json(run.folder("Trainer", "model_run") / artifact_files.SUMMARY)
    answered = run.ask()
    kept = run.examples.folder("model", run.output("Trainer", "model"))
    result = ModelResult(
        name,
        **_quality(answered, task),
        trainable=learned["trainable_parameters"],
        **_latencies(probed["signatures"]["serving_default"]),
        **_figures(kept / _FIGURES, learned),
    )
    return _Asked(result, answered)


def _ask_simple(examples: EvaluatedExamples, task: Task) -> list[_Asked]:
    """What asks for no deep learning, the simplest first: see `baseline.ways`."""
    folder = examples.folder("simple", examples.artifact)
    ways = baseline.ways(tasks.reads(task), tasks.learned(task), levels.learn)
    files = {name: folder / f"{place}.npz" for place, name in enumerate(ways)}
    if not (folder / _SECONDS).is_file():
        train, (inputs, targets) = examples.read("train"), examples.read(examples.split)
        given = {one.name: targets for one in tasks.targets(task)}
        seconds = {}
        for name, answer in ways.items():
            begin = time.monotonic()
            predicted = answer(*train, inputs)
            seconds[name] = time.monotonic() - begin
            answers.of_rows(given, predicted).save(files[name])
        json_files.write_json(folder / _SECONDS, seconds)
    seconds = read_json(folder / _SECONDS)
    rungs = []
    for name, file in files.items():
        told = answers.load(file)
        result = ModelResult(name, **_quality(told, task), seconds=seconds[name])
        rungs.append(_Asked(result, told))
    return rungs


def _quality(given: Answers, task: Task) -> dict[str, Any]:
    metric = task.metrics[0]
    return {
        "figures": given.figures(task.metrics),
        "interval": intervals.interval(metric, given.statistics(metric)),
    }


def _figures(path: pathlib.Path, learned: Mapping[str, Any]) -> dict[str, Any]:
    """Time, size and arithmetic of a model; what can be counted is counted once."""
    if not path.is_file():
        json_files.write_json(path, _count(learned))
    course = {key: learned[key] for key in ("seconds", "is_continued")}
    return course | read_json(path)


def _count(learned: Mapping[str, Any]) -> dict[str, int | None]:
    """Parameters and multiply-accumulates of the model as it is exported."""
    config = loading.load_learner(json.dumps(learned["learner"]))
    built = zoo.build(config.model, config.task, Facts(**learned["facts"]))
    model = trainable.merged(built)
    try:
        operations = macs.macs(model)
    except ValueError as error:
        _LOG.warning("%s", error)
        operations = None
    # Of counted models only training tells how large they are.
    trained = learned["trainable_parameters"] + learned["frozen_parameters"]
    parameters = trained - built.count_params() + model.count_params()
    return {"parameters": parameters, "macs": operations}


def _latencies(probed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "latency_ms": probed["p50_ms"],
        "batch_latency_ms": probed["batch_p50_ms"],
        "batch": probed["batch"],
    }


def _best(metric: Metric, asked: Sequence[Answers]) -> Answers | None:
    """Those with the best headline, the first of equals."""
    return max(
        asked, key=lambda given: metric.rank(metric.figure(given.statistics(metric))), default=None
    )


def _compare(metric: Metric, model: _Asked, best: Answers | None) -> ModelResult:
    if model.answers is None or best is None:
        return model.result
    if model.answers is best:
        return dataclasses.replace(model.result, is_best=True)
    rows, best_rows = model.answers.statistics(metric), best.statistics(metric)
    difference, p_value = paired_difference.tested(metric, rows, best_rows)
    return dataclasses.replace(model.result, difference=difference, p_value=p_value)
