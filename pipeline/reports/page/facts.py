"""What the report of a run says, as plain values for its template."""

from __future__ import annotations

import base64
import dataclasses
import importlib.metadata
import io
import json
import pathlib
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from components.canary import canary
from components.doctor import stage as doctor
from components.ingest.config import SampleSource
from models.tasks import task as tasks
from pipeline import artifact_files
from pipeline.config import loading
from pipeline.config.sections import PipelineConfig
from pipeline.modules import error_analysis
from pipeline.past_runs import PastRun
from pipeline.reports.page import figures, wording
from pipeline.runtime import fingerprint

_PACKAGES = ("maru", "tensorflow", "keras", "keras-hub", "tfx", "tensorflow-text", "numpy")
_REASONS = 10
"""Reasons of quarantined rows that are listed, the most frequent first."""
_LABELS = 40
_LOG_LINES = 40
_TRIALS = 10
_LOSSES = ("loss",)
_WIDEST, _HIGHEST, _COLORS = 1_000, 4_000, 64
"""Of figures that stages drew: pixels, and colours, so that a page stays small."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The first lines of a page."""

    word: str
    """What became of the run."""
    kind: str
    """`good`, `bad` or `neutral`: its colour."""
    reasons: tuple[str, ...]
    """Why."""
    advice: tuple[str, ...]
    """What to do, in commands and fields of the YAML."""


def of(run: PastRun) -> dict[str, Any]:
    """Everything that the template shows.

    Args:
        run: Any, also one that is under way.

    Raises:
        ValueError: If it was left by an earlier version of the project.
    """
    if run.summary and "analysis" not in run.summary:
        raise ValueError(
            f"The run of {run.started} is of a version without reports. Received: its summary, "
            "without `analysis`. Run the pipeline again; what is unchanged comes from cache."
        )
    config = loading.load(run.folder / artifact_files.CONFIG)
    facts: dict[str, Any] = {
        "run": run,
        "config": config,
        "yaml": (run.folder / artifact_files.CONFIG).read_text("utf-8"),
        "verdict": verdict(run, config),
        "versions": versions(),
        "log": _log_lines(run) if run.outcome in ("failed", "killed") else [],
        "summary": run.summary,
        "source": source(config.data.source),
        "has_pictures": tasks.reads(config.task) == "image",
    }
    return facts | (_achieved(run.summary, config) if run.summary else {})


def verdict(run: PastRun, config: PipelineConfig) -> Verdict:
    """Whether a model was pushed, why, and what to do."""
    summary, name = run.summary, config.name
    if run.outcome == "pushed" and summary:
        reasons = [wording.headline(summary)]
        advice = [f"Ask it: maru predict {name} …", "Serve it: maru serve"]
        if summary["is_below_baseline"]:
            reasons.append("It is worse than the simple baseline: a finding or a bug.")
            advice.insert(
                0, f"Look for the reason before you serve it: maru doctor, or {_ladder(name)}"
            )
        return Verdict(
            f"pushed as version {summary['version']}", "good", tuple(reasons), tuple(advice)
        )
    if run.outcome == "refused" and summary:
        return Verdict(
            "refused, so nothing was pushed",
            "bad",
            (*summary["refusals"], wording.headline(summary)),
            (
                "Look at the mistakes below, mend data or model, and run again; what is unchanged "
                "comes from cache.",
                "If the demand is too high, change `evaluation.must_reach` or "
                "`evaluation.may_lose`.",
            ),
        )
    if run.outcome == "failed" and run.ending and run.ending.failure:
        remedy = "Mend what the message names, then run the same command again."
        if run.ending.code == 1:
            log = run.folder.resolve() / "log.txt"
            remedy = f"This is a defect of the program; the traceback is in {log}"
        return Verdict("failed", "bad", (run.ending.failure,), (remedy,))
    remedy = "The same command continues where it stopped."
    if run.outcome == "under way":
        remedy = f"When it is over, its page is written anew, also by: maru report {name}"
    return Verdict(run.outcome, "neutral", (), (remedy,))


def _ladder(name: str) -> str:
    return f"maru ladder with the config of {name}"


def _achieved(summary: Mapping[str, Any], config: PipelineConfig) -> dict[str, Any]:
    """What only a finished run has."""
    model_run = pathlib.Path(summary["model_run"])
    history = json.loads((model_run / artifact_files.HISTORY).read_text("utf-8"))
    analysis = error_analysis.read(pathlib.Path(summary["analysis"]))
    stages = {stage["stage"]: stage for stage in summary["stages"]}
    probe = pathlib.Path(stages["Canary"]["outputs"]["blessing"], canary.REPORT)
    fields = [name for name in summary["trials"][0] if "." in name] if summary["trials"] else []
    calibration, served = analysis.get("calibration"), summary["served_before"]
    return {
        "analysis": analysis,
        "compared": [("the model that was served", served)] if served else [],
        "canary": json.loads(probe.read_text("utf-8")),
        "labels": counted(summary["rows"]),
        "quarantine": reasons(pathlib.Path(summary["quarantine"])),
        "curves": list(_curves(history)),
        "reliability": figures.reliability(calibration) if calibration else None,
        "preview": _picture(summary["augmentation_report"], "preview.png"),
        "alignment": _picture(summary["model_run"], artifact_files.ALIGNMENT),
        "doctor_figures": list(
            filter(None, (_picture(folder, doctor.FIGURES) for folder in summary["doctor_reports"]))
        ),
        "answers": figures.answers(analysis["pairs"]) if analysis.get("pairs") else None,
        "trials": figures.trials(summary["trials"], fields) if fields else None,
        "trial_fields": fields,
        "best_trials": summary["trials"][:_TRIALS],
        "worst_trials": summary["trials"][_TRIALS:][-2:],
        "objective": config.tuning.objective if config.tuning else None,
        "findings": sorted(
            summary["findings"], key=lambda one: ("fail", "warn", "pass").index(one["verdict"])
        ),
        "not_applicable": not_applicable(map(pathlib.Path, summary["doctor_reports"])),
    }


def not_applicable(reports: Iterable[pathlib.Path]) -> dict[str, list[str]]:
    """The doctor's checks that say nothing of such data, by the reason.

    Args:
        reports: Folders of what the doctor found; one that was removed since is passed over.
    """
    checks: dict[str, list[str]] = {}
    for folder in reports:
        if (folder / doctor.FINDINGS).is_file():
            for one in doctor.read(folder).not_applicable:
                checks.setdefault(one.reason, []).append(one.check)
    return checks


def _picture(folder: str | None, name: str) -> str | None:
    """A figure of a stage as a data URL, smaller if it is large; None if there is none."""
    if not folder or not (path := pathlib.Path(folder, name)).is_file():
        return None
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((_WIDEST, _HIGHEST))
    written = io.BytesIO()
    image.quantize(_COLORS).save(written, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def counted(rows: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Rows by label and split, the most frequent labels."""
    totals: Counter[str] = Counter()
    for counts in rows.values():
        totals.update(counts)
    shown = [label for label, _ in totals.most_common(_LABELS)]
    return {
        "splits": list(rows),
        "rows": [(label, [rows[split].get(label, 0) for split in rows]) for label in shown],
        "more": len(totals) - len(shown),
        "all": [sum(counts.values()) for counts in rows.values()],
        "most": max(totals.values(), default=0),
        "is_labelled": any(totals),
    }


def reasons(path: pathlib.Path) -> list[tuple[str, int, str]]:
    """Why rows were left out, how often, and where for example."""
    counts: Counter[str] = Counter()
    where: dict[str, str] = {}
    if path.is_file():
        with open(path, encoding="utf-8") as file:
            for line in file:
                rejected = json.loads(line)
                counts[rejected["reason"]] += 1
                where.setdefault(rejected["reason"], rejected["where"])
    return [(reason, count, where[reason]) for reason, count in counts.most_common(_REASONS)]


def _curves(history: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A figure of the losses and one of the metrics."""
    names = [name for name in history if not name.startswith("val_") and f"val_{name}" in history]
    losses = [name for name in names if name in _LOSSES]
    metrics = [name for name in names if name not in _LOSSES]
    if losses:
        yield figures.curves(history, losses, "loss")
    if metrics:
        yield figures.curves(history, metrics, "metric")


def source(source: Any) -> str:
    """What the data is read from: the sample's name, or format and path."""
    place = source.name if isinstance(source, SampleSource) else source.path
    return f"{source.kind}: {place}"


def _log_lines(run: PastRun) -> list[str]:
    path = run.folder / "log.txt"
    return path.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:] if path.is_file() else []


def versions() -> list[tuple[str, str]]:
    """Of Python, the system, packages and the project's code."""
    found = [("Python", platform.python_version()), ("system", platform.platform())]
    for package in _PACKAGES:
        try:
            found.append((package, importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:  # Run from a folder of sources.
            continue
    return [*found, ("code", fingerprint.hash_code("pipeline", "components", "models", "serving"))]
