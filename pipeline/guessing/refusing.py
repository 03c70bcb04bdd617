"""Tables that Maru has no task for, told by their columns: why, and what would make them usable."""

from __future__ import annotations

from collections.abc import Sequence

from components.ingest import errors
from pipeline.guessing import column, inputs, targets, unusable, vocabulary, wording

_CONTEXTS = ("context", "passage", "paragraph", "document", "지문", "본문")
_QUESTIONS = ("question", "질문")
_ANSWERS = ("answer", "answers", "답", "답변", "정답")
_SHOWN = 8


def check(columns: Sequence[column.Column], name: str) -> None:
    """Refuse answers that stand nowhere, and translations as objects.

    Args:
        columns: All of the table.
        name: Of the file.

    Raises:
        DataError: Naming the form and a way out.
    """
    parts = [_first(columns, known) for known in (_QUESTIONS, _CONTEXTS, _ANSWERS)]
    _, context, answer = parts
    is_free = answer and (answer.is_nested or len(answer.counts) > len(answer.cells) / 4)
    if all(parts) and answer and context and is_free:
        raise unusable.answers_elsewhere(name, answer.name, context.name)
    for one in columns:
        first = next((cell for cell in one.cells if isinstance(cell, dict)), None)
        if first is not None and len(vocabulary.are_languages(list(first))) > 1:
            raise unusable.translations(name, list(first)[:2])


def check_target(
    candidates: Sequence[targets.Target],
    given: inputs.Inputs | None,
    columns: Sequence[column.Column],
    name: str,
    repeated: Sequence[str],
) -> None:
    """Refuse a table without anything to learn.

    Args:
        candidates: Columns that could be learned.
        given: The inputs, if images or a pair were found.
        columns: All but those that name splits.
        name: Of the file.
        repeated: Names that several columns have.

    Raises:
        DataError: Naming the columns, why none of them is learned, and what to add.
    """
    if given is not None and given.folder is not None and given.others and not _told(candidates):
        (image,) = given.columns
        raise unusable.captions(name, image.name, given.others[0].name)
    if candidates:
        return
    told = "; ".join(
        f"{wording.named(one.name)}: {targets.why_none(one)}" for one in columns[:_SHOWN]
    )
    more = f"; and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    raise errors.DataError(
        f"{name} has no column that could be learned. Expected a column with a few labels that "
        f"occur again and again, or with numbers. Received: {told}{more}. Add a column with the "
        "label or the number of each row, or, if one of these is it, name it `label`."
        f"{_renamed(repeated)}"
    )


def no_input(
    columns: Sequence[column.Column], target: targets.Target, name: str, repeated: Sequence[str]
) -> errors.DataError:
    """The error for a table of labels or numbers alone."""
    others = [one for one in columns if one is not target.column]
    told = "; ".join(
        f"{wording.named(one.name)}: {targets.why_none(one)}" for one in others[:_SHOWN]
    )
    received = f"Beside it: {told}." if others else "It is the only column."
    return errors.DataError(
        f"{name} has no texts and no images to learn {wording.named(target.column.name)} from. "
        f"{received} Maru learns from texts and images; numbers alone are no input."
        f"{_renamed(repeated)}"
    )


def _renamed(repeated: Sequence[str]) -> str:
    """What to do about columns that cannot be told apart."""
    if not repeated:
        return ""
    shown = wording.listed([wording.named(one) for one in repeated])
    return f" Several columns are named {shown}, so none of them is used: rename them."


def _told(candidates: Sequence[targets.Target]) -> bool:
    """Whether a name says that the best guess is what is learned."""
    return bool(candidates) and vocabulary.target_rank(candidates[0].column.name) is not None


def _first(columns: Sequence[column.Column], known: Sequence[str]) -> column.Column | None:
    return next(
        (one for one in columns if vocabulary.words(one.name) in [[k] for k in known]), None
    )
