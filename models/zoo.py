"""Every trainable model: its config, how it is built and what it eats.

Adding a model is one file, a line in `MODELS` and one in `Model`. Importing this module touches no
attribute of Keras or TensorFlow, so a program that wants the configs alone may
defer loading them (`pipeline/runtime/deferred_imports.py`).
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

import pydantic

from models import did_you_mean, encoder_weights, pieces, siamese
from models.backbone import Backbone, Provided
from models.encoder import Encoder
from models.estimator import Estimator
from models.finetuning.config import Method
from models.hub import cache
from models.image import (
    alexnet,
    googlenet,
    hub_image,
    mobilenet,
    pretrained_image,
    resnet,
    vgg,
    vit,
)
from models.image import config as image_config
from models.recipe import Recipe
from models.tasks import task as tasks
from models.tasks.task import Facts, Holds, Task
from models.text import (
    bag_of_words,
    bert,
    elmo,
    embedding_pooling,
    hub_text,
    naive_bayes,
    pretrained,
    recurrent,
    text_cnn,
    transformer,
)
from models.text import config as text_config
from models.training.config import TrainingConfig

Model = Annotated[
    alexnet.AlexNetConfig
    | bag_of_words.BagOfWordsConfig
    | bert.BertConfig
    | elmo.ElmoConfig
    | embedding_pooling.EmbeddingPoolingConfig
    | googlenet.GoogLeNetConfig
    | hub_image.HubImageConfig
    | hub_text.HubTextConfig
    | mobilenet.MobileNetConfig
    | naive_bayes.NaiveBayesConfig
    | pretrained_image.PretrainedImageConfig
    | pretrained.PretrainedTextConfig
    | recurrent.RecurrentConfig
    | resnet.ResNetConfig
    | text_cnn.TextCNNConfig
    | transformer.TransformerConfig
    | vgg.VGGConfig
    | vit.ViTConfig,
    pydantic.Discriminator("kind"),
]
"""What the `model` of a config may be."""

Feature = Literal["token_ids", "token_ids_of_sides", "text", "raw_text", "image_bytes"]
Measured = Literal["document_frequencies", "pixels"]
Place = Literal["file", "module", "preset", "weights"]

_ANY: frozenset[Holds] = frozenset(typing.get_args(Holds))
_IN_WINDOWS: frozenset[Provided] = frozenset({"pieces", "directions"})
"""What heads stand on that read texts in windows of pieces."""
_VECTOR_AND_TOKENS: frozenset[Provided] = frozenset({"vector", "tokens"})


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
    `pieces` or `directions`; it reads the feature `text`."""
    special: tuple[str, ...] = ()
    """Pieces that a fitted tokenizer begins with, if other than those for padding and unknown
    ones."""
    save_pretrained: Callable[[Any, Any, pathlib.Path], None] | None = None
    """`save_pretrained(config, model, folder)` writes what a pre-trained model knows for other
    tasks to fine-tune: `preset` for `pretrained_text`, `hub` for `hub_text`."""
    learns: frozenset[Holds] = _ANY
    """What the column of the target may hold."""
    estimator: Callable[[Any, Holds], Estimator] | None = None
    """`estimator(config, holds)` says how the model is fitted to such a target by counting; None:
    it is trained by gradients."""
    paper: Recipe | None = None
    """What holds where `config.recipe` says nothing; None for models without a recipe."""
    tokenizer: Literal["fitted", "preset", "none"] = "none"
    """Whether texts are split by what the training texts taught (fields of `TokenizedConfig`), by
    what a preset brings, or not at all before the model reads them."""
    is_pretrained: bool = False
    """Whether its vectors mean something before training; such a config is a `FineTuned`."""
    is_compilable: bool = True
    """Whether XLA can compile it."""
    measured: Callable[[Any], Measured | None] = lambda _: None
    """`measured(config)` names what layers must know of the training split before training."""
    files: Mapping[str, NamedFile] = dataclasses.field(default_factory=dict)
    """Fields that may name a file or a folder."""

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

    def tokenizer_file(self, config: Any) -> str | None:
        """Where the fitted tokenizer is; None for those that are counted, or not learned yet."""
        return config.tokenizer_file if self.tokenizer == "fitted" else None

    def vocabulary_size(self, config: Any) -> int | None:
        """Most token ids of a fitted tokenizer; None for others."""
        return config.vocabulary_size if self.tokenizer == "fitted" else None

    def truncate(self, config: Any) -> str:
        """What a text that is too long loses: `end`, `middle`, or empty where nobody can choose."""
        return config.truncate if self.tokenizer == "preset" else ""


def _image(module: Any, config: type) -> Entry:
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


def _text(
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


def _text_of_tokens(module: Any, config: type) -> Entry:
    """One that also gives the vectors of the tokens."""
    return dataclasses.replace(
        _text(module, config), provides=_VECTOR_AND_TOKENS, unit_encoder=module.unit_encoder
    )


MODELS: dict[str, Entry] = {
    "alexnet": _image(alexnet, alexnet.AlexNetConfig),
    "bag_of_words": _text(bag_of_words, bag_of_words.BagOfWordsConfig, bag_of_words.measured),
    "bert": Entry(
        bert.BertConfig,
        bert.build,
        bert.encoder,
        "text",
        text_config.feature,
        provides=frozenset({"vector", "tokens", "pieces"}),
        unit_encoder=bert.unit_encoder,
        piece_encoder=bert.piece_encoder,
        tokenizer="fitted",
        special=pieces.SPECIAL,
        save_pretrained=bert.save_pretrained,
        files={"tokenizer_file": NamedFile("file", text_config.require_tokenizer)},
    ),
    "elmo": Entry(
        elmo.ElmoConfig,
        elmo.build,
        elmo.encoder,
        "text",
        text_config.feature,
        provides=frozenset({"vector", "tokens", "directions"}),
        unit_encoder=elmo.unit_encoder,
        piece_encoder=elmo.piece_encoder,
        tokenizer="fitted",
        special=pieces.SPECIAL,
        save_pretrained=elmo.save_pretrained,
        files={"tokenizer_file": NamedFile("file", text_config.require_tokenizer)},
    ),
    "embedding_pooling": _text(embedding_pooling, embedding_pooling.EmbeddingPoolingConfig),
    "googlenet": _image(googlenet, googlenet.GoogLeNetConfig),
    "hub_image": Entry(
        hub_image.HubImageConfig,
        hub_image.build,
        hub_image.encoder,
        "image",
        lambda _: "image_bytes",
        is_pretrained=True,
        is_compilable=False,
        files={"handle": NamedFile("module", cache.require)},
    ),
    "hub_text": Entry(
        hub_text.HubTextConfig,
        hub_text.build,
        hub_text.encoder,
        "text",
        lambda _: "text",
        is_pretrained=True,
        is_compilable=False,
        files={"handle": NamedFile("module", cache.require)},
    ),
    "mobilenet": _image(mobilenet, mobilenet.MobileNetConfig),
    "naive_bayes": Entry(
        naive_bayes.NaiveBayesConfig,
        naive_bayes.build,
        naive_bayes.encoder,
        "text",
        text_config.feature,
        learns=naive_bayes.LEARNS,
        estimator=naive_bayes.estimator,
        tokenizer="fitted",
        measured=naive_bayes.measured,
        files={"tokenizer_file": NamedFile("file", text_config.require_tokenizer)},
    ),
    "pretrained_image": Entry(
        pretrained_image.PretrainedImageConfig,
        pretrained_image.build,
        pretrained_image.encoder,
        "image",
        lambda _: "image_bytes",
        is_pretrained=True,
        files={
            "preset": NamedFile("preset", pretrained_image.require_preset),
            "weights": NamedFile("weights", pretrained_image.require_weights),
        },
    ),
    "pretrained_text": Entry(
        pretrained.PretrainedTextConfig,
        pretrained.build,
        pretrained.encoder,
        "text",
        lambda _: "text",
        provides=_VECTOR_AND_TOKENS,
        unit_encoder=pretrained.unit_encoder,
        tokenizer="preset",
        is_pretrained=True,
        files={"preset": NamedFile("preset", pretrained.require_preset)},
        save_pretrained=pretrained.save_pretrained,
    ),
    "recurrent": _text_of_tokens(recurrent, recurrent.RecurrentConfig),
    "resnet": _image(resnet, resnet.ResNetConfig),
    "text_cnn": _text(text_cnn, text_cnn.TextCNNConfig),
    "transformer": _text_of_tokens(transformer, transformer.TransformerConfig),
    "vgg": _image(vgg, vgg.VGGConfig),
    "vit": dataclasses.replace(
        _image(vit, vit.ViTConfig), provides=frozenset({"vector", "patches"})
    ),
}


def build(config: Any, task: Task, facts: Facts) -> Any:
    """A whole model with fresh weights, a `keras.Model` that the caller compiles.

    Args:
        config: Of the model.
        task: Whose head it gets.
        facts: Of the data.
    """
    entry = MODELS[config.kind]
    backbone = entry.build(config)
    if (path := entry.encoder_weights(config)) is not None:
        encoder_weights.load(backbone.inputs, backbone.vector, path)
    if task.needs == "tokens":
        backbone = backbone.of_units()
    elif task.needs == "pieces":
        backbone = backbone.of_pieces()
    elif task.needs == "patches":
        backbone = backbone.of_patches()
    elif task.needs == "directions":
        backbone = backbone.of_directions()
    if task.sides > 1:
        backbone = siamese.backbone(backbone, task.sides)
    return backbone.model(task.head(backbone, facts))


def feature(config: Any, task: Task) -> Feature:
    """The transformed feature that a model gets for a task.

    Args:
        config: Of the model.
        task: Of the pipeline; one about tokens needs texts as they came, to split them itself.
    """
    if task.needs == "tokens":
        return "raw_text"
    feature = MODELS[config.kind].feature(config)
    return "token_ids_of_sides" if feature == "token_ids" and task.sides > 1 else feature


def encoder(config: Any, task: Task) -> Encoder:
    """From what a task's `batch` leaves to a model's inputs.

    Args:
        config: Of the model.
        task: Of the pipeline.

    Raises:
        ValueError: If a tokenizer or a preset cannot be read.
    """
    entry = MODELS[config.kind]
    if task.needs == "tokens" and entry.unit_encoder is not None:
        return entry.unit_encoder(config)
    if task.needs in _IN_WINDOWS and entry.piece_encoder is not None:
        return entry.piece_encoder(config)
    encoder = entry.encoder(config)
    if task.sides == 1:
        return encoder
    if tasks.draws_views(task):  # Of what it gives.
        return dataclasses.replace(encoder, of_side=encoder.function)
    return siamese.encoder(encoder, siamese.feature_names(entry.feature(config), task.sides))


def lookup(name: str) -> Entry:
    """Return the entry of a model.

    Raises:
        ValueError: If there is no such model; the message names the closest one.
    """
    if name in MODELS:
        return MODELS[name]
    hint = did_you_mean.hint(name, MODELS)
    raise ValueError(f"Unknown model {name!r}.{hint} Known models: {', '.join(sorted(MODELS))}")
