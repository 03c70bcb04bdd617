"""Healthy cases: the doctor should find nothing to stop for."""

from __future__ import annotations

from typing import Any

from benchmarks.doctor import data
from benchmarks.doctor.case import Case, Splits
from benchmarks.doctor.faults import BAG, MINILM, RESNET, TEXT_CNN, VGG

_EMBEDDING = {"kind": "embedding_pooling", "sequence_length": 64, "embedding_dim": 32}
_RECURRENT = {"kind": "recurrent", "sequence_length": 48, "embedding_dim": 24, "units": 24}
_TRANSFORMER = {
    "kind": "transformer",
    "sequence_length": 64,
    "hidden_dim": 32,
    "num_heads": 2,
    "mlp_dim": 64,
}
VIT = {
    "kind": "vit",
    "image_size": 16,
    "patch_size": 4,
    "hidden_dim": 32,
    "num_layers": 2,
    "num_heads": 2,
    "mlp_dim": 64,
}
_SCENES = {**RESNET, "image_size": 32}


def _healthy(name: str, sample: str, model: dict[str, Any], rate: float, **fields: Any) -> Case:
    training = {"learning_rate": rate, **fields.pop("training", {})}
    return Case(name, sample, model, training=training, **fields)


def _thinned(splits: Splits) -> Splits:
    """A third of the rows of one class, as real classes differ in size."""
    rarest = min(splits["train"][1])
    kept = {}
    for name, columns in splits.items():
        pairs = list(zip(*columns, strict=True))
        few = [pair for pair in pairs if pair[1] == rarest][::3]
        kept[name] = data.columns([pair for pair in pairs if pair[1] != rarest or pair in few])
    return kept


HEALTHY: tuple[Case, ...] = (
    _healthy("text CNN", "library_docs", TEXT_CNN, 1e-3),
    _healthy(
        "text CNN on 100 film reviews", "imdb_small", {**TEXT_CNN, "sequence_length": 256}, 1e-3
    ),
    _healthy("text CNN on Korean", "korean", TEXT_CNN, 1e-3),
    _healthy("bag of words", "library_docs", BAG, 1e-2),
    _healthy("bag of words on Korean", "korean", BAG, 1e-2),
    _healthy("mean of embeddings", "library_docs", _EMBEDDING, 3e-3),
    _healthy("LSTM", "library_docs", _RECURRENT, 3e-3),
    _healthy(
        "GRU both ways", "library_docs", {**_RECURRENT, "cell": "gru", "bidirectional": True}, 3e-3
    ),
    _healthy("Transformer", "library_docs", _TRANSFORMER, 1e-3),
    _healthy("MiniLM, last layers", "library_docs", MINILM, 5e-4, training={"optimizer": "adamw"}),
    _healthy(
        "MiniLM frozen",
        "imdb_small",
        {**MINILM, "sequence_length": 128, "fine_tuning": "frozen"},
        1e-3,
    ),
    _healthy("MiniLM with LoRA", "library_docs", {**MINILM, "fine_tuning": "lora"}, 1e-3),
    _healthy("ResNet", "digits", RESNET, 3e-3),
    _healthy(
        "ResNet with SGD",
        "digits",
        RESNET,
        0.05,
        training={"optimizer": {"kind": "sgd", "momentum": 0.9}},
    ),
    _healthy("VGG 11", "digits", {**VGG, "depth": 11}, 1e-3),
    _healthy(
        "MobileNet",
        "digits",
        {"kind": "mobilenet", "width_multiplier": 0.25, "stem": "small", "image_size": 32},
        1e-3,
    ),
    _healthy(
        "GoogLeNet",
        "digits",
        {"kind": "googlenet", "width": 0.25, "stem": "small", "image_size": 32},
        1e-3,
    ),
    _healthy(
        "AlexNet",
        "digits",
        {"kind": "alexnet", "width": 0.125, "stem": "small", "image_size": 32},
        1e-3,
    ),
    _healthy("ViT", "digits", VIT, 1e-3),
    _healthy("ResNet, label smoothing", "digits", RESNET, 3e-3, training={"label_smoothing": 0.1}),
    _healthy("text CNN on German news", "german_topics", TEXT_CNN, 1e-3),
    _healthy("bag of words on German news", "german_topics", BAG, 1e-2),
    _healthy("mean of embeddings on German reviews", "german_reviews", _EMBEDDING, 3e-3),
    _healthy("LSTM on German reviews", "german_reviews", _RECURRENT, 3e-3),
    _healthy(
        "German news, classes of unequal size", "german_topics", TEXT_CNN, 1e-3, in_data=_thinned
    ),
    _healthy("text CNN on Korean news", "korean_topics", TEXT_CNN, 1e-3),
    _healthy("Transformer on Korean reviews", "korean_reviews", _TRANSFORMER, 1e-3),
    _healthy("German and Korean together", "two_languages", TEXT_CNN, 1e-3),
    _healthy(
        "text CNN on German news, trained",
        "german_topics",
        TEXT_CNN,
        1e-3,
        training={"epochs": 8, "schedule": {"kind": "cosine", "warmup": 0.1}},
        trains=True,
    ),
    _healthy("ResNet on scenes", "scenes", _SCENES, 3e-3),
    _healthy("VGG 11 on scenes", "scenes", {**VGG, "depth": 11}, 1e-3),
    _healthy("ResNet on photos of all sizes, light and quality", "photos", _SCENES, 3e-3),
    _healthy("ResNet on coloured digits", "coloured_digits", RESNET, 3e-3),
    _healthy("ViT on coloured digits", "coloured_digits", VIT, 1e-3),
    _healthy("ResNet, trained", "digits", RESNET, 3e-3, training={"epochs": 8}, trains=True),
)
"""Published networks at rates that suit them, on data without a fault."""
