"""Answers of models in words and as JSON, by the outputs that they have."""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from rich import cells

_SHOWN = 5

Answer = Mapping[str, Any]
"""What counts of one example, by output: arrays, numbers and text."""
_Kind = tuple[str, int]
"""NumPy's kind of an output and the number of its axes."""


@dataclasses.dataclass(frozen=True)
class Form:
    """How answers with some outputs are shown."""

    outputs: Mapping[str, _Kind]
    """The outputs that it takes, all of the same size."""
    words: Callable[[Answer], str]
    """For people."""
    fields: Callable[[Answer], dict[str, Any]]
    """For `--json`."""
    may_be_empty: bool = False
    """Whether an answer may have no values."""


def form_of(answer: Answer) -> Form:
    """The form that an answer has; any other answer is shown output by output.

    Args:
        answer: By output.
    """
    return next((form for form in _FORMS if _fits(form, answer)), _OUTPUT_BY_OUTPUT)


def _fits(form: Form, answer: Answer) -> bool:
    found = {name: np.asarray(answer[name]) for name in form.outputs if name in answer}
    return (
        {name: (one.dtype.kind, one.ndim) for name, one in found.items()} == form.outputs
        and len({one.shape for one in found.values()}) == 1
        and (form.may_be_empty or all(one.size for one in found.values()))
    )


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


def _output_words(answer: Answer) -> str:
    return _lines([(name, _short(value)) for name, value in _output_fields(answer).items()])


def _output_fields(answer: Answer) -> dict[str, Any]:
    return {name: _plain(value) for name, value in answer.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(rows: list[tuple[str, str]]) -> str:
    # In columns of a terminal, of which Hangul and emoji take two.
    width = max(cells.cell_len(name) for name, _ in rows)
    return "\n".join(f"{name}{' ' * (width - cells.cell_len(name))}  {end}" for name, end in rows)


def _parts(answer: Answer, *fields: str) -> list[dict[str, Any]]:
    """What is told of each part of a text."""
    rows = zip(*(answer[name].tolist() for name in fields), strict=True)
    return [dict(zip(fields, row, strict=True)) for row in rows]


def _answers(answer: Answer) -> list[dict[str, Any]]:
    return _parts(answer, "answer", "score", "start", "end")


def _answers_words(answer: Answer) -> str:
    rows = [
        (one["answer"] or "(no answer)", f"{one['score']:6.1%}  {one['start']}-{one['end']}")
        for one in _answers(answer)
    ]
    return _lines(rows) if rows else "no answer: the context has no words"


def _answers_fields(answer: Answer) -> dict[str, Any]:
    return {"answers": _answers(answer)}


def _gaps(answer: Answer) -> list[list[dict[str, Any]]]:
    """What fits into each gap of a text, the likeliest first."""
    fields = ("score", "token", "token_str", "sequence")
    return [
        _parts(dict(zip(fields, gap, strict=True)), *fields)
        for gap in zip(*(answer[name] for name in fields), strict=True)
    ]


def _gaps_words(answer: Answer) -> str:
    found = _gaps(answer)
    if not found:
        return "no gap: write [MASK] where a word is to be told"
    return "\n\n".join(
        _lines([(one["token_str"], f"{one['score']:6.1%}  {one['sequence']}") for one in gap])
        for gap in found
    )


def _gaps_fields(answer: Answer) -> dict[str, Any]:
    return {"masks": _gaps(answer)}


def _pieces(answer: Answer) -> list[dict[str, Any]]:
    """Probabilities of each piece of a text after those before it, and before those after it."""
    shares = {side: np.exp(answer[side]) for side in ("forward", "backward")}
    return _parts({"piece": answer["piece"], **shares}, "piece", "forward", "backward")


def _pieces_words(answer: Answer) -> str:
    rows = [
        (one["piece"], f"{one['forward']:7.2%}  {one['backward']:7.2%}") for one in _pieces(answer)
    ]
    if not rows:
        return "no piece of a word that was seen in training"
    head = f"perplexity {_perplexity(answer):.1f}; after what is before, before what follows:"
    return f"{head}\n{_lines(rows)}"


def _perplexity(answer: Answer) -> float:
    total, told = (float(np.ravel(answer[name])[0]) for name in ("log_probability", "gaps"))
    return math.exp(-total / told)


def _pieces_fields(answer: Answer) -> dict[str, Any]:
    return {
        "perplexity": _perplexity(answer) if _pieces(answer) else None,
        "pieces": _pieces(answer),
    }


def _entities(answer: Answer) -> list[dict[str, Any]]:
    return _parts(answer, "entity_group", "score", "word", "start", "end")


def _entities_words(answer: Answer) -> str:
    found = _entities(answer)
    if not found:
        return "no entities"
    rows = [
        (one["entity_group"], f"{one['score']:6.1%}  {one['start']}-{one['end']}  {one['word']}")
        for one in found
    ]
    return _lines(rows)


def _entities_fields(answer: Answer) -> dict[str, Any]:
    return {"entities": _entities(answer)}


def _embedding_words(answer: Answer) -> str:
    vector = answer["embedding"]
    shown = ", ".join(f"{number:.3f}" for number in vector[:_SHOWN].tolist())
    more = ", ..." if len(vector) > _SHOWN else ""
    return f"{len(vector)} numbers, length {np.linalg.norm(vector):.3f}: {shown}{more}"


def _reconstruction_words(answer: Answer) -> str:
    height, width, _ = np.shape(answer["reconstruction"])
    error = float(answer["error"])
    return f"{height} x {width} pixels, squared error at hidden patches {error:.3f}"


def _texts(answer: Answer) -> list[dict[str, Any]]:
    rows = zip(answer["texts"].tolist(), answer["scores"].tolist(), strict=True)
    return [{"text": text, "score": score} for text, score in rows]


def _texts_words(answer: Answer) -> str:
    found = _texts(answer)
    if len(found) == 1:
        return str(found[0]["text"])
    return "\n".join(f"{one['score']:8.3f}  {one['text']}" for one in found)


def _texts_fields(answer: Answer) -> dict[str, Any]:
    return {"text": _texts(answer)[0]["text"], "texts": _texts(answer)}


_FORMS = (
    Form({"texts": ("O", 1), "scores": ("f", 1)}, _texts_words, _texts_fields),
    Form(
        {
            "entity_group": ("O", 1),
            "score": ("f", 1),
            "word": ("O", 1),
            "start": ("i", 1),
            "end": ("i", 1),
        },
        _entities_words,
        _entities_fields,
        may_be_empty=True,
    ),
    Form(
        {"piece": ("O", 1), "forward": ("f", 1), "backward": ("f", 1)},
        _pieces_words,
        _pieces_fields,
        may_be_empty=True,
    ),
    Form(
        {"answer": ("O", 1), "score": ("f", 1), "start": ("i", 1), "end": ("i", 1)},
        _answers_words,
        _answers_fields,
        may_be_empty=True,
    ),
    Form(
        {
            "score": ("f", 2),
            "token": ("i", 2),
            "token_str": ("O", 2),
            "sequence": ("O", 2),
        },
        _gaps_words,
        _gaps_fields,
        may_be_empty=True,
    ),
    Form(
        {"labels": ("O", 1), "probabilities": ("f", 1), "is_chosen": ("b", 1)},
        _chosen_words,
        _chosen_fields,
    ),
    Form({"labels": ("O", 1), "probabilities": ("f", 1)}, _ranked_words, _ranked_fields),
    Form({"value": ("f", 0)}, _value_words, _value_fields),
    Form({"embedding": ("f", 1)}, _embedding_words, _output_fields),
    Form({"reconstruction": ("f", 3)}, _reconstruction_words, _output_fields),
)
"""The first that fits is taken."""
_OUTPUT_BY_OUTPUT = Form({}, _output_words, _output_fields)
