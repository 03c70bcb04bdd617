"""Tables of texts and of others that could be written from them: translations and summaries."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from pipeline.guessing import column, inputs, text_models, vocabulary, wording
from pipeline.guessing.wording import Line, Remark

_READ, _WRITTEN = ("source", "src", "원문"), ("target", "tgt", "번역문")
"""Names of what is read and of what is written."""
_PIECES = 1.6
"""Pieces of words for a word or a sign, about; its end counts, too."""
_LONGEST = 256
_STEP = 8
_MANY_ROWS = 10_000


@dataclasses.dataclass(frozen=True)
class Written:
    """A column of texts and one of those that are written from them."""

    source: column.Column
    target: column.Column
    others: tuple[str, ...]
    """Columns that could be either."""
    is_summary: bool
    """Whether what is written is a short version of what is read."""

    @property
    def purpose(self) -> str:
        """What is learned, in a line."""
        return f"{wording.named(self.target.name)}, written from {wording.named(self.source.name)}."

    def task(self) -> Iterable[Line | Remark]:
        """The section `task`."""
        told = "texts and their summaries" if self.is_summary else "texts and their translations"
        yield Line("task.kind", "sequence_to_sequence", told)
        instead = "" if self.is_summary else f"`{self.target.name}`, to write the other way"
        yield Line("task.source", self.source.name, f"is read, {_words(self.source)}", instead)
        yield Line("task.target", self.target.name, f"is written, {_words(self.target)}")
        if self.is_summary:
            yield Line("task.headline", "rougel", "the usual figure of summaries", "bleu, chrf")
        elif not text_models.has_spaces(self.target.filled):
            yield Line("task.bleu_tokens", "char", "spaces do not divide its words")
        if self.others:
            shown = wording.listed([wording.named(name) for name in self.others])
            yield Remark("task", f"could be read or written instead: {shown}")

    def model(self, rows: int) -> Iterable[Line | Remark]:
        """The sections `model` and `training`.

        Args:
            rows: Of the train split, about.
        """
        is_large = rows >= _MANY_ROWS
        many = wording.counted(rows, "row")
        yield Line(
            "model.kind",
            "seq2seq_transformer",
            "reads and writes, from fresh weights",
            "pretrained_seq2seq with a preset of T5 or BART, where there is a network",
        )
        pieces = 8_000 if is_large else 2_000
        yield Line("model.vocabulary_size", pieces, f"pieces to learn from {many} of both texts")
        for field, one in (("sequence_length", self.source), ("target_length", self.target)):
            yield Line(f"model.{field}", *_length(one))
        if not is_large:
            yield Line("model.hidden_dim", 96, "few rows bear a small network")
            yield Line("model.num_layers", 2, "the same")
            yield Line("model.mlp_dim", 192, "the same")
        yield Line("model.recipe", {"dropout": 0.2}, "small data is learned by heart soon")
        yield Line("training.epochs", 16 if is_large else 30, "most of what can be learned of it")
        tokens = 3_000 if is_large else 1_000
        yield Line("training.batch_tokens", tokens, "texts of like lengths share a batch")
        yield Line("training.learning_rate", 2.0e-3, "its top, after which it falls")
        yield Line("training.label_smoothing", 0.1, "as in the paper")
        yield Line("training.schedule", {"kind": "inverse_root", "warmup": 0.1}, "the paper's")


def find(columns: Sequence[column.Column], are_aligned: bool) -> Written | None:
    """The columns of a table of texts and what could be written from them; None of others.

    Args:
        columns: Those that may be used, without any that holds labels or numbers to learn.
        are_aligned: Whether they are files whose lines belong together.
    """
    # A sentence without spaces may look like a name of its row.
    texts = {one.name: one for one in columns if inputs.is_text(one)}
    names = list(texts)
    found = _named(names) or vocabulary.are_languages(names) or (names if are_aligned else [])
    if len(found) > 1:
        first, second, *others = found
        return Written(texts[first], texts[second], tuple(others), False)
    texts = {name: one for name, one in texts.items() if not one.left_out}
    short = next((name for name in texts if vocabulary.is_summary(name)), None)
    long = max((one for one in texts.values() if one.name != short), key=_characters, default=None)
    return Written(long, texts[short], (), True) if short and long else None


def _named(names: Sequence[str]) -> list[str]:
    """What is read and what is written, by their names; none if it is not told."""
    both = [
        next((name for name in names if not known.isdisjoint(vocabulary.words(name))), None)
        for known in (set(_READ), set(_WRITTEN))
    ]
    return [name for name in both if name] if all(both) else []


def _characters(one: column.Column) -> float:
    return one.characters


def _words(one: column.Column) -> str:
    return f"{wording.counted(round(one.characters), 'character')} on average"


def _length(one: column.Column) -> tuple[int, str]:
    """Pieces of a text, and why so many."""
    has_spaces = text_models.has_spaces(one.filled)
    counted = list(one.tokens if has_spaces else one.lengths)
    size = wording.percentile(counted)
    length = int(size * (_PIECES if has_spaces else 1)) + 1
    length = min(_LONGEST, max(2 * _STEP, -(-length // _STEP) * _STEP))
    unit = "words and signs" if has_spaces else "characters"
    why = f"{wording.PERCENTILE} % of the texts have up to {size:,} {unit}"
    return length, why + ("; longer ones are cut" if length == _LONGEST else "")
