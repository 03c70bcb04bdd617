"""Entities found again word for word, as the baseline of CoNLL-2003 does.

Source: Tjong Kim Sang and De Meulder (2003), "Introduction to the CoNLL-2003 Shared Task",
https://aclanthology.org/W03-0419, section 3.3: entities that the training data has, if they have
one type there; of several that fit, the longest.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from components.span_text import Span

Rows = Sequence[tuple[bytes, ...]]


def known(rows: Rows, spans: Sequence[Sequence[Span]], queries: Rows) -> list[dict[str, Any]]:
    """Mark what the train split marks; see `baseline.measure`."""
    types: dict[str, Counter[str]] = defaultdict(Counter)
    for (text, *_), found in zip(rows, spans, strict=True):
        decoded = text.decode("utf-8", "replace")
        for begin, end, kind in found:
            types[decoded[begin:end]][kind] += 1
    phrases: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for phrase, kinds in types.items():
        if len(kinds) == 1:
            phrases[phrase[0]].append((phrase, next(iter(kinds))))
    for found_here in phrases.values():
        found_here.sort(key=lambda one: -len(one[0]))
    return [answer(_find(text.decode("utf-8", "replace"), phrases)) for text, *_ in queries]


def answer(spans: Sequence[Span]) -> dict[str, Any]:
    """Spans as a model answers them."""
    return {
        "start": [begin for begin, _, _ in spans],
        "end": [end for _, end, _ in spans],
        "entity_group": [kind for _, _, kind in spans],
        "start_length": len(spans),
    }


def _find(text: str, phrases: Mapping[str, Sequence[tuple[str, str]]]) -> list[Span]:
    found, place = [], 0
    while place < len(text):
        span = _at(text, place, phrases)
        if span:
            found.append(span)
        place = span[1] if span else place + 1
    return found


def _at(text: str, place: int, phrases: Mapping[str, Sequence[tuple[str, str]]]) -> Span | None:
    if not _is_between_words(text, place):
        return None
    for phrase, kind in phrases.get(text[place], ()):
        end = place + len(phrase)
        # Korean particles follow a name without a space.
        if text.startswith(phrase, place) and (_is_between_words(text, end) or _glues(text[end])):
            return place, end, kind
    return None


def _is_between_words(text: str, place: int) -> bool:
    return not 0 < place < len(text) or not (text[place - 1].isalnum() and text[place].isalnum())


def _glues(sign: str) -> bool:
    return "HANGUL" in unicodedata.name(sign, "")
