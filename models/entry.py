"""What the rest of the system needs to know about a model of the zoo.

Importing this module touches no attribute of Keras or TensorFlow.
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from models.backbone import Backbone, Provided
from models.encoder import Encoder
from models.estimator import Estimator
from models.finetuning.config import Method
from models.recipe import Recipe
from models.tasks.task import Holds, Shown
from models.training.config import TrainingConfig
from models.writer import Writer

Feature = Literal["token_ids", "token_ids_of_sides", "text", "raw_text", "image_bytes"]
Measured = Literal["document_frequencies", "pixels"]
Place = Literal["file", "module", "preset", "weights"]

Learned = Holds | Shown
_ANY: frozenset[Learned] = frozenset(typing.get_args(Holds) + typing.get_args(Shown))


@dataclasses.dataclass(frozen=True)
class NamedFile:
    """What a field of a model names that may be a file or a folder."""

    place: Place
    """What lies there: a file, a preset's folder, a module's or, of `weights`, a file unless it
    says that there is none."""
    require: Callable[[Any, str], object]
    """`require(config, value)` raises a ValueError if there is nothing of this name, without
    loading it; paths are absolute."""


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """Pieces of words that a model learns from some of the training texts."""

    file: str = "tokenizer_file"
    """Field of the model that names their file."""
    size: str = "vocabulary_size"
    """Field with their number."""
    roles: tuple[Literal["input", "target"], ...] = ("input",)
    """Whether they are of what is read, of what is written, or of both."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the rest of the system needs to know about one model.

    Nobody asks a config for its kind or whether it has a field: what differs between models is said
    here, and a method gives the field where there is one.
    """

    config: type
    """Frozen dataclass of the model's fields; `kind` is its name in `MODELS`."""
    build: Callable[[Any], Backbone]
    """`build(config)` returns the network without a task's head; its layer `features` gives
    `(batch, dim)`."""
    encoder: Callable[[Any], Encoder]
    """`encoder(config)` returns the function from transformed features to the model's inputs."""
    reads: Literal["text", "image"]
    """What kind of data the model reads."""
    feature: Callable[[Any], Feature]
    """`feature(config)` names the transformed feature the encoder reads: `token_ids` `(batch,
    sequence_length)` int, `text` `(batch,)` string or `image_bytes` `(batch,)` string."""
    provides: frozenset[Provided] = frozenset({"vector"})
    """What a task's head may stand on."""
    unit_encoder: Callable[[Any], Encoder] | None = None
    """`unit_encoder(config)` returns the encoder of texts that are split into units, of a model
    that provides `tokens`; it reads the feature `units`."""
    piece_encoder: Callable[[Any], Encoder] | None = None
    """`piece_encoder(config)` returns the encoder to windows of pieces, of a model that provides
    `pieces`, `directions`, `continuation` or `sentinels`; it reads the feature `text`."""
    special: tuple[str, ...] = ()
    """Pieces that a fitted tokenizer begins with, if other than those for padding and unknown
    ones."""
    last: tuple[str, ...] = ()
    """Pieces that it ends with, which texts may have as they stand."""
    save_pretrained: Callable[[Any, Any, pathlib.Path], None] | None = None
    """`save_pretrained(config, model, folder)` writes what a pre-trained model knows for other
    tasks to fine-tune: `preset` for `pretrained_text` or `pretrained_seq2seq`, `hub` for
    `hub_text`."""
    fine_tuned_by: str = "pretrained_text"
    """The kind of models that reads such a preset."""
    writer: Callable[[Any, Any, Encoder], Writer] | None = None
    """`writer(config, model, encoder)` says how a trained model, which provides `decoder`,
    writes."""
    learns: frozenset[Learned] = _ANY
    """What a task may learn, see `models.tasks.task.learned`: what the column of the target holds
    or, of inputs alone, how answers read."""
    estimator: Callable[[Any, Any], Estimator] | None = None
    """`estimator(config, learned)` says how the model is fitted to one of these by counting; None:
    it is trained by gradients."""
    paper: Recipe | None = None
    """What holds where `config.recipe` says nothing; None for models without a recipe."""
    tokenizer: Literal["fitted", "preset", "none"] = "none"
    """Whether texts are split by what the training texts taught (fields of `TokenizedConfig`), by
    what a preset brings, or not at all before the model reads them."""
    truncate: Callable[[Any], str] = lambda _: ""
    """`truncate(config)` says what a text that is too long loses: `end`, `middle`, or, where nobody
    can choose, nothing."""
    is_pretrained: bool = False
    """Whether its vectors mean something before training; such a config is a `FineTuned`."""
    is_compilable: bool = True
    """Whether XLA can compile it."""
    measured: Callable[[Any], Measured | None] = lambda _: None
    """`measured(config)` names what layers must know of the training split before training."""
    files: Mapping[str, NamedFile] = dataclasses.field(default_factory=dict)
    """Fields that may name a file or a folder."""
    vocabularies: Callable[[Any], tuple[Vocabulary, ...]] = lambda _: (Vocabulary(),)
    """`vocabularies(config)` are what a fitted tokenizer learns, each of the texts of some
    columns."""

    def unread_recipe(self, config: Any) -> Iterator[tuple[str, str]]:
        """Fields of `recipe` that another choice leaves without effect, and why each is."""
        if self.paper is not None:
            yield from config.recipe.unread(self.paper)

    def unread_training(self, config: Any, training: TrainingConfig) -> Iterator[tuple[str, str]]:
        """Fields of `training` that are about gradients, if none train the model, and why."""
        given = training.about_gradients() if self.estimator is not None else {}
        for field, value in given.items():
            yield (
                field,
                f"is about training by gradients, but `model.kind: {config.kind}` is counted in "
                f"one pass over the examples. Received: {field}={value}. Leave "
                "it out.",
            )

    def image_size(self, config: Any) -> int | None:
        """Side of the images that the model reads, in pixels; None for models of texts."""
        return config.image_size if self.reads == "image" else None

    def encoder_weights(self, config: Any) -> str | None:
        """Where the weights are that a network begins with; None: they are fresh, or a preset's."""
        return config.encoder_weights if "encoder_weights" in self.files else None

    def patch_size(self, config: Any) -> int | None:
        """Side of the patches that images are read in, in pixels; None for other models."""
        return config.patch_size if "patches" in self.provides else None

    def sequence_length(self, config: Any) -> int | None:
        """Tokens that the model reads; None for images and for texts that are not split."""
        return None if self.tokenizer == "none" else config.sequence_length

    def fine_tuning(self, config: Any) -> Method | None:
        """How the pretrained part is trained; None for models without one."""
        return config.fine_tuning if self.is_pretrained else None

    def tokenizer_files(self, config: Any) -> dict[str, str]:
        """Where fitted tokenizers are, by field; none for those that are counted or not learned."""
        if self.tokenizer != "fitted":
            return {}
        found = {one.file: getattr(config, one.file) for one in self.vocabularies(config)}
        return {field: path for field, path in found.items() if path is not None}

    def vocabulary_size(self, config: Any) -> int | None:
        """Most token ids of a fitted tokenizer; None for others."""
        return config.vocabulary_size if self.tokenizer == "fitted" else None
