"""Answers of models in words and as JSON, by the outputs that they have."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from rich import cells

_SHOWN = 5

Answer = Mapping[str, np.ndarray]
"""Outputs by name, of one example and without the axis of the examples; text as text."""


@dataclasses.dataclass(frozen=True)
class Form:
    """How answers with some outputs are shown."""

    outputs: tuple[str, ...]
    """Names of the outputs that it takes."""
    words: Callable[[Answer], str]
    """For people."""
    fields: Callable[[Answer], dict[str, Any]]
    """For `--json`."""


def form_of(outputs: Mapping[str, Any]) -> Form | None:
    """The form of an answer; None for a model that is not ours.

    Args:
        outputs: By name.
    """
    return next((form for form in _FORMS if set(form.outputs) <= set(outputs)), None)


def _ranked(answer: Answer) -> list[tuple[float, str]]:
    scores = zip(answer["probabilities"].tolist(), answer["labels"].tolist(), strict=True)
    return sorted(scores, reverse=True)


def _ranked_words(answer: Answer) -> str:
    return _lines([(label, f"{p:7.1%}") for p, label in _ranked(answer)[:_SHOWN]])


def _ranked_fields(answer: Answer) -> dict[str, Any]:
    scores = _ranked(answer)
    return {"label": scores[0][1], "probabilities": {label: p for p, label in scores}}


def _chosen(answer: Answer) -> list[tuple[float, str, bool]]:
    """Probability, label and whether it is answered; the answered ones first."""
    rows = zip(
        answer["probabilities"].tolist(),
        answer["labels"].tolist(),
        answer["is_chosen"].tolist(),
        strict=True,
    )
    return sorted(rows, key=lambda row: (not row[2], -row[0]))


def _chosen_words(answer: Answer) -> str:
    rows = _chosen(answer)
    shown = [row for row in rows if row[2]] or rows[:1]
    lines = _lines([(label, f"{p:7.1%}") for p, label, _ in shown])
    return lines if shown[0][2] else f"no label; the most likely one:\n{lines}"


def _chosen_fields(answer: Answer) -> dict[str, Any]:
    rows = _chosen(answer)
    return {
        "labels": [label for _, label, is_chosen in rows if is_chosen],
        "probabilities": {label: p for p, label, _ in sorted(rows, key=lambda row: -row[0])},
    }


def _value_words(answer: Answer) -> str:
    return f"{float(answer['value']):g}"


def _value_fields(answer: Answer) -> dict[str, Any]:
    return {"value": float(answer["value"])}


def _lines(rows: list[tuple[str, str]]) -> str:
    # In columns of a terminal, of which Hangul and emoji take two.
    width = max(cells.cell_len(name) for name, _ in rows)
    return "\n".join(f"{name}{' ' * (width - cells.cell_len(name))}  {end}" for name, end in rows)


_FORMS = (
    Form(("labels", "probabilities", "is_chosen"), _chosen_words, _chosen_fields),
    Form(("labels", "probabilities"), _ranked_words, _ranked_fields),
    Form(("value",), _value_words, _value_fields),
)
"""The first whose outputs an answer has."""
