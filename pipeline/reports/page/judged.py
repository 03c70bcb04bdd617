"""The page of a model that was judged on new rows."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

from models.tasks import task as tasks
from pipeline.config import loading
from pipeline.config.sections import PipelineConfig
from pipeline.evaluation.result import Result
from pipeline.reports.page import facts, figures, page, wording
from pipeline.reports.page.facts import Verdict

FILE = "evaluation.html"
_TEMPLATE = "judged.html.jinja"
_ORDER = ("fail", "warn", "pass")


def write(found: Result, config: PipelineConfig, folder: pathlib.Path) -> pathlib.Path:
    """Write `evaluation.html`.

    Args:
        found: What came out.
        config: By which the rows were read and judged.
        folder: Where; `quarantine.jsonl` lies in it.

    Returns:
        The page.
    """
    path = folder / FILE
    path.write_text(page.render(_facts(found, config), _TEMPLATE), "utf-8")
    return path


def _facts(found: Result, config: PipelineConfig) -> dict[str, Any]:
    summary = dataclasses.asdict(found) | {"quarantined": found.rejected}
    calibration, pairs = found.analysis["calibration"], found.analysis["pairs"]
    return {
        "config": config,
        "yaml": loading.to_yaml(config),
        "summary": summary,
        "analysis": found.analysis,
        "verdict": _verdict(found, summary),
        "compared": [(f"its run's {found.before['split']} rows", found.before["metrics"])],
        "findings": sorted(summary["findings"], key=lambda one: _ORDER.index(one["verdict"])),
        "labels": facts.counted(summary["rows"]),
        "quarantine": facts.reasons(pathlib.Path(found.quarantine)) if found.quarantine else [],
        "reliability": figures.reliability(calibration) if calibration else None,
        "answers": figures.answers(pairs) if pairs else None,
        "has_pictures": tasks.reads(config.task) == "image",
        "source": facts.source(config.data.source),
        "versions": facts.versions(),
    }


def _verdict(found: Result, summary: dict[str, Any]) -> Verdict:
    """Whether it reaches what it must, and what to do."""
    headline = wording.headline(summary)
    if found.refusals:
        return Verdict(
            "does not reach what it must",
            "bad",
            (*found.refusals, headline),
            (
                "Look at the mistakes and at how these rows differ from the training rows; label "
                "rows like these, add them to `data.source` and run again.",
            ),
        )
    if found.too_many_rejected:
        return Verdict(
            "judged on a part of the rows", "bad", (found.too_many_rejected, headline), ()
        )
    # A green verdict on rows that the model was trained on would deceive.
    doubts = tuple(one.meaning for one in found.findings if one.verdict == "fail")
    if found.must_reach:
        kind = "neutral" if doubts else "good"
        return Verdict("reaches what it must", kind, (headline, *doubts), ())
    advice = "Set `evaluation.must_reach` for a verdict: --set evaluation.must_reach.METRIC=FIGURE"
    return Verdict("judged, nothing was demanded", "neutral", (headline, *doubts), (advice,))
