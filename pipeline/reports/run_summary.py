"""What a run achieved: the closing page in the terminal and `summary.json`."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from components import records
from components.augment import stage as augment
from components.baseline import baseline
from components.canary import canary
from components.doctor import stage as doctor
from components.doctor.finding import Finding
from components.ingest import columns
from components.ingest import job as ingest
from components.ingest.review import remarks, summary
from models import zoo
from pipeline import artifact_files
from pipeline.config.sections import PipelineConfig
from pipeline.display import numbers, run_view, trial_table
from pipeline.reports import doctor as doctor_report
from pipeline.stages import evaluator, tfma_metrics

_SHOWN_LABELS = 20
_SHOWN_TRIALS = 10


@dataclasses.dataclass(frozen=True)
class Summary:
    """Everything the closing page says."""

    name: str
    """Name of the pipeline."""
    split: str
    """Split the metrics were measured on."""
    metrics: dict[str, dict[str, float]]
    """Metrics by slice; `all` is the whole split."""
    served_before: dict[str, float] | None
    """Metrics on the whole split of the model that it was compared with, if there was one."""
    shown: tuple[str, ...]
    """Names of the task's metrics, the headline first."""
    interval: tuple[float, float]
    """95 % interval of the headline on the whole split."""
    baseline: baseline.Baseline
    """What simple models reach on the same split."""
    is_below_baseline: bool
    """Whether a simple model is better."""
    refusals: list[str]
    """Why the model was not pushed, in words; empty if it was."""
    rows: dict[str, dict[str, int]]
    """Class counts by split, as ingested."""
    remarks: list[str]
    """What to know of the data: rows of train in other splits, labels that look like one."""
    quarantined: int
    """Rows left out."""
    quarantine: str
    """File that lists them."""
    parameters: dict[str, int]
    """Number of trainable and frozen parameters."""
    version: int | None
    """Version that was pushed, or already served this model."""
    model: str | None
    """Folder of that version."""
    fine_tuned_by: str
    """The kind of models that reads its preset, if it brings one."""
    model_run: str
    """Folder with history.json, TensorBoard logs and summary.json of the training."""
    latency_ms: float | None
    """Median milliseconds of one request in the Canary's process."""
    augmentation: dict[str, Any] | None
    """Train rows by label and copies by operation, see `components/augment`; None without
    `augmentation`."""
    augmentation_report: str | None
    """Folder with the same as JSON and a preview."""
    findings: list[Finding]
    """What the doctor says of data, model and curves; empty without `doctor`."""
    doctor_reports: list[str]
    """Folders with the same as JSON and figures: before and after training."""
    analysis: str
    """Folder with `analysis.json`: slices, calibration, mistakes, rows as they look."""
    stages: list[dict[str, Any]]
    """Stages in order: `stage`, `outcome`, `seconds`, `why`, and `outputs`, folders by name."""
    trials: list[dict[str, Any]]
    """Finished trials of the search, best first: `score` and the values of the fields."""


def summarize(config: PipelineConfig, results: Mapping[str, Any]) -> Summary:
    """Collect what the stages of a finished run wrote."""

    def folder(stage: str, output: str) -> pathlib.Path:
        return pathlib.Path(results[stage].outputs[output].uri)

    metrics = evaluator.read(folder("Evaluator", "evaluation"))
    whole = metrics["all"]
    headline = config.task.metrics[0].name
    simple = baseline.read(folder("Baseline", "report"))
    model_run = folder("Trainer", "model_run")
    probed = json.loads((folder("Canary", "blessing") / canary.REPORT).read_text("utf-8"))
    trained = json.loads((model_run / artifact_files.SUMMARY).read_text("utf-8"))
    quarantine = folder("Ingest", "quarantine")
    ingested = json.loads((quarantine / ingest.COUNTS_FILE).read_text("utf-8"))
    augmented = folder("Augment", "report") if "Augment" in results else None
    examined = [folder(name, "report") for name in ("Doctor", "Verdict") if name in results]
    pushed = results["Pusher"].outputs["pushed_model"].custom_properties
    is_pushed = pushed["pushed"].int_value == 1
    refusals = evaluator.read_refusals(folder("Evaluator", "evaluation")) + [
        f"Canary: {problem}" for problem in probed["problems"]
    ]
    return Summary(
        name=config.name,
        split=records.evaluated_split(list(ingested["splits"])),
        metrics=metrics,
        served_before=evaluator.read_served(folder("Evaluator", "evaluation")),
        shown=tuple(metric.name for metric in config.task.metrics),
        interval=(whole[headline + tfma_metrics.LOW], whole[headline + tfma_metrics.HIGH]),
        baseline=simple,
        is_below_baseline=(
            whole[headline] < simple.simple
            if config.task.metrics[0].is_better_high
            else whole[headline] > simple.simple
        ),
        refusals=refusals,
        rows=ingested["splits"],
        remarks=remarks.remarks(
            summary.from_json(ingested, []),
            config.data,
            columns.roles(config.features, config.data.split),
        ),
        quarantined=ingested["rejected"],
        quarantine=_real(quarantine / ingest.QUARANTINE_FILE),
        parameters={k: trained[f"{k}_parameters"] for k in ("trainable", "frozen")},
        version=int(pushed["pushed_version"].string_value) if is_pushed else None,
        model=_real(pushed["pushed_destination"].string_value) if is_pushed else None,
        fine_tuned_by=zoo.MODELS[config.model.kind].fine_tuned_by,
        model_run=_real(model_run),
        latency_ms=probed.get("signatures", {}).get("serving_default", {}).get("p50_ms"),
        augmentation=augment.read(augmented) if augmented else None,
        augmentation_report=_real(augmented) if augmented else None,
        findings=[one for report in examined for one in doctor.read(report).findings],
        doctor_reports=[_real(report) for report in examined],
        analysis=_real(folder("ErrorAnalysis", "analysis")),
        stages=[_stage(result) for result in results.values()],
        trials=_trials(folder("Tuner", "tuner_results")) if "Tuner" in results else [],
    )


def _stage(result: Any) -> dict[str, Any]:
    return {
        "stage": result.stage,
        "outcome": result.outcome,
        "seconds": round(result.seconds, 1),
        "why": result.why,
        "outputs": {name: artifact.uri for name, artifact in result.outputs.items()},
    }


def _real(path: str | pathlib.Path) -> str:
    """Without the link that `paths.workspace` may have put before it."""
    return str(pathlib.Path(path).resolve())


def show(summary: Summary, terminal: Console, sample: str) -> None:
    """Print the closing page.

    Args:
        summary: What to show.
        terminal: Where.
        sample: An input for the example command, ready for a shell.
    """
    whole, (low, high) = summary.metrics["all"], summary.interval
    count = round(whole["example_count"])
    terminal.print(f"\n{summary.name} on {count} {summary.split} examples", style="bold")
    rows = [
        ["this model", *_row(whole, summary.shown)],
        *([name, f"{figure:.3f}"] for name, figure in summary.baseline.rows),
    ]
    headings = [name.replace("_", " ") for name in summary.shown]
    terminal.print(run_view.grid(["", *headings], rows))
    terminal.print(f"95 % interval of the {headings[0]}: {low:.3f} to {high:.3f}")
    slices = {name: metrics for name, metrics in summary.metrics.items() if name != "all"}
    if slices:
        rows = [
            [name, f"{m['example_count']:.0f}", *_row(m, summary.shown)]
            for name, m in sorted(slices.items())
        ]
        terminal.print(run_view.grid(["slice", "examples", *headings], rows))
    if summary.augmentation:
        _show_augmentation(summary.augmentation, summary.augmentation_report or "", terminal)
    if summary.trials:
        _show_trials(summary.trials, terminal)
    if summary.doctor_reports:
        _show_findings(summary, terminal)
    trained, frozen = summary.parameters["trainable"], summary.parameters["frozen"]
    terminal.print(f"parameters: {trained:,} trained, {frozen:,} frozen")
    for remark in summary.remarks:
        run_view.print_line(terminal, remark, "yellow")
    if summary.quarantined:
        run_view.print_line(
            terminal, f"{summary.quarantined} rows left out, listed in {summary.quarantine}"
        )
    run_view.print_line(terminal, f"history and TensorBoard logs: {summary.model_run}")
    if summary.is_below_baseline:
        line = "Worse than the simple baseline: a finding or a bug, look before you serve it."
        run_view.print_line(terminal, line, "yellow")
    _show_outcome(summary, terminal, sample)


def _show_augmentation(counts: dict[str, Any], report: str, terminal: Console) -> None:
    """Rows by label and copies by operation, if any were written, and what is doubtful."""
    if counts["operations"]:
        terminal.print("train rows before and after augmentation", style="bold")
        rows = [
            [label, f"{numbers['before']:,}", f"{numbers['after']:,}"]
            for label, numbers in list(counts["labels"].items())[:_SHOWN_LABELS]
        ]
        total = ["all", f"{counts['before']:,}", f"{counts['after']:,}"]
        heading = ["label" if rows else "", "before", "after"]
        terminal.print(run_view.grid(heading, [*rows, total]))
        rows = [
            [name, f"{numbers['written']:,}", f"{numbers['dropped']:,}"]
            for name, numbers in counts["operations"].items()
        ]
        total = ["all", f"{counts['after'] - counts['before']:,}", f"{counts['dropped']:,}"]
        heading = ["operation", "copies", "dropped: nothing new"]
        terminal.print(run_view.grid(heading, [*rows, total]))
    for warning in counts["warnings"]:
        run_view.print_line(terminal, warning, "yellow")
    run_view.print_line(terminal, f"augmentation, with a preview: {report}")


def _show_findings(summary: Summary, terminal: Console) -> None:
    """What the doctor warns of, and where the rest is."""
    doctor_report.show_bad(summary.findings, terminal)
    remark = doctor.remark(summary.findings)
    run_view.print_line(
        terminal, f"\ndoctor: {remark}; findings and figures: {summary.doctor_reports[-1]}"
    )


def _trials(folder: pathlib.Path) -> list[dict[str, Any]]:
    return json.loads(next(folder.glob("*.json")).read_text("utf-8"))


def _show_trials(trials: list[dict[str, Any]], terminal: Console) -> None:
    """The best trials with the fields that were searched."""
    fields = [name for name in trials[0] if "." in name]
    rows = [
        [str(rank), f"{trial['score']:.4f}", *(trial_table.word(trial[field]) for field in fields)]
        for rank, trial in enumerate(trials[:_SHOWN_TRIALS], start=1)
    ]
    terminal.print(f"{len(trials)} trials, the best of them", style="bold")
    trial_table.show(["rank", "score", *fields], rows, terminal)


def _show_outcome(summary: Summary, terminal: Console, sample: str) -> None:
    if summary.refusals:
        run_view.print_line(terminal, "\nRefused, so nothing was pushed:", "red")
        for refusal in summary.refusals:
            run_view.print_line(terminal, f"  {refusal}", "red")
        return
    milliseconds = numbers.milliseconds(summary.latency_ms)
    latency = f", {milliseconds} ms a request" if summary.latency_ms else ""
    run_view.print_line(terminal, f"\nserved model: {summary.model}{latency}", "green")
    run_view.print_line(terminal, f"ask it:       maru predict {summary.name} {sample}")
    run_view.print_line(terminal, "serve it:     maru serve")
    preset = pathlib.Path(summary.model or "", artifact_files.PRETRAINED, "preset")
    if preset.is_dir():
        told = f"model: {{kind: {summary.fine_tuned_by}, preset: {preset}}}"
        run_view.print_line(terminal, f"fine-tune it: {told}")


def _row(metrics: Mapping[str, float], names: Sequence[str]) -> list[str]:
    return [f"{metrics[name]:.3f}" for name in names]


def write(summary: Summary, path: pathlib.Path) -> None:
    """Write the summary as JSON."""
    path.write_text(json.dumps(dataclasses.asdict(summary), indent=2, ensure_ascii=False), "utf-8")
