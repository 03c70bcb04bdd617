"""Train the rungs of a ladder one after another and ask each about the same examples."""

from __future__ import annotations

import dataclasses
import json
import logging
import pathlib
import shutil
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components import records
from components.baseline import baseline
from components.canary import canary
from models import counting, zoo
from pipeline import comparing, console, dag, failures, ladder_report, runners
from pipeline import config as pipeline_config
from pipeline import rungs as rungs_
from pipeline.comparing import Answers
from pipeline.ladder_report import Row
from pipeline.modules import trainer
from pipeline.paths import Paths
from serving import saved_model

_LOG = logging.getLogger(__name__)
_SHARED = ("Ingest", "StatisticsGen", "SchemaGen", "ExampleValidator")
"""Stages before any model: what fails there fails for all."""
_MAJORITY = "most frequent label"
_ANSWERS, _FIGURES = "answers.npz", "figures.json"
_BATCH = 32


@dataclasses.dataclass
class _Watch:
    """Shows the stages that really run, and keeps what the report needs of them."""

    view: console.RunView
    started_file: pathlib.Path
    results: dict[str, runners.StageResult] = dataclasses.field(default_factory=dict)
    failed_stage: str | None = None
    is_continued: bool = False

    def started(self, stage: str) -> None:
        self.view.started(stage)
        if stage == "Trainer":
            self.is_continued = self.started_file.exists()
            self.started_file.parent.mkdir(parents=True, exist_ok=True)
            self.started_file.touch()

    def finished(self, result: runners.StageResult) -> None:
        self.results[result.stage] = result
        if result.stage == "Trainer":
            self.started_file.unlink()
        # Against another rung everything has changed.
        self.view.finished(dataclasses.replace(result, why=""))

    def failed(self, stage: str, seconds: float, error: BaseException) -> None:
        self.failed_stage = stage
        if isinstance(error, Exception):  # Not an interruption: the next try starts anew.
            self.started_file.unlink(missing_ok=True)
        self.view.failed(stage, seconds, error)


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
    """

    def __init__(
        self,
        config: pipeline_config.PipelineConfig,
        where: Paths,
        base: pathlib.Path,
        view: console.RunView,
    ):
        self._config = config
        self._where = where
        self._base = base
        self._view = view
        self._examples: Any = None
        self.code = 0
        """Exit code so far."""

    def all(self, rungs: Sequence[rungs_.Rung]) -> list[_Scored]:
        """Every rung, the simple models before them."""
        scored = [self._one(rung) for rung in rungs]
        if self.code == 0:
            shutil.rmtree(self._where.resumable, ignore_errors=True)
        simple = self._simple() if self._examples is not None else []
        return [*simple, *scored]

    def report(self, scored: Sequence[_Scored]) -> ladder_report.Ladder:
        """What was found, each row compared with the best."""
        asked = [entry.answers for entry in scored if entry.answers is not None]
        best = max(asked, key=lambda answers: answers.accuracy, default=None)
        return ladder_report.Ladder(
            name=self._config.name,
            split=self._split() if self._examples is not None else "",
            examples=len(best.given) if best else 0,
            rows=[_compared(entry, best) for entry in scored],
        )

    def _one(self, rung: rungs_.Rung) -> _Scored:
        self._view.console.print(f"\n{rung.name}", style="bold", markup=False)
        path = self._where.root / "rungs" / f"{rung.config.name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rungs_.to_yaml(rung, self._base), "utf-8")
        watch = _Watch(self._view, self._where.resumable / f"{rung.config.name}.started")
        try:
            return self._train(rung, watch)
        except Exception as error:
            if watch.failed_stage in _SHARED:
                raise
            _LOG.exception("The rung %s failed.", rung.name)
            self._view.console.print(reason(error), style="red", markup=False)
            self.code = max(self.code, exit_code(error))
            return _Scored(Row(rung.name, error=reason(error)))

    def _train(self, rung: rungs_.Rung, watch: _Watch) -> _Scored:
        config = dataclasses.replace(rung.config, name=f"{self._config.name}_ladder")
        runners.run(dag.build_rung(config, self._where, str(self._base)), watch)
        stages = watch.results
        self._examples = stages["Ingest"].outputs["examples"]
        trained = stages["Trainer"].outputs
        probed = _read(pathlib.Path(stages["Canary"].outputs["blessing"].uri, canary.REPORT))
        if probed["problems"]:
            raise ValueError(f"The Canary refused it: {' '.join(probed['problems'])}")
        run_folder = pathlib.Path(trained["model_run"].uri)
        folder = self._measured(f"model-{trained['model'].id}")
        if stages["Trainer"].outcome == "ran":
            seconds = {"seconds": stages["Trainer"].seconds, "is_continued": watch.is_continued}
            _write(folder / _FIGURES, seconds)
        if not (folder / _ANSWERS).is_file():
            export = pathlib.Path(trained["model"].uri, "Format-Serving")
            self._ask(export).save(folder / _ANSWERS)
        learned = _read(run_folder / trainer.SUMMARY)
        times = _latencies(probed["signatures"]["serving_default"])
        figures = _figures(folder / _FIGURES, learned)
        parameters = {key: learned[f"{key}_parameters"] for key in ("trainable", "frozen")}
        answers = comparing.load(folder / _ANSWERS)
        row = Row(rung.name, **_quality(answers), **parameters, **times, **figures)
        return _Scored(row, answers)

    def _ask(self, export: pathlib.Path) -> Answers:
        """The export's answers to every evaluated example."""
        task = self._config.task
        name = trainer.SERVED_NAMES[task.input_kind]
        inputs, given = self._rows(self._split())
        predictor = saved_model.SavedModelPredictor(export)
        predicted: list[bytes] = []
        for first in range(0, len(inputs), _BATCH):
            batch = np.array(inputs[first : first + _BATCH], dtype=object)
            predicted += list(predictor.predict("", {name: batch}, ("label",))["label"])
        predictor.close()
        return Answers(np.array(given), np.array([label.decode() for label in predicted]))

    def _simple(self) -> list[_Scored]:
        """What asks for no deep learning: the most frequent label, and the Baseline's model."""
        name, predict = baseline.SIMPLE[self._config.task.input_kind]
        folder = self._measured(f"simple-{self._examples.id}")
        inputs, given = self._rows(self._split())
        if not (folder / _ANSWERS).is_file():
            train = self._rows("train")
            begin = time.monotonic()
            predicted = predict(*train, inputs)
            _write(folder / _FIGURES, {"seconds": time.monotonic() - begin})
            _write(folder / "majority.json", Counter(train[1]).most_common(1)[0][0])
            Answers(np.array(given), np.array(predicted)).save(folder / _ANSWERS)
        simple = comparing.load(folder / _ANSWERS)
        label = _read(folder / "majority.json")
        majority = Answers(simple.given, np.full(len(simple.given), label))
        figures = _read(folder / _FIGURES)
        return [
            _Scored(Row(_MAJORITY, **_quality(majority)), majority),
            _Scored(Row(name, **_quality(simple), **figures), simple),
        ]

    def _rows(self, split: str) -> tuple[list[bytes], list[str]]:
        """Inputs and labels of a split."""
        task = self._config.task
        rows = list(records.columns(self._examples.uri, split, (task.input_column, task.label)))
        return [row[0] for row in rows], [row[1].decode() for row in rows]

    def _split(self) -> str:
        folders = pathlib.Path(self._examples.uri).glob("Split-*")
        return records.evaluated_split([folder.name.removeprefix("Split-") for folder in folders])

    def _measured(self, name: str) -> pathlib.Path:
        folder = self._where.root / "measured" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _quality(answers: Answers) -> dict[str, Any]:
    return {
        "accuracy": answers.accuracy,
        "macro_f1": answers.macro_f1,
        "interval": comparing.interval(answers),
    }


def _figures(path: pathlib.Path, learned: Mapping[str, Any]) -> dict[str, Any]:
    """Time and arithmetic of a model; the arithmetic is counted once."""
    figures = _read(path) if path.is_file() else {}
    if "macs" not in figures:
        figures["macs"] = _macs(learned)
        _write(path, figures)
    return figures


def _macs(learned: Mapping[str, Any]) -> int | None:
    config = pipeline_config.load_learner(json.dumps(learned["learner"])).model
    model = zoo.MODELS[config.kind].build(config, len(learned["labels"]))
    try:
        return counting.macs(model)
    except ValueError as error:
        _LOG.warning("%s", error)
        return None


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


def reason(error: Exception) -> str:
    """Why a rung or the ladder failed, in words."""
    if failures.is_users(error):
        return failures.worded(error)
    last = traceback.format_exception_only(error)[-1].strip()
    return f"Unexpected: {last} (the traceback is in the log)"


def exit_code(error: Exception) -> int:
    """As `maru run`: 2 if the user can mend it, 1 for a defect."""
    return 2 if failures.is_users(error) else 1


def _read(path: pathlib.Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _write(path: pathlib.Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
