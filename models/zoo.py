"""Every trainable model: its config, how it is built and what it eats.

Adding a model is one file, a line in `MODELS` and one in `Model`. Importing this module touches no
attribute of Keras or TensorFlow, so a program that wants the configs alone may
defer loading them (`pipeline/runtime/deferred_imports.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pydantic

from models import did_you_mean
from models.backbone import Backbone
from models.encoder import Encoder
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
from models.recipe import Recipe
from models.tasks.task import Facts, Task
from models.text import (
    bag_of_words,
    embedding_pooling,
    hub_text,
    pretrained,
    recurrent,
    text_cnn,
    transformer,
)
from models.text import config as text_config

Model = Annotated[
    alexnet.AlexNetConfig
    | bag_of_words.BagOfWordsConfig
    | embedding_pooling.EmbeddingPoolingConfig
    | googlenet.GoogLeNetConfig
    | hub_image.HubImageConfig
    | hub_text.HubTextConfig
    | mobilenet.MobileNetConfig
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

Feature = Literal["token_ids", "text", "image_bytes"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the rest of the system needs to know about one model."""

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
    paper: Recipe | None = None
    """What holds where `config.recipe` says nothing; None for models without a recipe."""


def _image(module: Any, config: type) -> Entry:
    return Entry(
        config,
        module.build,
        module.encoder,
        "image",
        lambda _: "image_bytes",
        getattr(module, "PAPER", None),
    )


def _text(module: Any, config: type) -> Entry:
    return Entry(config, module.build, module.encoder, "text", text_config.feature, module.PAPER)


MODELS: dict[str, Entry] = {
    "alexnet": _image(alexnet, alexnet.AlexNetConfig),
    "bag_of_words": _text(bag_of_words, bag_of_words.BagOfWordsConfig),
    "embedding_pooling": _text(embedding_pooling, embedding_pooling.EmbeddingPoolingConfig),
    "googlenet": _image(googlenet, googlenet.GoogLeNetConfig),
    "hub_image": _image(hub_image, hub_image.HubImageConfig),
    "hub_text": Entry(
        hub_text.HubTextConfig, hub_text.build, hub_text.encoder, "text", lambda _: "text"
    ),
    "mobilenet": _image(mobilenet, mobilenet.MobileNetConfig),
    "pretrained_image": _image(pretrained_image, pretrained_image.PretrainedImageConfig),
    "pretrained_text": Entry(
        pretrained.PretrainedTextConfig,
        pretrained.build,
        pretrained.encoder,
        "text",
        lambda _: "text",
    ),
    "recurrent": _text(recurrent, recurrent.RecurrentConfig),
    "resnet": _image(resnet, resnet.ResNetConfig),
    "text_cnn": _text(text_cnn, text_cnn.TextCNNConfig),
    "transformer": _text(transformer, transformer.TransformerConfig),
    "vgg": _image(vgg, vgg.VGGConfig),
    "vit": _image(vit, vit.ViTConfig),
}


def build(config: Any, task: Task, facts: Facts) -> Any:
    """A whole model with fresh weights, a `keras.Model` that the caller compiles.

    Args:
        config: Of the model.
        task: Whose head it gets.
        facts: Of the data.
    """
    backbone = MODELS[config.kind].build(config)
    return backbone.model(task.head(backbone, facts))


def lookup(name: str) -> Entry:
    """Return the entry of a model.

    Raises:
        ValueError: If there is no such model; the message names the closest one.
    """
    if name in MODELS:
        return MODELS[name]
    hint = did_you_mean.hint(name, MODELS)
    raise ValueError(f"Unknown model {name!r}.{hint} Known models: {', '.join(sorted(MODELS))}")
