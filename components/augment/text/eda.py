"""Easy data augmentation of texts.

Source: Wei and Zou (2019), https://arxiv.org/abs/1901.11196, section 2. Differences: what is not
touched keeps its case and punctuation; a replaced word is replaced in one place, not everywhere;
deletion deletes one word at least, because an unchanged copy teaches nothing; a word that ends a
Korean sentence is not swapped, nor is what follows it there, and nothing is inserted behind it.
"""

import dataclasses
import functools
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from components.augment.text import draws, words
from components.augment.text.config import EDA_OPERATIONS, EdaConfig
from components.augment.text.rows import Operation, Rows
from components.augment.text.synonyms import Synonyms

_TABLE = ((500, 0.05, 16), (2000, 0.05, 8))
_BEYOND = (0.1, 4)
_END = sys.maxsize
"""Place behind the last word of a text, before the punctuation that closes it."""
_SPACE_OR_CLOSING = " \t\r\n.,!?\u2026\u3002~"

Choices = list[tuple[int, tuple[str, ...]]]
"""Index and synonyms of each token that has synonyms."""
Made = Iterator[tuple[int, list[str]]]
"""Row and tokens of each new text."""


@dataclasses.dataclass(frozen=True)
class _Batch:
    """New texts that are to be made."""

    texts: Sequence[words.Words]
    """The rows, taken apart."""
    owners: np.ndarray
    """Index of the row of each new text."""
    states: np.ndarray
    """Where the random numbers of each new text begin."""
    alpha: float
    """Share of words that change."""
    synonyms: Synonyms
    """Of any token."""

    def having(self, counts: Sequence[int], least: int) -> "tuple[_Batch, np.ndarray]":
        """The new texts whose rows have enough to choose from, and how much that is."""
        sizes = np.array(counts, np.int64)[self.owners]
        kept = sizes >= least
        batch = dataclasses.replace(self, owners=self.owners[kept], states=self.states[kept])
        return batch, sizes[kept]

    def amounts(self) -> np.ndarray:
        """How many words of each new text change."""
        lengths = np.array([len(text.places) for text in self.texts], np.int64)
        return np.maximum(1, (self.alpha * lengths).astype(np.int64))[self.owners]

    def choices(self) -> list[Choices]:
        """Tokens of each row that have synonyms."""
        known = self.synonyms.find(set().union(*[text.tokens for text in self.texts]))
        return [
            [(index, found) for index, token in enumerate(text.tokens) if (found := known[token])]
            for text in self.texts
        ]


def recommended(num_train: int) -> tuple[float, int]:
    """The paper's table 3.

    Args:
        num_train: Rows of the training split.

    Returns:
        `alpha`, and new texts per row of all four operations together.
    """
    for most, alpha, n_aug in _TABLE:
        if num_train <= most:
            return alpha, n_aug
    return _BEYOND


def prepare(
    config: EdaConfig, prefix: str, num_train: int, split: words.Split, synonyms: Synonyms
) -> list[Operation]:
    """The operations that are on, in the order of the paper.

    Args:
        config: What the YAML says.
        prefix: Of their names.
        num_train: Rows of the whole training split.
        split: What takes texts apart.
        synonyms: Of any word.
    """
    alpha, n_aug = recommended(num_train)
    prepared = []
    for name in EDA_OPERATIONS:
        operation = getattr(config, name)
        share = alpha if operation.alpha is None else operation.alpha
        copies = n_aug // len(EDA_OPERATIONS) if operation.n_aug is None else operation.n_aug
        if copies:
            full = f"{prefix}eda.{name}"
            make = functools.partial(_make, full, _CHANGES[name], share, split, synonyms)
            prepared.append(Operation(full, copies, make))
    return prepared


def _make(
    name: str,
    change: Callable[[_Batch], Made],
    alpha: float,
    split: words.Split,
    synonyms: Synonyms,
    rows: Rows,
    copies: Sequence[int],
) -> Iterator[tuple[int, str]]:
    """New texts of each row, as far as there are any."""
    texts = rows.split(split)
    batch = _Batch(texts, *rows.new_texts(copies, name), alpha, synonyms)
    for owner, tokens in change(batch):
        yield owner, words.join(texts[owner], tokens)


def _replace(batch: _Batch) -> Made:
    choices = batch.choices()
    batch, sizes = batch.having([len(found) for found in choices], 1)
    amounts = np.minimum(batch.amounts(), sizes)
    drawn = iter(draws.uniform(batch.states, 2 * amounts).tolist())
    for owner, amount in zip(batch.owners.tolist(), amounts.tolist(), strict=True):
        tokens, left = batch.texts[owner].tokens.copy(), choices[owner].copy()
        for _ in range(amount):
            index, found = left.pop(int(next(drawn) * len(left)))
            tokens[index] = found[int(next(drawn) * len(found))]
        yield owner, tokens


def _insert(batch: _Batch) -> Made:
    choices = batch.choices()
    batch, _ = batch.having([len(found) for found in choices], 1)
    amounts = batch.amounts()
    drawn = iter(draws.uniform(batch.states, 3 * amounts).tolist())
    for owner, amount in zip(batch.owners.tolist(), amounts.tolist(), strict=True):
        text, known = batch.texts[owner], choices[owner]
        entering = []
        for _ in range(amount):
            _, found = known[int(next(drawn) * len(known))]
            entering.append(words.affixes(found[int(next(drawn) * len(found))]).word)
        # Before any word or behind the last; the authors' code never inserts there.
        places = [*text.starts, *([_END] if text.is_open else [])]
        drawn_places = [places[int(next(drawn) * len(places))] for _ in range(amount)]
        yield owner, _inserted(text, sorted(zip(drawn_places, entering, strict=True), reverse=True))


def _inserted(text: words.Words, entering: Sequence[tuple[int, str]]) -> list[str]:
    """Tokens with more words, given with their places from the end to the start."""
    tokens = text.tokens.copy()
    for place, word in entering:
        if place == _END:
            last = text.places[-1]
            token = words.affixes(tokens[last])
            tokens[last] = f"{token.before}{token.word} {word}{token.after}"
        else:
            # Among pieces spaces are tokens, so a word brings its own.
            tokens.insert(place, word if text.joint else f"{word} ")
    return tokens


def _swap(batch: _Batch) -> Made:
    batch, sizes = batch.having([len(text.movable) for text in batch.texts], 2)
    amounts = batch.amounts()
    drawn = draws.uniform(batch.states, 2 * amounts)
    sizes = np.repeat(sizes, amounts)
    first = (drawn[::2] * sizes).astype(np.int64)
    second = (drawn[1::2] * (sizes - 1)).astype(np.int64)
    second += second >= first
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    for owner, amount in zip(batch.owners.tolist(), amounts.tolist(), strict=True):
        text = batch.texts[owner]
        tokens = text.tokens.copy()
        for one, other in itertools.islice(pairs, amount):
            _exchange(tokens, text.movable[one], text.movable[other])
        yield owner, tokens


def _exchange(tokens: list[str], one: int, other: int) -> None:
    """Exchange two words; their punctuation stays."""
    first, second = tokens[one], tokens[other]
    if not (first.isalnum() and second.isalnum()):
        a, b = words.affixes(first), words.affixes(second)
        first, second = f"{b.before}{a.word}{b.after}", f"{a.before}{b.word}{a.after}"
    tokens[one], tokens[other] = second, first


def _delete(batch: _Batch) -> Made:
    batch, sizes = batch.having([len(text.places) for text in batch.texts], 2)
    drawn = draws.uniform(batch.states, sizes + 1)
    # The first number of each text chooses the word that goes or stays whatever the others say.
    starts = np.cumsum(sizes + 1) - sizes - 1
    chosen = (drawn[starts] * sizes).astype(np.int64).tolist()
    drawn[starts] = 1.0
    hit = np.flatnonzero(drawn < batch.alpha)
    owner_of_hit = np.searchsorted(starts, hit, side="right") - 1
    hits = iter((hit - starts[owner_of_hit] - 1).tolist())
    counts = np.bincount(owner_of_hit, minlength=len(starts))
    rows = zip(batch.owners.tolist(), counts.tolist(), chosen, sizes.tolist(), strict=True)
    for owner, count, extra, size in rows:
        text = batch.texts[owner]
        gone = list(itertools.islice(hits, count)) or [extra]
        if len(gone) == size:
            del gone[extra]
        tokens = text.tokens.copy()
        for number in reversed(gone):
            _remove(tokens, text.places[number], text.joint)
        yield owner, tokens


def _remove(tokens: list[str], place: int, joint: str) -> None:
    """Remove a word; punctuation goes to its neighbours unless it surrounds the word."""
    token = tokens.pop(place)
    if not joint:
        _close_gap(tokens, place)
    if token.isalnum():
        return
    before, _, after = words.affixes(token)
    if after and not before and place:
        last = tokens[place - 1]
        if last[-1:].isalnum():
            tokens[place - 1] = last + after
    elif before and not after and place < len(tokens):
        tokens[place] = before + tokens[place]


def _close_gap(tokens: list[str], place: int) -> None:
    """Remove a space where the last piece between two spaces was removed, or at a text's end."""
    before = tokens[place - 1] if place else ""
    after = tokens[place] if place < len(tokens) else ""
    if before[-1:].strip() or after[:1].strip(_SPACE_OR_CLOSING):
        return
    if after.startswith(" "):
        tokens[place] = after[1:]
    elif before.endswith(" "):
        tokens[place - 1] = before[:-1]


_CHANGES: Mapping[str, Callable[[_Batch], Made]] = {
    "synonym_replacement": _replace,
    "random_insertion": _insert,
    "random_swap": _swap,
    "random_deletion": _delete,
}
