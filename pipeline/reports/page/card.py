"""A model card as the Hugging Face Hub reads it, from what a run found out."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import huggingface_hub

from models.tasks import task as tasks
from models.tasks.table import Task
from pipeline.config.card import CardConfig
from pipeline.reports.page import wording

FILE = "README.md"
_LIBRARY = "keras"
_TAGS = {
    ("text", "category"): "text-classification",
    ("text", "categories"): "text-classification",
    ("text", "choice"): "multiple-choice",
    ("text", "spans"): "token-classification",
    ("text", "answers"): "question-answering",
    ("text", "embedding"): "sentence-similarity",
    ("text", "filled_masks"): "fill-mask",
    ("text", "filled_spans"): "text2text-generation",
    ("text", "texts"): "text-generation",
    ("text", "written"): "text2text-generation",
    ("image", "category"): "image-classification",
    ("image", "embedding"): "image-feature-extraction",
    ("image", "reconstruction"): "image-feature-extraction",
    ("image", "categories"): "image-classification",
}
"""The Hub's name of a task by what inputs and target hold; it has none for a number."""


def text(summary: Mapping[str, Any], task: Task, card: CardConfig) -> str:
    """The card: metadata with the evaluation's results, then words.

    Args:
        summary: Of the run, see `reports/run_summary.py`.
        task: Of the config.
        card: What its owners say.
    """
    whole = summary["metrics"]["all"]
    tag = _TAGS.get((tasks.reads(task), tasks.learned(task)))
    data = huggingface_hub.ModelCardData(
        language=list(card.language) or None,
        license=card.licence or None,
        library_name=_LIBRARY,
        pipeline_tag=tag,
        tags=["maru", task.kind],
        metrics=list(summary["shown"]),
        model_name=summary["name"],
        eval_results=[
            huggingface_hub.EvalResult(
                task_type=tag or "other",
                task_name=task.kind,
                dataset_type=summary["name"],
                dataset_name=card.data or summary["name"],
                dataset_split=summary["split"],
                metric_type=name,
                metric_name=name.replace("_", " "),
                metric_value=round(whole[name], 4),
            )
            for name in summary["shown"]
        ],
    )
    return f"---\n{data.to_yaml()}\n---\n\n{_words(summary, task, card)}"


def write(version: pathlib.Path, content: str) -> None:
    """Put a card beside a pushed model, at once or not at all."""
    incoming = version / f".{FILE}.incoming"
    incoming.write_text(content, "utf-8")
    incoming.replace(version / FILE)


def _words(summary: Mapping[str, Any], task: Task, card: CardConfig) -> str:
    baseline = summary["baseline"]
    rows = sum(sum(counts.values()) for counts in summary["rows"].values())
    inputs = ", ".join(f"`{column.served_as}`" for column in tasks.inputs(task))
    return "\n".join(
        [
            f"# {summary['name']}",
            "",
            card.purpose or (type(task).__doc__ or "").splitlines()[0],
            "",
            "## Evaluation",
            "",
            f"{wording.headline(summary)}, {baseline['constant_name']}: "
            f"{baseline['constant']:.3f}.",
            "",
            "## Data",
            "",
            f"{card.data + ' ' if card.data else ''}{rows:,} rows.",
            "",
            "## Limits",
            "",
            card.limits or "None are told. Figures are of data like that of the evaluation.",
            "",
            "## Use",
            "",
            f"A TensorFlow SavedModel for TensorFlow Serving; its inputs are {inputs}.",
            "",
        ]
    )
