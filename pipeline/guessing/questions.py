"""Tables of questions whose answers stand in a text beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from components.ingest import answer_cells, row
from pipeline.guessing import column, text_models, wording
from pipeline.guessing.wording import Line, Remark

_NEARLY_ALL = 0.95
_SEEN = 200
"""Rows that tell whether answers stand in a text."""
_ASKS = ("question", "query", "questions", "질문", "문제")
_TITLES = ("title", "article", "제목")
_HANGUL = 0.3
_LONGEST = 256
"""Tokens; longer contexts are read in windows, and more takes a laptop hours."""
_STEP = 32


@dataclasses.dataclass(frozen=True)
class Asked:
    """Columns of questions, of contexts and of answers in them."""

    question: column.Column
    context: column.Column
    answers: column.Column
    group: str
    """Column whose equal values belong together."""
    missing: int
    """Rows of the sample without an answer."""

    @property
    def purpose(self) -> str:
        """What is learned, in a line."""
        question, context = wording.named(self.question.name), wording.named(self.context.name)
        return f"Where {context} answers {question}."

    def task(self) -> Iterable[Line | Remark]:
        """The section `task`."""
        yield Line("task.kind", "question_answering", "answers stand in the text beside them")
        yield Line("task.question", self.question.name, "what is asked")
        why = f"holds the answers, {self.context.characters:.0f} characters"
        yield Line("task.context", self.context.name, why)
        yield Line("task.answers", self.answers.name, "parts of the context")
        if self._is_korean:
            yield Line("task.units", "characters", "Korean: particles follow words without a space")
        if self.missing:
            why = f"{wording.counted(self.missing, 'row')} of the first have no answer"
            yield Line("task.unanswerable", True, why)

    def split(self) -> Line:
        """What keeps rows together."""
        why = "questions about one text stay together, or evaluation would be about known texts"
        return Line("data.split.group", self.group, why)

    def model(self, rows: int) -> Iterable[Line | Remark]:
        """The sections `model` and `training`.

        Args:
            rows: Of the train split, about.
        """
        tokens = wording.percentile(list(self.context.tokens)) * (3 if self._is_korean else 1.4)
        length = max(_STEP * 2, min(_LONGEST, -(-int(tokens + 24) // _STEP) * _STEP))
        why = "the question and most contexts; longer ones are read in windows"
        if not self._is_korean and text_models.is_english(self.context.filled, rows):
            instead = "transformer, which begins from scratch"
            yield from text_models.minilm_of_tokens(rows, instead, (length, why), 2, 16)
            return
        yield Line("model.kind", "transformer", "compares the question with the context")
        yield Line("model.tokenizer", "wordpiece", "pieces of words, so that no word is unknown")
        yield Line("model.vocabulary_size", 8_000, "pieces to learn from the train split")
        yield Line("model.sequence_length", length, why)
        yield Line("training.epochs", 10, "the best one is kept")
        yield Line("training.batch_size", 32, "more is faster on a GPU")
        yield Line("training.learning_rate", 1.0e-3, "for a small network")

    @property
    def _is_korean(self) -> bool:
        return text_models.glued_share(self.context.filled[:_SEEN]) >= _HANGUL


def find(columns: Sequence[column.Column]) -> Asked | None:
    """The columns of a table of questions with answers in contexts; None for other tables.

    Args:
        columns: All of the table.
    """
    question = next((one for one in columns if one.name.casefold() in _ASKS), None)
    if question is None:
        return None
    others = [one for one in columns if one is not question and not one.is_images]
    texts = [one for one in others if not one.is_nested]
    context = max(texts, key=lambda one: one.characters, default=None)
    if context is None:
        return None
    for answers in others:
        if answers is not context and (found := _found(context, answers)):
            title = next((one.name for one in texts if one.name.casefold() in _TITLES), None)
            missing = sum(not one for one in found)
            return Asked(question, context, answers, title or context.name, missing)
    return None


def _found(context: column.Column, answers: column.Column) -> list[list[Any]] | None:
    """The answers of the first rows, if nearly all stand in their contexts and some do."""
    rows = list(zip(context.cells, answers.cells, strict=True))[:_SEEN]
    found = [_spans(text, cell, answers.name) for text, cell in rows]
    fitting = [one for one in found if one is not None]
    is_told = any(fitting) and len(fitting) >= _NEARLY_ALL * len(rows)
    return fitting if is_told else None


def _spans(text: Any, cell: Any, name: str) -> list[Any] | None:
    if not isinstance(text, str):
        return None
    try:
        return answer_cells.of_cell(cell, text, name)
    except row.BadRow:
        return None
