"""Every trainable model: its config, how it is built and what it eats.

Adding a model is one file, a line in `MODELS` and one in `Model`. Importing this module touches no
attribute of Keras or TensorFlow, so a program that wants the configs alone may
defer loading them (`pipeline/runtime/deferred_imports.py`).
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import pydantic

from models import did_you_mean, encoder_weights, entries, sentinels, siamese
from models.backbone import Provided
from models.encoder import Encoder
from models.entry import Entry, Feature, NamedFile, Vocabulary
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
from models.tasks import task as tasks
from models.tasks.task import Facts, Task
from models.text import (
    bag_of_words,
    bert,
    elmo,
    embedding_pooling,
    gpt,
    hub_text,
    language_recurrent,
    naive_bayes,
    ngram,
    presets,
    pretrained,
    pretrained_seq2seq,
    recurrent,
    segments,
    seq2seq_recurrent,
    seq2seq_transformer,
    t5,
    text_cnn,
    transformer,
)
from models.text import config as text_config
from models.writer import Writer

Model = Annotated[
    alexnet.AlexNetConfig
    | bag_of_words.BagOfWordsConfig
    | bert.BertConfig
    | elmo.ElmoConfig
    | embedding_pooling.EmbeddingPoolingConfig
    | googlenet.GoogLeNetConfig
    | gpt.GptConfig
    | hub_image.HubImageConfig
    | hub_text.HubTextConfig
    | language_recurrent.LanguageRecurrentConfig
    | mobilenet.MobileNetConfig
    | naive_bayes.NaiveBayesConfig
    | ngram.NgramConfig
    | pretrained_image.PretrainedImageConfig
    | pretrained_seq2seq.PretrainedSeq2seqConfig
    | pretrained.PretrainedTextConfig
    | recurrent.RecurrentConfig
    | resnet.ResNetConfig
    | seq2seq_recurrent.Seq2seqRecurrentConfig
    | seq2seq_transformer.Seq2seqTransformerConfig
    | t5.T5Config
    | text_cnn.TextCNNConfig
    | transformer.TransformerConfig
    | vgg.VGGConfig
    | vit.ViTConfig,
    pydantic.Discriminator("kind"),
]
"""What the `model` of a config may be."""

_IN_WINDOWS: frozenset[Provided] = frozenset({"pieces", "directions", "continuation", "sentinels"})
"""What heads stand on that read texts in windows of pieces."""

MODELS: dict[str, Entry] = {
    "alexnet": entries.of_images(alexnet, alexnet.AlexNetConfig),
    "bag_of_words": entries.of_texts(
        bag_of_words, bag_of_words.BagOfWordsConfig, bag_of_words.measured
    ),
    "bert": entries.of_pieces(bert, bert.BertConfig, "pieces"),
    "elmo": entries.of_pieces(elmo, elmo.ElmoConfig, "directions"),
    "embedding_pooling": entries.of_texts(
        embedding_pooling, embedding_pooling.EmbeddingPoolingConfig
    ),
    "googlenet": entries.of_images(googlenet, googlenet.GoogLeNetConfig),
    "gpt": entries.of_continuations(gpt, gpt.GptConfig, gpt.save_pretrained),
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
    "language_recurrent": entries.of_continuations(
        language_recurrent, language_recurrent.LanguageRecurrentConfig
    ),
    "mobilenet": entries.of_images(mobilenet, mobilenet.MobileNetConfig),
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
    "ngram": dataclasses.replace(
        entries.of_continuations(ngram, ngram.NgramConfig),
        learns=ngram.LEARNS,
        estimator=ngram.estimator,
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
    "pretrained_seq2seq": Entry(
        pretrained_seq2seq.PretrainedSeq2seqConfig,
        pretrained_seq2seq.build,
        pretrained_seq2seq.encoder,
        "text",
        lambda _: "text",
        provides=frozenset({"decoder"}),
        writer=pretrained_seq2seq.writer,
        learns=frozenset({"written"}),
        tokenizer="preset",
        files={"preset": NamedFile("preset", presets.require)},
    ),
    "pretrained_text": Entry(
        pretrained.PretrainedTextConfig,
        pretrained.build,
        pretrained.encoder,
        "text",
        lambda _: "text",
        provides=entries.VECTOR_AND_TOKENS,
        unit_encoder=pretrained.unit_encoder,
        tokenizer="preset",
        truncate=lambda config: config.truncate,
        is_pretrained=True,
        files={"preset": NamedFile("preset", presets.require)},
        save_pretrained=pretrained.save_pretrained,
    ),
    "recurrent": entries.of_tokens(recurrent, recurrent.RecurrentConfig),
    "resnet": entries.of_images(resnet, resnet.ResNetConfig),
    "seq2seq_recurrent": entries.of_two_texts(
        seq2seq_recurrent, seq2seq_recurrent.Seq2seqRecurrentConfig
    ),
    "seq2seq_transformer": entries.of_two_texts(
        seq2seq_transformer, seq2seq_transformer.Seq2seqTransformerConfig
    ),
    "t5": Entry(
        t5.T5Config,
        t5.build,
        t5.encoder,
        "text",
        lambda _: "text",
        provides=frozenset({"decoder", "sentinels"}),
        piece_encoder=t5.piece_encoder,
        special=sentinels.SPECIAL,
        last=sentinels.TEXTS[::-1],
        save_pretrained=t5.save_pretrained,
        fine_tuned_by="pretrained_seq2seq",
        writer=t5.writer,
        learns=frozenset({"written", "filled_spans"}),
        tokenizer="fitted",
        files={"tokenizer_file": NamedFile("file", text_config.require_tokenizer)},
        vocabularies=lambda _: (Vocabulary(roles=("input", "target")),),
    ),
    "text_cnn": entries.of_texts(text_cnn, text_cnn.TextCNNConfig),
    "transformer": entries.of_tokens(transformer, transformer.TransformerConfig),
    "vgg": entries.of_images(vgg, vgg.VGGConfig),
    "vit": dataclasses.replace(
        entries.of_images(vit, vit.ViTConfig), provides=frozenset({"vector", "patches"})
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
    elif task.needs == "continuation":
        backbone = backbone.of_continuation()
    if task.sides:
        backbone = siamese.backbone(backbone, len(task.sides))
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
    return "token_ids_of_sides" if feature == "token_ids" and task.sides else feature


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
    if not task.sides:
        return encoder
    if tasks.draws_views(task):  # Of what it gives.
        return dataclasses.replace(encoder, of_side=encoder.function)
    return siamese.encoder(encoder, _features_of_sides(entry.feature(config), task))


def _features_of_sides(feature: Feature, task: Task) -> list[list[str]]:
    """Transformed features that each side reads; ids are of all texts of a side."""
    if feature == "token_ids":
        return [[name] for name in segments.names(len(task.sides), feature)]
    names = segments.names(len(tasks.inputs(task)), feature)
    return [[names[place] for place in side] for side in task.sides]


def writer(config: Any, model: Any, encoder: Encoder) -> Writer | None:
    """How a trained model writes texts; None if it does not.

    Args:
        config: Of the model.
        model: With its head, trained.
        encoder: Of the model.
    """
    write = MODELS[config.kind].writer
    return None if write is None else write(config, model, encoder)


def lookup(name: str) -> Entry:
    """Return the entry of a model.

    Raises:
        ValueError: If there is no such model; the message names the closest one.
    """
    if name in MODELS:
        return MODELS[name]
    hint = did_you_mean.hint(name, MODELS)
    raise ValueError(f"Unknown model {name!r}.{hint} Known models: {', '.join(sorted(MODELS))}")
