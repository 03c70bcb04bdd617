"""Train the rungs of a ladder one after another and ask each about the same examples."""

from __future__ import annotations

import dataclasses
import json
import logging
import pathlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.baseline import baseline
from components.canary import canary
from models import json_files, zoo
from models import macs as counting
from models.finetuning import trainable as finetune
from pipeline import artifact_files, dag, runners
from pipeline.comparison import answers as comparing
from pipeline.comparison import evaluated_examples, ladder_result
from pipeline.comparison import rungs as rungs_
from pipeline.comparison.answers import Answers
from pipeline.comparison.evaluated_examples import Watch, read_json
from pipeline.comparison.ladder_result import Row
from pipeline.config import loading
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.paths import Paths
from pipeline.runtime import failures

_LOG = logging.getLogger(__name__)
_SHARED = ("Ingest", "StatisticsGen", "SchemaGen", "ExampleValidator", "Augment")
"""Stages before any model: what fails there fails for all."""
_MAJORITY = "most frequent label"
_ANSWERS, _FIGURES = "answers.npz", "figures.json"


@dataclasses.dataclass(frozen=True)
class _Scored:
    """A row, and the answers that it sums up."""

    row: Row
    answers: Answers | None = None


class Climb:
    """One ladder on its way up.

    Args:
        config: Whose data the rungs learn.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.
        view: Shows what happens.
        log: Where tracebacks are.
    """

    def __init__(
        self,
        config: PipelineConfig,
        where: Paths,
        base: pathlib.Path,
        view: run_view.RunView,
        log: pathlib.Path,
    ):
        self._config = config
        self._where = where
        self._base = base
        self._view = view
        self._log = log
        self._exam = evaluated_examples.Examination(config, where)
        self.code = 0
        """Exit code so far."""

    def all(self, rungs: Sequence[rungs_.Rung]) -> list[_Scored]:
        """Every rung, the simple models before them."""
        scored = [self._one(rung) for rung in rungs]
        if self.code == 0:
            self._exam.clear()
        simple = self._simple() if self._exam.has_examples else []
        return [*simple, *scored]

    def report(self, scored: Sequence[_Scored]) -> ladder_result.Ladder:
        """What was found, each row compared with the best."""
        asked = [entry.answers for entry in scored if entry.answers is not None]
        best = max(asked, key=lambda answers: answers.accuracy, default=None)
        return ladder_result.Ladder(
            name=self._config.name,
            split=self._exam.split,
            examples=len(best.given) if best else 0,
            rows=[_compared(entry, best) for entry in scored],
        )

    def _one(self, rung: rungs_.Rung) -> _Scored:
        self._view.console.print(f"\n{rung.name}", style="bold", markup=False)
        path = self._where.root / "rungs" / f"{rung.config.name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rungs_.to_yaml(rung, self._base), "utf-8")
        watch = Watch(self._view)
        try:
            return self._train(rung, watch)
        except Exception as error:
            if watch.failed_stage in _SHARED:
                raise
            _LOG.exception("The rung %s failed.", rung.name)
            failure = failures.explain(error, self._log)
            run_view.print_line(self._view.console, failure.text, "red")
            self.code = max(self.code, failure.code)
            return _Scored(Row(rung.name, error=failure.text))

    def _train(self, rung: rungs_.Rung, watch: Watch) -> _Scored:
        config = dataclasses.replace(rung.config, name=f"{self._config.name}_ladder")
        runners.run(dag.build_rung(config, self._where, str(self._base)), watch)
        stages = watch.results
        trained = stages["Trainer"].outputs
        folder = self._exam.measured(watch)
        probed = read_json(pathlib.Path(stages["Canary"].outputs["blessing"].uri, canary.REPORT))
        if probed["problems"]:
            raise ValueError(f"The Canary refused it: {' '.join(probed['problems'])}")
        run_folder = pathlib.Path(trained["model_run"].uri)
        learned = read_json(run_folder / artifact_files.SUMMARY)
        answers = self._exam.ask(watch)
        times = _latencies(probed["signatures"]["serving_default"])
        figures = _figures(folder / _FIGURES, learned)
        trainable = learned["trainable_parameters"]
        row = Row(rung.name, **_quality(answers), trainable=trainable, **times, **figures)
        return _Scored(row, answers)

    def _simple(self) -> list[_Scored]:
        """What asks for no deep learning: the most frequent label, and the Baseline's model."""
        name, predict = baseline.SIMPLE[self._config.task.input_kind]
        folder = self._exam.folder(f"simple-{self._exam.examples.id}")
        inputs, given = self._exam.rows(self._exam.split)
        if not (folder / _ANSWERS).is_file():
            train = self._exam.rows("train")
            begin = time.monotonic()
            predicted = predict(*train, inputs)
            json_files.write_json(folder / _FIGURES, {"seconds": time.monotonic() - begin})
            json_files.write_json(folder / "majority.json", Counter(train[1]).most_common(1)[0][0])
            Answers(np.array(given), np.array(predicted)).save(folder / _ANSWERS)
        simple = comparing.load(folder / _ANSWERS)
        label = read_json(folder / "majority.json")
        majority = Answers(simple.given, np.full(len(simple.given), label))
        figures = read_json(folder / _FIGURES)
        return [
            _Scored(Row(_MAJORITY, **_quality(majority)), majority),
            _Scored(Row(name, **_quality(simple), **figures), simple),
        ]


def _quality(answers: Answers) -> dict[str, Any]:
    return {
        "accuracy": answers.accuracy,
        "macro_f1": answers.macro_f1,
        "interval": comparing.interval(answers),
    }


def _figures(path: pathlib.Path, learned: Mapping[str, Any]) -> dict[str, Any]:
    """Time, size and arithmetic of a model; what can be counted is counted once."""
    if not path.is_file():
        json_files.write_json(path, _counts(learned))
    course = {key: learned[key] for key in ("seconds", "is_continued")}
    return course | read_json(path)


def _counts(learned: Mapping[str, Any]) -> dict[str, int | None]:
    """Parameters and multiply-accumulates of the model as it is exported."""
    config = loading.load_learner(json.dumps(learned["learner"])).model
    built = zoo.MODELS[config.kind].build(config, len(learned["labels"]))
    model = finetune.merged(built)
    try:
        macs = counting.macs(model)
    except ValueError as error:
        _LOG.warning("%s", error)
        macs = None
    return {"parameters": model.count_params(), "macs": macs}


def _latencies(probed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "latency_ms": probed["p50_ms"],
        "batch_latency_ms": probed["batch_p50_ms"],
        "batch": probed["batch"],
    }


def _compared(entry: _Scored, best: Answers | None) -> Row:
    if entry.answers is None or best is None:
        return entry.row
    if entry.answers is best:
        return dataclasses.replace(entry.row, is_best=True)
    return dataclasses.replace(entry.row, p_value=comparing.p_value(entry.answers, best))
