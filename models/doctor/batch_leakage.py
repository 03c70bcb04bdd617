"""Whether an answer depends on its own example, and on no other."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.doctor.examined import Sample, Subject
from models.doctor.finding import Finding

_ROUNDING = 1e-3  # Of the largest output; padding and other kernels move the last digits.
_NOT_AT_ALL = 1e-6  # Little above what float32 can tell.
_HARDLY = 1e-3
_TINY = 1e-30


def batch_leakage(subject: Subject) -> Finding:
    """Change one example of a batch; the other answers must stay (Karpathy 2019, backprop chart).

    In inference only: in training, batch normalisation mixes examples by design.
    """
    name, outputs = "batch_leakage", subject.outputs
    size = subject.sample.size
    if size < 2:  # Nothing to leak to.
        return Finding(name, "pass", "The sample has one example only.")
    # The last example becomes a copy of another; the order of the others turns around.
    changed = np.concatenate([np.arange(size - 1)[::-1], [0]])
    answers = np.asarray(subject.model(subject.sample.at(changed).inputs, training=False))
    off = np.abs(answers - outputs[changed]).max(-1)
    scale = max(float(np.abs(outputs).max()), _TINY)
    worst = float(off.max()) / scale
    evidence = (
        f"In another order and with one example replaced, the outputs of {size} examples differ by "
        f"at most {worst:.1e} of their size."
    )
    figures = {"difference": worst}
    if worst <= _ROUNDING or not np.isfinite(worst):
        return Finding(name, "pass", evidence, figures=figures)
    return Finding(
        name,
        "fail",
        evidence,
        f"{int((off > _ROUNDING * scale).sum())} of {size} answers depend on the rest of their "
        "batch: a layer mixes up the batch axis with another, or normalises over it when it "
        "answers. A served request would be answered differently alone.",
        "Look for reshapes and transpositions that touch the first axis in the layers of "
        "`model.kind`.",
        figures,
    )


def input_dependence(subject: Subject) -> Finding:
    """Check that different examples get different outputs."""
    name, outputs = "input_dependence", subject.outputs
    kinds = num_different(subject.sample)
    if kinds < 2 <= subject.sample.size:
        return Finding(
            name,
            "fail",
            f"All {subject.sample.size} examples of the sample have the same inputs.",
            "There is nothing to tell the targets apart by.",
            "Look at `task` (the right column?), `data.source` and, for texts, whether "
            "`model.sequence_length` or the vocabulary leaves anything of them.",
        )
    scale = max(float(np.abs(outputs).mean()), _TINY)
    spread = float(outputs.std(0).mean()) / scale
    evidence = (
        f"Outputs for {kinds} different examples vary by {spread:.1e} of their size "
        "(standard deviation over examples)."
    )
    figures = {"spread": spread if np.isfinite(spread) else None}
    if spread > _HARDLY or not np.isfinite(spread):
        return Finding(name, "pass", evidence, figures=figures)
    return Finding(
        name,
        "fail" if spread < _NOT_AT_ALL else "warn",
        evidence,
        "The answer does not depend on the input before training: signals die out on their way "
        "(zero weights, or many squashing layers), and gradients will too.",
        "Use `model.recipe.initializer: he_normal`, an `activation` such as relu, "
        "`normalization`, or fewer layers.",
        figures,
    )


def num_different(sample: Sample) -> int:
    """Number of examples that differ from one another."""
    rows = zip(*(tf.unstack(value) for value in sample.inputs.values()), strict=True)
    return len({tuple(part.numpy().tobytes() for part in map(_numeric, row)) for row in rows})


def _numeric(value: tf.Tensor) -> tf.Tensor:
    """Strings as fingerprints: their NumPy arrays hold pointers."""
    return tf.strings.to_hash_bucket_fast(value, 2**62) if value.dtype == tf.string else value
