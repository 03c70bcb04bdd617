"""What a run looks like in a terminal."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from rich import box, console, progress, table, text

if TYPE_CHECKING:  # It imports TFX, and the view is opened before that.
    from pipeline.runners import StageResult

STAGES = {
    "Ingest": "read, check and split the data",
    "StatisticsGen": "describe every column",
    "SchemaGen": "infer the schema",
    "ExampleValidator": "hold the data against the schema",
    "Augment": "write augmented copies, draw a preview",
    "Transform": "learn vocabularies, build the transform graph",
    "Doctor": "examine data and model",
    "Gate": "stop if the doctor found what should not be trained",
    "Tuner": "search",
    "Trainer": "train and export",
    "Verdict": "read the curves",
    "Baseline": "train a simple model to compare with",
    "Evaluator": "evaluate, compare with the served model",
    "Canary": "ask the export in a fresh process",
    "Pusher": "put it where servers look",
    "BatchAnswers": "answer the rows of `batch_answers`",
    "ErrorAnalysis": "slices, calibration, mistakes",
}
"""Every stage and what it does, in order."""
OPTIONAL = ("Augment", "Doctor", "Gate", "Tuner", "Verdict", "BatchAnswers")
"""Stages that only some configs have."""
_COUNTS = ("counted", "epoch", "epochs", "stage", "step", "steps")
"""What a remark on a training has beside its metrics."""


class RunView(logging.Handler):
    """Draws stages as they run: an observer for the runner and a handler for progress records.

    Records of the logger `maru.progress` carry a mapping `progress` with `epoch`, `epochs`, `step`,
    `steps`, metrics, and `counted` if these are no epochs; records of `maru.outcome` are remarks
    shown beside the running stage.
    """

    def __init__(self, terminal: TextIO):
        super().__init__()
        self.console = console.Console(file=terminal, highlight=False)
        self._remarks: list[str] = []
        self._progress: progress.Progress | None = None
        self._task: progress.TaskID | None = None

    def say(self, remark: str) -> None:
        """Show a remark as it is, whole, on one line."""
        print_line(self.console, remark, "dim")

    def started(self, stage: str) -> None:
        """Show a live line for the stage, if this is a terminal."""
        self._remarks = []
        self._progress = progress.Progress(
            progress.SpinnerColumn(),
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=24),
            progress.TextColumn("{task.fields[note]}"),
            progress.TimeElapsedColumn(),
            console=self.console,
            transient=True,
            redirect_stdout=False,  # They go to the log file.
            redirect_stderr=False,
            disable=not self.console.is_terminal,
        )
        note = STAGES.get(stage, "")
        self._task = self._progress.add_task(f"{stage:<17}", total=None, note=note)
        self._progress.start()

    def finished(self, result: StageResult) -> None:
        """Replace the live line by what happened."""
        self._stop()
        why = "; ".join([*([result.why] if result.why else []), *self._remarks])
        self._line("green" if result.outcome == "ran" else "cyan", "✓", result, why)

    def failed(self, stage: str, seconds: float, error: BaseException) -> None:
        """Replace the live line by the failure; the error itself is printed by the caller."""
        self._stop()
        word = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        start = f"{stage:<17}{seconds:7.1f} s  "
        self.console.print(text.Text.assemble(("✗ ", "red"), start, (word, "red")))

    def emit(self, record: logging.LogRecord) -> None:
        """Take a progress record or a remark."""
        values = getattr(record, "progress", None)
        if values is None:
            self._remarks.append(record.getMessage())
        elif self._progress is not None and self._task is not None:
            self._progress.update(
                self._task,
                completed=(values["epoch"] - 1) * values["steps"] + values["step"],
                total=values["epochs"] * values["steps"],
                note=_training_note(values),
            )

    def _line(self, color: str, mark: str, result: StageResult, why: str) -> None:
        start = f"{result.stage:<17}{result.seconds:7.1f} s  "
        line = text.Text.assemble((f"{mark} ", color), start, (f"{result.outcome:<7}", color))
        line.append(why, style="dim")
        self.console.print(line, soft_wrap=True)

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _training_note(values: Mapping[str, float]) -> str:
    """Epoch, or what else is counted, and the metrics there are, short enough for one line."""
    # Those of the training before those of the validation, and the losses first.
    names = sorted(
        set(values) - set(_COUNTS),
        key=lambda name: (name.startswith("val_"), not name.endswith("loss"), name),
    )
    metrics = [f"{name} {values[name]:.3f}" for name in names]
    counted = values.get("counted", "epoch")
    return "  ".join([f"{counted} {values['epoch']}/{values['epochs']}", *metrics])


def attach(view: RunView) -> None:
    """Send the project's progress and remarks to a view."""
    for name in ("maru.progress", "maru.outcome"):
        logger = logging.getLogger(name)
        logger.handlers = [view]
        logger.setLevel(logging.INFO)


def print_line(terminal: console.Console, line: str, style: str = "") -> None:
    """Print words as they are and never wrapped, so that paths can be copied."""
    terminal.print(line, style=style, markup=False, soft_wrap=True)


def grid(columns: list[str], rows: list[list[str]], *, numbers: bool = True) -> table.Table:
    """A plain table; where it is wider than the terminal, names go on in a further line.

    Args:
        columns: Headings.
        rows: Cells.
        numbers: Whether all columns but the first are numbers, set flush right.
    """
    result = table.Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(columns):
        if numbers and index:
            figures = [row[index] for row in rows if index < len(row)]
            # A figure is never cut or broken; nor is a word of its heading.
            widest = max(map(len, [*figures, *name.split()]), default=0)
            result.add_column(text.Text(name), justify="right", min_width=widest)
        else:
            result.add_column(text.Text(name), overflow="fold")
    for row in rows:
        result.add_row(*(text.Text(cell) for cell in row))
    return result
