"""Tables of texts whose parts are marked: words with tags, or texts with spans."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from components.ingest import row, spans
from components.span_text import Span
from pipeline.guessing import column, text_models, unusable, vocabulary, wording
from pipeline.guessing.wording import Line, Remark

_NEARLY_ALL = 0.95
_SEEN = 200
"""Cells of a column that tell whether it holds spans."""
_HANGUL = 0.3
_LONGEST = 256
_STEP = 16
_INSTEAD = {
    "given": "",
    "words": "characters, if marks end within words",
    "characters": "words, if marks never end within one",
}
"""What else the units could be."""


@dataclasses.dataclass(frozen=True)
class Tagged:
    """A column of texts and the one that marks their parts."""

    texts: column.Column
    marks: column.Column
    units: str
    """`task.units`."""
    why: str
    """What speaks for the units."""
    kinds: Counter[str]
    """Types of what is marked, in the sample."""
    words: tuple[int, ...]
    """Units of each text, about."""

    @property
    def purpose(self) -> str:
        """What is learned, in a line."""
        return f"What is marked in {wording.named(self.texts.name)}."

    def task(self) -> Iterable[Line | Remark]:
        """The section `task`."""
        shown = wording.listed([f"{name} {count:,}" for name, count in self.kinds.most_common()])
        yield Line("task.kind", "token_classification", "texts and what is marked in them")
        yield Line("task.text", self.texts.name, "the texts, or their words")
        yield Line("task.tags", self.marks.name, f"marks in the first rows: {shown or 'none'}")
        yield Line("task.units", self.units, self.why, _INSTEAD[self.units])

    def model(self, rows: int) -> Iterable[Line | Remark]:
        """The sections `model` and `training`.

        Args:
            rows: Of the train split, about.
        """
        longest = wording.percentile(list(self.words))
        length = min(_LONGEST, -(-int(longest * 1.4 + 8) // _STEP) * _STEP)
        why = f"{longest} units or fewer in {wording.PERCENTILE} of 100 texts, some of two pieces"
        if self.units != "characters" and text_models.is_english(self.contents(), rows):
            instead = "recurrent, which trains in minutes"
            yield from text_models.minilm_of_tokens(rows, instead, (length, why), 3, 32)
            return
        yield Line("model.kind", "recurrent", "reads each text in both directions, from scratch")
        yield Line("model.bidirectional", True, "what follows a word tells as much")
        yield Line("model.tokenizer", "wordpiece", "pieces of words, so that no word is unknown")
        yield Line("model.lowercase", False, "capitals tell names")
        yield Line("model.vocabulary_size", 8_000, "pieces to learn from the train split")
        yield Line("model.sequence_length", length, why)
        yield Line("training.epochs", 8, "the best one is kept")
        yield Line("training.batch_size", 32, "more is faster on a GPU")
        yield Line("training.learning_rate", 2.0e-3, "for a small network")

    def contents(self) -> list[str]:
        """The texts of the sample."""
        cells = self.texts.cells
        return [cell if isinstance(cell, str) else " ".join(map(str, cell)) for cell in cells]


def find(columns: Sequence[column.Column], name: str) -> Tagged | None:
    """The columns of a table that marks parts of texts; None for other tables.

    Args:
        columns: All of the table.
        name: Of the file.

    Raises:
        DataError: If the tags are numbers whose names nobody knows.
    """
    by_name = {one.name: one for one in columns}
    listed = vocabulary.word_lists([one.name for one in columns if one.lists])
    if listed:
        words, tags = (by_name[one] for one in listed)
        if not all(isinstance(tag, str) for cell in tags.lists for tag in cell):
            raise unusable.numbered_tags(name, *listed)
        return _of_words(words, tags)
    marks = [one for one in columns if _holds_spans(one)]
    others = [one for one in columns if not one.is_nested and not one.is_images]
    texts = [one for one in others if one not in marks]
    longest = max(texts, key=lambda one: one.characters, default=None)
    return _of_spans(longest, marks[0]) if marks and longest is not None else None


def _of_words(words: column.Column, tags: column.Column) -> Tagged:
    every = [str(word) for cell in words.lists for word in cell]
    is_signs = sum(len(word) == 1 for word in every) >= _NEARLY_ALL * len(every)
    joiner = "" if is_signs else " "
    return Tagged(
        words,
        tags,
        "characters" if is_signs else "given",
        "each tag is of a single character" if is_signs else "the words are parted already",
        _kinds(words, tags, joiner),
        tuple(map(len, words.lists)),
    )


def _of_spans(texts: column.Column, marks: column.Column) -> Tagged:
    is_glued = text_models.glued_share(texts.filled[:_SEEN]) >= _HANGUL
    return Tagged(
        texts,
        marks,
        "characters" if is_glued else "words",
        "Korean: particles follow names without a space" if is_glued else "spaces part words",
        _kinds(texts, marks, " "),
        tuple(texts.lengths if is_glued else texts.tokens),
    )


def _kinds(texts: column.Column, marks: column.Column, joiner: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for text, cell in list(zip(texts.cells, marks.cells, strict=True))[:_SEEN]:
        found.update(kind for _, _, kind in _spans(text, cell, joiner) or ())
    return found


def _spans(text: Any, cell: Any, joiner: str) -> list[Span] | None:
    words = [str(word) for word in text] if isinstance(text, list | tuple) else None
    content = str(text) if words is None else joiner.join(words)
    try:
        return spans.of_cell(cell, words, content, joiner, "cell")
    except row.BadRow:
        return None


def _holds_spans(one: column.Column) -> bool:
    """Whether nearly all cells that hold something hold spans, lists or JSON of them."""
    cells = [cell for cell in one.cells[:_SEEN] if isinstance(cell, list | tuple | str) and cell]
    found = [_list(cell) for cell in cells]
    hold = [
        all(isinstance(part, dict | list | tuple) for part in parts) for parts in found if parts
    ]
    return any(hold) and sum(hold) + found.count([]) >= _NEARLY_ALL * len(cells)


def _list(cell: Any) -> list[Any] | None:
    """The list that a cell is; None for other texts."""
    try:
        return spans.list_in(cell, "cell") if isinstance(cell, str) else list(cell)
    except row.BadRow:
        return None
