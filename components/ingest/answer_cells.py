"""A cell with the answers to a question as spans of its context, with what stands there.

Forms: lists of objects as in SQuAD's files, one object of lists as Hugging Face has them, a list of
texts, and a text alone. Places count code points.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.ingest import row, spans
from components.span_text import SEPARATOR, Span

_TEXTS = ("text", "answer", "answer_text")
_STARTS = ("answer_start", "start", "start_char")
_SHOWN = 40


def of_cell(cell: Any, context: str, name: str) -> list[Span]:
    """The answers of a cell, each once, in its order.

    Args:
        cell: Of the row; empty or an empty list where the context holds no answer.
        context: Of the row.
        name: Of the column.

    Raises:
        BadRow: If the cell is something else, or an answer does not stand where it is said to.
    """
    found = []
    for text, start in _given(cell, name):
        if not text.strip():
            continue  # Some tools write an empty answer for none.
        place = _place(text, start, context, name)
        # A field of a span may hold neither; what is between words does not count in answers.
        shown = " ".join(text.replace(SEPARATOR, " ").split())
        found.append((place, place + len(text), shown))
    return list(dict.fromkeys(found))


def _given(cell: Any, name: str) -> list[tuple[str, int | None]]:
    """Each answer's text and where it begins, if that is said."""
    if isinstance(cell, str):
        if not cell.strip():
            return []
        cell = _written(cell, name)
    if cell is None:
        return []
    if isinstance(cell, str):
        return [(cell, None)]
    if isinstance(cell, Mapping):
        texts, starts = _field(cell, _TEXTS), _field(cell, _STARTS)
        if isinstance(texts, Sequence) and not isinstance(texts, str):
            starts = starts if isinstance(starts, Sequence) else [None] * len(texts)
            if len(starts) != len(texts):
                raise row.BadRow(f"`{name}` has {len(texts)} texts, but {len(starts)} starts")
            return [_pair(*pair, cell, name) for pair in zip(texts, starts, strict=True)]
        return [_pair(texts, starts, cell, name)]
    if isinstance(cell, Sequence) and not isinstance(cell, bytes):
        return [pair for one in cell for pair in _given(one, name)]
    raise _unreadable(cell, name)


def _written(cell: str, name: str) -> Any:
    """What a text stands for: a list or an object as JSON or Python writes it, or itself."""
    if cell.lstrip().startswith("["):
        found = spans.list_in(cell, name)
        return cell if found is None else found
    if cell.lstrip().startswith("{"):
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    return cell


def _pair(text: Any, start: Any, cell: Any, name: str) -> tuple[str, int | None]:
    if isinstance(start, float) and start.is_integer():
        start = int(start)
    if not isinstance(text, str) or not (start is None or type(start) is int):
        raise _unreadable(cell, name)
    return text, start


def _place(text: str, start: int | None, context: str, name: str) -> int:
    """Where an answer begins; of several places without a hint, the first."""
    if start is not None and start >= 0 and context.startswith(text, start):
        return start
    first = context.find(text)
    if start is None and first >= 0:
        return first
    shown = repr(text[:_SHOWN] + "…" * (len(text) > _SHOWN))
    if start is None or first < 0:
        raise row.BadRow(
            f"`{name}` is {shown}, which the context does not hold; answers are parts of it, sign "
            "for sign"
        )
    there = context[max(start, 0) : max(start, 0) + min(len(text), _SHOWN)]
    raise row.BadRow(
        f"`{name}` has {shown} at {start}, but there the context has {there!r}; it stands at "
        f"{first}, counted in code points"
    )


def _field(cell: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((cell[name] for name in names if name in cell), None)


def _unreadable(cell: Any, name: str) -> row.BadRow:
    return row.BadRow(
        f"`{name}` holds {row.excerpt(str(cell))}; answers are a text, or lists of `text` and "
        "`answer_start`"
    )
