"""What entries of the zoo have in common whose models are built alike."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from models import encoder_weights, pieces
from models.backbone import Provided
from models.entry import Entry, Measured, NamedFile, Vocabulary
from models.image import config as image_config
from models.text import config as text_config
from models.text import continuing, parallel

VECTOR_AND_TOKENS: frozenset[Provided] = frozenset({"vector", "tokens"})
"""What encoders of texts provide."""


def of_images(module: Any, config: type) -> Entry:
    """A model of images built from scratch."""
    return Entry(
        config,
        module.build,
        module.encoder,
        "image",
        lambda _: "image_bytes",
        paper=module.PAPER,
        measured=image_config.measured,
        files={"encoder_weights": NamedFile("file", encoder_weights.require)},
        save_pretrained=encoder_weights.save,
    )


def of_texts(
    module: Any, config: type, measured: Callable[[Any], Measured | None] = lambda _: None
) -> Entry:
    """A model of texts built from scratch that gives one vector."""
    return Entry(
        config,
        module.build,
        module.encoder,
        "text",
        text_config.feature,
        paper=module.PAPER,
        tokenizer="fitted",
        measured=measured,
        files={"tokenizer_file": NamedFile("file", text_config.require_tokenizer)},
    )


def of_tokens(module: Any, config: type) -> Entry:
    """One that also gives the vectors of the tokens."""
    return dataclasses.replace(
        of_texts(module, config), provides=VECTOR_AND_TOKENS, unit_encoder=module.unit_encoder
    )


def of_pieces(module: Any, config: type, told: Provided) -> Entry:
    """One whose pre-training tells pieces, between special ones."""
    return Entry(
        config,
        module.build,
        module.encoder,
        "text",
        text_config.feature,
        provides=VECTOR_AND_TOKENS | {told},
        unit_encoder=module.unit_encoder,
        piece_encoder=module.piece_encoder,
        tokenizer="fitted",
        special=pieces.SPECIAL,
        save_pretrained=module.save_pretrained,
        files={"tokenizer_file": NamedFile("file", text_config.require_tokenizer)},
    )


def of_two_texts(module: Any, config: type) -> Entry:
    """A model that reads one text and writes another, built from scratch."""
    return Entry(
        config,
        module.build,
        module.encoder,
        "text",
        lambda _: "text",
        provides=frozenset({"decoder"}),
        writer=module.writer,
        learns=frozenset({"written"}),
        paper=module.PAPER,
        tokenizer="fitted",
        files={
            name: NamedFile("file", parallel.require_tokenizer)
            for name in ("tokenizer_file", "target_tokenizer_file")
        },
        vocabularies=_of_parallel_texts,
    )


def of_continuations(
    module: Any, config: type, save: Callable[[Any, Any, pathlib.Path], None] | None = None
) -> Entry:
    """A model that tells what follows a text, built from scratch."""
    return Entry(
        config,
        module.build,
        module.encoder,
        "text",
        lambda _: "text",
        provides=frozenset({"continuation"}),
        piece_encoder=module.encoder,
        special=continuing.SPECIAL,
        save_pretrained=save,
        writer=module.writer,
        tokenizer="fitted",
        files={"tokenizer_file": NamedFile("file", text_config.require_tokenizer)},
    )


def _of_parallel_texts(config: parallel.ParallelConfig) -> tuple[Vocabulary, ...]:
    if config.vocabulary == "shared":
        return (Vocabulary(roles=("input", "target")),)
    written = Vocabulary("target_tokenizer_file", "target_vocabulary_size", ("target",))
    return (Vocabulary(), written)
