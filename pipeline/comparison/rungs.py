"""What a ladder can train: names for models with settings that suit one CPU."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from models import zoo
from models.tasks import task as tasks
from pipeline import did_you_mean
from pipeline.config import (
    augmentation_files,
    loading,
    model_files,
    problems,
    relative_paths,
    sections,
)

Fields = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Rung:
    """One model of a ladder."""

    name: str
    """As asked for; of a YAML file, the name inside."""
    config: sections.PipelineConfig
    """The ladder's data with this model and its training; `maru run` can run it."""


_SCRATCH = {"epochs": 10, "batch_size": 32, "early_stopping": {"patience": 2}}
_WARM = {"schedule": {"kind": "cosine", "warmup": 0.1}}

_BAG = {**_SCRATCH, "learning_rate": 5.0e-3}
_WORDS = {**_SCRATCH, "learning_rate": 1.0e-3}
_STATES = {**_SCRATCH, "learning_rate": 2.0e-3, "clip_norm": 1.0}
_ATTENTION = {**_SCRATCH, **_WARM, "optimizer": "adamw", "learning_rate": 5.0e-4}
_FINE = {"epochs": 3, "batch_size": 32, **_WARM, "optimizer": "adamw", "learning_rate": 1.0e-4}
# No early stopping: the best of a cosine comes last, and a few noisy losses would end it before.
_PICTURES = {
    "epochs": 15, "batch_size": 32, **_WARM, "optimizer": "adamw", "learning_rate": 2.0e-3,
}  # fmt: skip
_DEEP = {**_PICTURES, "learning_rate": 5.0e-4}

_HE = {"initializer": "he_normal"}
_HE_BATCH = {**_HE, "normalization": "batch"}

# Of a text's length in tokens, n: a bag takes longer texts at no cost, and word pairs double it.
_TEXTS: dict[str, Callable[[int], tuple[Fields, Fields]]] = {
    "naive_bayes": lambda n: (
        _text("naive_bayes", 4 * n, ngrams=2, vocabulary_size=50_000, weighting="binary"),
        {},
    ),
    "bow": lambda n: (_bag(2 * n, weighting="binary"), _BAG),
    "tfidf": lambda n: (_bag(4 * n, ngrams=2, vocabulary_size=50_000), _BAG),
    "embedding": lambda n: (_text("embedding_pooling", n, embedding_dim=64), _WORDS),
    "text_cnn": lambda n: (_text("text_cnn", n, embedding_dim=128, filters=100), _WORDS),
    "rnn": lambda n: (_text("recurrent", n, cell="simple", units=64), _STATES),
    "lstm": lambda n: (_text("recurrent", n, cell="lstm", units=64), _STATES),
    "gru": lambda n: (_text("recurrent", n, cell="gru", units=64), _STATES),
    "bilstm": lambda n: (_text("recurrent", n, units=64, bidirectional=True), _STATES),
    "transformer": lambda n: (_text("transformer", n, normalization="pre"), _ATTENTION),
    "pretrained_text": lambda n: (
        _text("pretrained_text", min(n, _MINILM_TOKENS), fine_tuning="full"),
        _FINE,
    ),
}
_SMALL_VIT = {"hidden_dim": 96, "num_layers": 6, "num_heads": 3, "mlp_dim": 192}
# Of an image's side in pixels, n: an eighth to a half of the published widths.
_IMAGES: dict[str, Callable[[int], tuple[Fields, Fields]]] = {
    "alexnet": lambda n: (_image("alexnet", n, width=0.25, recipe=_HE), _DEEP),
    "vgg": lambda n: (_sized("vgg", n, depth=11, width=16, hidden_dim=256, recipe=_HE), _DEEP),
    "googlenet": lambda n: (_image("googlenet", n, width=0.25, recipe=_HE_BATCH), _PICTURES),
    "plain": lambda n: (_image("resnet", n, depth=18, width=16, shortcuts="plain"), _PICTURES),
    "resnet": lambda n: (_image("resnet", n, depth=18, width=16), _PICTURES),
    "mobilenet": lambda n: (_image("mobilenet", n, width_multiplier=0.5), _PICTURES),
    "vit": lambda n: (_patched("vit", n, **_SMALL_VIT), _DEEP),
}
NAMES = {"text": tuple(_TEXTS), "image": tuple(_IMAGES)}
"""The short names by what a model reads."""

_TOKENS, _PIXELS = 128, 64
"""Length and side where the config's own model has none."""
_MINILM_TOKENS = 512
"""Most tokens that the default preset can read."""


def find_all(words: Sequence[str], config: sections.PipelineConfig, path: str) -> list[Rung]:
    """The rungs that the words on the command line mean, in their order.

    Args:
        words: See `find`.
        config: The ladder's.
        path: Of the YAML it was read from, for messages.

    Raises:
        ValueError: If a word means nothing, its model cannot learn this task, or two rungs have
            the same name, which files and the table tell them apart by.
    """
    by_name: dict[str, tuple[str, Rung]] = {}
    for word in words:
        rung = find(word, config, path)
        if rung.name in by_name:
            raise ValueError(
                f"--models: two rungs are called {rung.name!r}: {by_name[rung.name][0]} and "
                f"{word}. Change the `name` inside a YAML file, or leave one of the two out."
            )
        by_name[rung.name] = word, rung
    return [rung for _, rung in by_name.values()]


def find(word: str, config: sections.PipelineConfig, path: str) -> Rung:
    """The rung that a word on the command line means.

    Args:
        word: A short name, a model of the zoo (with its defaults), the config's own name or a
            YAML file whose `model` and `training` are taken.
        config: The ladder's.
        path: Of the YAML it was read from, for messages.

    Raises:
        ValueError: If the word means nothing or the model cannot learn this task.
    """
    if word == config.name:
        return _rung(word, config, {})
    if word.endswith((".yaml", ".yml")):
        return _of_file(word, config, path)
    if word in NAMES[tasks.reads(config.task)]:
        table, n = _sizes(config)
        model, training = table[word](n)
        model = _tokenized(model, config)
    elif word in zoo.MODELS:
        sections.check_fits(word, config.task)
        model, training = {"kind": word}, {}
    else:
        names = [*NAMES[tasks.reads(config.task)], *sections.fitting(config.task), config.name]
        near = did_you_mean.suggest(word, dict.fromkeys(names))
        raise ValueError(
            f"--models: {word!r} is no rung. {near} "
            "A YAML file with `model` and `training` is one, too."
        )
    return _rung(word, config, {"model": model, "training": _seeded(training, config)}, path)


def to_yaml(rung: Rung, base: pathlib.Path) -> str:
    """The rung as a YAML that `maru run` takes from any folder.

    Args:
        rung: Which.
        base: Folder that the ladder's relative paths start from.
    """
    operations = augmentation_files.place(rung.config.augmentation, base)
    placed = dataclasses.replace(rung.config, augmentation=operations)
    fields = loading.to_mapping(placed)
    source, runtime = fields["data"]["source"], fields["runtime"]
    for section, key in ((source, "path"), (source, "images"), (runtime, "schema")):
        if section.get(key):
            section[key] = relative_paths.place(section[key], base)
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)
    return f"# The rung {rung.name} of a ladder, every field spelled out.\n{text}"


def _rung(
    name: str, config: sections.PipelineConfig, sections: Mapping[str, Any], path: str = ""
) -> Rung:
    fields = {**loading.to_mapping(config), **sections}
    # The search is over fields of the config's own model.
    fields |= {"name": f"{config.name}_{_word(name)}", "tuning": None}
    return Rung(name, loading.from_mapping(fields, source=f"{path}, rung {name}"))


def _of_file(word: str, config: sections.PipelineConfig, path: str) -> Rung:
    other = loading.load(word)
    missing = list(model_files.missing(other, relative_paths.base(pathlib.Path(word))))
    if missing:
        raise problems.ConfigError(word, missing)
    fields = loading.to_mapping(other)
    sections = {key: fields[key] for key in ("model", "training")}
    return _rung(other.name, config, sections, path)


def _seeded(training: Fields, config: sections.PipelineConfig) -> Fields:
    return {**training, "seed": config.training.seed}


def _sizes(config: sections.PipelineConfig) -> tuple[Any, int]:
    entry = zoo.MODELS[config.model.kind]
    if entry.reads == "text":
        return _TEXTS, entry.sequence_length(config.model) or _TOKENS
    return _IMAGES, entry.image_size(config.model) or _PIXELS


def _tokenized(model: Fields, config: sections.PipelineConfig) -> Fields:
    """A rung whose tokens are those of the config's own model, if both have a tokenizer."""
    own: Any = config.model
    if {zoo.MODELS[kind].tokenizer for kind in (own.kind, model["kind"])} != {"fitted"}:
        return model
    fields = ("tokenizer", "tokenizer_file", "vocabulary_size", "lowercase")
    tokens = {name: getattr(own, name) for name in fields}
    if zoo.MODELS[own.kind].feature(own) == "token_ids":
        return tokens | model
    # Pieces of words are as many as the tokenizer knows, and are not joined to pairs.
    return {name: value for name, value in model.items() if name != "ngrams"} | tokens


def _text(kind: str, length: int, **fields: Any) -> Fields:
    return {"kind": kind, "sequence_length": length, **fields}


def _bag(length: int, **fields: Any) -> Fields:
    return _text("bag_of_words", length, **fields)


def _sized(kind: str, size: int, **fields: Any) -> Fields:
    return {"kind": kind, "image_size": size, "pixels": "standardize", **fields}


def _image(kind: str, size: int, **fields: Any) -> Fields:
    """With the stem that fits the size: the published ones throw most of a small image away."""
    return _sized(kind, size, stem="small" if size <= 64 else "imagenet", **fields)


def _patched(kind: str, size: int, **fields: Any) -> Fields:
    """With eight to sixteen patches a side, of a size that such patches divide."""
    largest = max(1, size // 8)
    for side in range(largest, 0, -1):
        if size % side == 0 and size // side <= 16:
            return _sized(kind, size, patch_size=side, **fields)
    return _sized(kind, 8 * largest, patch_size=largest, **fields)


def _word(name: str) -> str:
    """A rung's name as part of a pipeline's name."""
    return "".join(c if c.isalnum() else "_" for c in name.lower())
