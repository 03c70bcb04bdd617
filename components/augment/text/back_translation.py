"""Paraphrases by way of another language.

A text is translated sentence by sentence, there and back; what stands between sentences stays.
"""

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

import numpy as np

from components.augment.text import draws
from components.augment.text.config import BackTranslationConfig
from components.augment.text.rows import Operation, Rows
from components.augment.text.translations import CachedTranslator, Sentence

# After the mark that ends a sentence, and quotes that close with it; at line breaks.
_BETWEEN = re.compile(
    "((?<=[.!?\u2026])[\"'\u2019\u201d)\\]]*\\s+|(?<=[\u3002\uff01\uff1f])\\s*|\\s*\n\\s*)"
)
_SEEDS = 2**31 - 1
_DIRECTIONS = 2


def prepare(
    config: BackTranslationConfig,
    prefix: str,
    forward: CachedTranslator,
    backward: CachedTranslator,
) -> list[Operation]:
    """The one operation.

    Args:
        config: What the YAML says.
        prefix: Of its name.
        forward: Into the other language.
        backward: Back.
    """
    name = f"{prefix}{config.kind}"
    make = functools.partial(_make, name, config.temperature, (forward, backward))
    return [Operation(name, config.n_aug, make)]


def _make(
    name: str,
    temperature: float,
    translators: Sequence[CachedTranslator],
    rows: Rows,
    copies: Sequence[int],
) -> Iterator[tuple[int, str]]:
    owners, states = rows.new_texts(copies, name)
    texts = [_BETWEEN.split(rows.texts[owner]) for owner in owners]
    # Sentences have even indexes, what is between them odd ones.
    sentences = [part for parts in texts for part in parts[::2]]
    counts = np.array([_DIRECTIONS * len(parts[::2]) for parts in texts], np.int64)
    drawn = draws.uniform(states, counts).tolist()
    for direction, translator in enumerate(translators):
        sentences = _translate(translator, temperature, sentences, drawn[direction::_DIRECTIONS])
    translated = iter(sentences)
    for owner, parts in zip(owners.tolist(), texts, strict=True):
        parts[::2] = itertools.islice(translated, len(parts[::2]))
        yield owner, "".join(parts)


def _translate(
    translator: CachedTranslator, temperature: float, sentences: Sequence[str], drawn: list[float]
) -> list[str]:
    """Translate what is not blank."""
    requests = {
        place: Sentence(sentence, temperature, int(number * _SEEDS) if temperature else 0)
        for place, (sentence, number) in enumerate(zip(sentences, drawn, strict=True))
        if sentence.strip()
    }
    found = dict(zip(requests, translator.translate(list(requests.values())), strict=True))
    return [found.get(place, sentence) for place, sentence in enumerate(sentences)]
