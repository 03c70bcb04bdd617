"""Words replaced by what a masked language model expects in their place.

Source: Kobayashi (2018), https://arxiv.org/abs/1805.06201, section 2, without the condition on
the label; with BERT, Wu et al. (2019), https://arxiv.org/abs/1812.06705. Differences: all words
of a text that are to change are masked at once; a word of several pieces gives way to one that
is a single piece, so the number of words stays.
"""

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from components.augment.text import draws, words
from components.augment.text.config import ContextualConfig
from components.augment.text.masked import MaskedModel
from components.augment.text.rows import Operation, Rows
from components.augment.text.synonyms import fold, restored

_NUMBERS = 2


class _Job(NamedTuple):
    """One new text."""

    owner: int
    places: list[int]
    drawn: list[float]


def prepare(config: ContextualConfig, prefix: str, model: MaskedModel) -> list[Operation]:
    """The one operation.

    Args:
        config: What the YAML says.
        prefix: Of its name.
        model: Expects words.
    """
    name = f"{prefix}{config.kind}"
    return [Operation(name, config.n_aug, functools.partial(_make, name, config, model))]


def _make(
    name: str, config: ContextualConfig, model: MaskedModel, rows: Rows, copies: Sequence[int]
) -> Iterator[tuple[int, str]]:
    texts = rows.split(words.by_spaces)
    jobs = list(_jobs(name, config.alpha, rows, texts, copies))
    guessed = model.guess([_cut(texts[job.owner], job.places) for job in jobs])
    for job, guesses in zip(jobs, guessed, strict=True):
        text = texts[job.owner]
        tokens = text.tokens.copy()
        for place, guess, number in zip(job.places, guesses, job.drawn, strict=True):
            before, word, after = words.affixes(tokens[place])
            other = _draw(word, guess, config.candidates, number)
            if other is not None:
                tokens[place] = f"{before}{restored(other, word)}{after}"
        yield job.owner, words.join(text, tokens)


def _jobs(
    name: str, alpha: float, rows: Rows, texts: Sequence[words.Words], copies: Sequence[int]
) -> Iterator[_Job]:
    """Which words of each new text change."""
    lengths = np.array([len(text.places) for text in texts], np.int64)
    amounts = np.minimum(np.maximum(1, (alpha * lengths).astype(np.int64)), lengths)
    owners, states = rows.new_texts(copies, name)
    drawn = iter(draws.uniform(states, _NUMBERS * amounts[owners]).tolist())
    for owner in owners.tolist():
        left = list(texts[owner].places)
        chosen, numbers = (
            list(itertools.islice(drawn, int(amounts[owner]))) for _ in range(_NUMBERS)
        )
        places = [left.pop(int(number * len(left))) for number in chosen]
        if places:
            yield _Job(owner, sorted(places), numbers)


def _cut(text: words.Words, places: Sequence[int]) -> list[str]:
    """A text cut at the words that are to be guessed, without them."""
    pieces: list[str] = []
    current: list[str] = []
    asked = set(places)
    for place, token in enumerate(text.tokens):
        if place in asked:
            before, _, after = words.affixes(token)
            pieces.append(text.joint.join([*current, before]))
            current = [after]
        else:
            current.append(token)
    return [*pieces, text.joint.join(current)]


def _draw(word: str, guess: Sequence[tuple[str, float]], most: int, number: float) -> str | None:
    """One of the likeliest words but the same one, by their probabilities."""
    others = [(other, weight) for other, weight in guess if fold(other) != fold(word)][:most]
    if not others:
        return None
    reached = np.cumsum([weight for _, weight in others])
    place = int(np.searchsorted(reached, number * reached[-1], side="right"))
    return others[min(place, len(others) - 1)][0]
