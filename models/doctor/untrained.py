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

    What a task expects of outputs that know nothing is in `models/tasks/expected.py`.
    """
    name, sample, expected = "initial_loss", subject.sample, subject.expected
    targets = sample.targets.numpy()
    wrong = expected.check_targets(targets, subject.model.output.shape[-1])
    if wrong:
        return Finding(name, "fail", *wrong)
    outputs = subject.first_outputs()
    loss = float(subject.loss(sample.targets, outputs))
    figures = {
        "expected": expected.loss,
        "constant": expected.constant_loss(targets),
        "loss": loss if math.isfinite(loss) else None,
    }
    evidence = (
        f"The first loss is {loss:.3f}; {expected.reason} = {expected.loss:.3f}, "
        f"{expected.constant} {figures['constant']:.3f}."
    )
    cause = _cause(subject, outputs, loss)
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


def _cause(subject: Subject, outputs: np.ndarray, loss: float) -> tuple[Verdict, str, str] | None:
    """Verdict, meaning and fix of a first loss that is off."""
    sample = subject.sample
    if not math.isfinite(loss) or not np.isfinite(outputs).all():
        return (
            "fail",
            f"The model answers no number for {int((~np.isfinite(outputs)).any(-1).sum())} of "
            f"{sample.size} examples: either inputs are no numbers, or weights are far too large.",
            "Look for missing values in the data; then lower `model.recipe.initializer_std`.",
        )
    wrong = subject.expected.check_outputs(outputs)
    if wrong:
        return "fail", *wrong
    half = sample.first(max(sample.size // 2, 1))
    once = float(subject.loss(half.targets, outputs[: half.size]))
    rows = np.tile(np.arange(half.size), 2)
    twice = float(subject.loss(half.at(rows).targets, outputs[rows]))
    if once > 0 and twice / once > _GROWTH_OF_A_SUM:
        return (
            "fail",
            f"The loss grows with the batch (twice the examples: {twice / once:.2f} times): it is "
            "a sum instead of a mean, so the gradient is as many times too large as there are "
            "examples in a batch.",
            "Reduce the loss by the mean over the batch, or divide `training.learning_rate` by "
            "`training.batch_size`.",
        )
    # The targets of a sample may be harder than those of the whole split.
    nothing = float(subject.loss(sample.targets, np.zeros_like(outputs)))
    excess = loss - max(subject.expected.loss, nothing)
    warns, fails = subject.expected.excess
    if excess <= warns:
        return None
    return (
        "fail" if excess > fails else "warn",
        f"Outputs have a standard deviation of {outputs.std():.2f} before training: the model is "
        "sure of itself without having seen anything, and must unlearn that first.",
        "Choose a smaller `model.recipe.initializer_std` or another `model.recipe.initializer`, "
        "add `model.recipe.normalization`, or let `model.pixels` scale the images.",
    )
