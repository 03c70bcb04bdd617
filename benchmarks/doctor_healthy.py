"""Healthy cases: the doctor should find nothing to stop for."""

from __future__ import annotations

from typing import Any

from benchmarks.doctor_case import Case
from benchmarks.doctor_faults import BAG, MINILM, RESNET, TEXT_CNN, VGG

_EMBEDDING = {"kind": "embedding_pooling", "sequence_length": 64, "embedding_dim": 32}
_RECURRENT = {"kind": "recurrent", "sequence_length": 48, "embedding_dim": 24, "units": 24}
_TRANSFORMER = {
    "kind": "transformer",
    "sequence_length": 64,
    "hidden_dim": 32,
    "num_heads": 2,
    "mlp_dim": 64,
}
_VIT = {
    "kind": "vit",
    "image_size": 16,
    "patch_size": 4,
    "hidden_dim": 32,
    "num_layers": 2,
    "num_heads": 2,
    "mlp_dim": 64,
}


def _healthy(name: str, sample: str, model: dict[str, Any], rate: float, **fields: Any) -> Case:
    training = {"learning_rate": rate, **fields.pop("training", {})}
    return Case(name, sample, model, training=training, **fields)


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
    _healthy("ViT", "digits", _VIT, 1e-3),
    _healthy("ResNet, label smoothing", "digits", RESNET, 3e-3, training={"label_smoothing": 0.1}),
)
"""Published networks at rates that suit them, on data without a fault."""
