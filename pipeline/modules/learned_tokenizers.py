"""Tokenizers that a model learns from the training texts, kept for the next trial or try."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from models import zoo
from models.entry import Vocabulary

Texts = Callable[[Vocabulary], Iterator[str]]
"""The training texts that a vocabulary is learned from, normalised."""


def fields(
    model: Any, read: Sequence[str], texts: Texts, folder: pathlib.Path
) -> dict[str, str | int]:
    """The files of a model's tokenizers and their numbers of pieces, by field of the model.

    Args:
        model: Whose config may name files; what it does not name is learned.
        read: What the training texts come from.
        texts: The training texts.
        folder: Where learned tokenizers are kept.
    """
    from models.text import subwords

    found: dict[str, str | int] = {}
    for vocabulary in zoo.MODELS[model.kind].vocabularies(model):
        path = getattr(model, vocabulary.file) or str(
            _learn(model, vocabulary, read, texts, folder)
        )
        tokenizer = subwords.load(
            model.tokenizer, path, model.sequence_length, lowercase=model.lowercase
        )
        found |= {vocabulary.file: path, vocabulary.size: tokenizer.vocabulary_size()}
    return found


def _learn(
    model: Any, vocabulary: Vocabulary, read: Sequence[str], texts: Texts, folder: pathlib.Path
) -> pathlib.Path:
    """Learn a tokenizer, unless that was done before."""
    from models.text import subwords

    size, entry = getattr(model, vocabulary.size), zoo.MODELS[model.kind]
    special, last = entry.special, entry.last
    chosen = [model.tokenizer, size, model.lowercase, special, last, vocabulary.roles]
    content = json.dumps([*read, *chosen])
    name = hashlib.sha256(content.encode()).hexdigest()[:16]
    path = folder / f"tokenizer-{name}" / model.tokenizer
    if not path.is_file():
        subwords.learn(
            model.tokenizer,
            texts(vocabulary),
            size,
            path,
            lowercase=model.lowercase,
            special=special,
            last=last,
        )
    return path
