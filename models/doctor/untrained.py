"""Checks that cost one answer of the untrained model: sizes, first loss, noise."""

from __future__ import annotations

import math

import keras
import numpy as np

from models.doctor.examined import Subject
from models.doctor.finding import Finding, Verdict
from models.finetuning import trainable

_HIGH_DROPOUT = 0.8
_TOO_HIGH_DROPOUT = 0.9
_GROWTH_OF_A_SUM = 1.5
_OFF = 1.5  # Nats above log C: a variance of 3.
_FAR_OFF = 5.0


def parameters(subject: Subject) -> Finding:
    """Count what trains and what does not; nothing to train fails."""
    counts = trainable.trainable_counts(subject.model)
    evidence = f"{counts.trainable:,} parameters are trained, {counts.frozen:,} are not."
    figures = {"trainable": counts.trainable, "frozen": counts.frozen}
    if counts.trainable:
        return Finding("parameters", "pass", evidence, figures=figures)
    return Finding(
        "parameters",
        "fail",
        evidence,
        "Everything is frozen, so training changes nothing.",
        "Choose another `model.fine_tuning`, for example `partial`; `frozen` still trains the "
        "head, so a model whose head is frozen too was changed in code.",
        figures,
    )


def initial_loss(subject: Subject) -> Finding:
    """Compare the first loss with that of a model that knows nothing, and guess why it is off.

    A model with a fresh head should give about the same logit to each class, so that the
    cross-entropy is log C (Karpathy, "A Recipe for Training Neural Networks", 2019, and CS231n,
    "Neural networks part 3": sanity checks). Logits of variance v add about v / 2.
    """
    name, sample = "initial_loss", subject.sample
    classes = subject.model.output.shape[-1]
    wrong = _wrong_labels(sample.ids, classes)
    if wrong:
        return Finding(name, "fail", *wrong)
    logits = subject.first_logits()
    loss = float(subject.loss(sample.labels, logits))
    expected = math.log(classes)
    figures = {
        "expected": expected,
        "entropy": label_entropy(sample.ids),
        "loss": loss if math.isfinite(loss) else None,
    }
    evidence = (
        f"The first loss is {loss:.3f}; equal logits would give log {classes} = {expected:.3f}, "
        f"knowing the labels' shares alone {figures['entropy']:.3f}."
    )
    cause = _cause(subject, logits, loss, expected)
    if cause is None:
        return Finding(name, "pass", evidence, figures=figures)
    verdict, meaning, fix = cause
    return Finding(name, verdict, evidence, meaning, fix, figures)


def dropout(subject: Subject) -> Finding:
    """Look for dropout that leaves next to nothing of a layer."""
    rates = {
        layer.name: float(layer.rate)
        for layer in subject.model._flatten_layers()
        if isinstance(layer, keras.layers.Dropout)
    }
    figures = {"layers": list(rates), "rates": list(rates.values())}
    name, highest = max(rates.items(), key=lambda item: item[1], default=("", 0.0))
    if highest <= _HIGH_DROPOUT:
        evidence = f"The highest dropout rate is {highest:g}."
        return Finding("dropout", "pass", evidence, figures=figures)
    return Finding(
        "dropout",
        "fail" if highest > _TOO_HIGH_DROPOUT else "warn",
        f"Layer {name!r} drops {highest:.0%} of its inputs in each step.",
        "What is left changes so much from step to step that little is learned from it.",
        "Lower `dropout` (in `model` or `model.recipe`); 0.1 to 0.5 is usual.",
        figures,
    )


def label_entropy(ids: np.ndarray) -> float:
    """Entropy of the labels' shares in nats: the least loss without looking at any input."""
    shares = np.unique(ids, return_counts=True)[1] / len(ids)
    return float(-(shares * np.log(shares)).sum())


def _wrong_labels(ids: np.ndarray, classes: int) -> tuple[str, str, str] | None:
    """Evidence, meaning and fix if a label has no logit; -1 stands for an unknown label."""
    low, high = int(ids.min()), int(ids.max())
    if low >= -1 and high < classes:
        return None
    return (
        f"Labels run from {low} to {high}, but the model has logits for 0 to {classes - 1}.",
        "Labels and classes do not match, for example because labels are counted from 1.",
        "Count labels from 0; `task.label` must name the column that the labels were learned from.",
    )


def _cause(
    subject: Subject, logits: np.ndarray, loss: float, expected: float
) -> tuple[Verdict, str, str] | None:
    """Verdict, meaning and fix of a first loss that is off."""
    sample = subject.sample
    if not math.isfinite(loss) or not np.isfinite(logits).all():
        return (
            "fail",
            f"The model answers no number for {int((~np.isfinite(logits)).any(-1).sum())} of "
            f"{sample.size} examples: either inputs are no numbers, or weights are far too large.",
            "Look for missing values in the data; then lower `model.recipe.initializer_std`.",
        )
    if logits.min() >= 0 and np.allclose(logits.sum(-1), 1, atol=1e-3):
        return (
            "fail",
            "The outputs are probabilities already (they sum to 1), and the loss applies softmax "
            "again: it can hardly fall, and gradients are small.",
            "Leave the activation of the layer `logits` linear.",
        )
    half = sample.first(max(sample.size // 2, 1))
    once = float(subject.loss(half.labels, logits[: half.size]))
    rows = np.tile(np.arange(half.size), 2)
    twice = float(subject.loss(half.at(rows).labels, logits[rows]))
    if once > 0 and twice / once > _GROWTH_OF_A_SUM:
        return (
            "fail",
            f"The loss grows with the batch (twice the examples: {twice / once:.2f} times): it is "
            "a sum instead of a mean, so the gradient is as many times too large as there are "
            "examples in a batch.",
            "Reduce the loss by the mean over the batch, or divide `training.learning_rate` by "
            "`training.batch_size`.",
        )
    verdict: Verdict
    if loss - expected > _FAR_OFF + expected:
        verdict = "fail"
    elif loss - expected > _OFF:
        verdict = "warn"
    else:
        return None
    return (
        verdict,
        f"Logits have a standard deviation of {logits.std():.2f} before training: the model is "
        "sure of itself without having seen anything, and must unlearn that first.",
        "Choose a smaller `model.recipe.initializer_std` or another `model.recipe.initializer`, "
        "add `model.recipe.normalization`, or let `model.pixels` scale the images.",
    )
