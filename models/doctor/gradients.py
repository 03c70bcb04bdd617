"""Whether gradients reach every weight, and how large they are."""

from __future__ import annotations

import re

import keras
import numpy as np

from models.doctor.examined import Subject
from models.doctor.finding import Finding, drawable
from models.doctor.short_training import Trial

_SMALL_RATE = 1e-4
_KEY_BIAS = re.compile(r"key\w*/bias|k_proj/bias")
_NO_KERNEL = re.compile(r"embedding|/bias$")  # Biases of attention have a row for each head.
_MANY = 0.25
_VANISHING = (1e-4, 1e-6)
_EXPLODING = (1e4, 1e6)
_HUGE = 1e3


def gradient_flow(subject: Subject, trial: Trial) -> tuple[Finding, np.ndarray]:
    """Check that each trained weight gets a finite gradient that is not zero.

    Two steps, because some weights start to learn with the second one: a LoRA matrix `a` has no
    gradient while `b` is zero (Hu et al. 2021, section 4.1).

    Returns:
        The finding, and the norm of the first gradient of each trainable weight.
    """
    name = "gradient_flow"
    steps = [trial.step(subject.sample, _SMALL_RATE) for _ in range(2)]
    trial.restart()
    norms = np.stack([step.norms for step in steps])
    weights = trial.model.trainable_variables
    paths = [weight.path for weight in weights]
    broken = [p for p, norm in zip(paths, norms.T, strict=True) if not np.isfinite(norm).all()]
    # Softmax is the same whatever is added to all its inputs, so these never get one.
    needless = [bool(_KEY_BIAS.search(path)) for path in paths]
    still = [
        path
        for path, norm, is_needless in zip(paths, norms.T, needless, strict=True)
        if not norm.any() and not is_needless
    ]
    reached = len(paths) - len(broken) - len(still)
    evidence = f"Gradients reach {reached} of {len(paths)} trained weights."
    figures = {"broken": broken, "unreached": still}
    if broken:
        finding = Finding(
            name,
            "fail",
            f"{evidence} Not finite: {_some(broken)}.",
            "The first step would turn these weights into no numbers.",
            "Look for divisions, roots and logarithms of 0 in the model's layers, and for inputs "
            "that are no numbers; then set `training.clip_norm: 1.0`.",
            figures,
        )
    elif still:
        finding = Finding(
            name,
            "fail" if len(still) >= _MANY * len(paths) or _has_kernel(still, weights) else "warn",
            f"{evidence} Zero: {_some(still)}.",
            "These weights never change: nothing that the loss sees depends on them, or what "
            "follows is zero (zero weights, ReLUs that are all off).",
            "Use `model.recipe.initializer: he_normal`, look for layers whose output is not "
            "used, or freeze them by `model.fine_tuning`.",
            figures,
        )
    else:
        finding = Finding(name, "pass", evidence, figures=figures)
    return finding, norms[0]


def gradient_norms(subject: Subject, trial: Trial, norms: np.ndarray) -> Finding:
    """Compare the gradients of the first and the last kernels (Glorot and Bengio 2010, fig. 7)."""
    name = "gradient_norms"
    kernels = [
        (weight.path, float(norm))
        for weight, norm in zip(trial.model.trainable_variables, norms, strict=True)
        if len(weight.shape) >= 2 and not _NO_KERNEL.search(weight.path)
    ]
    figures = {"weights": [p for p, _ in kernels], "norm": drawable(n for _, n in kernels)}
    total = float(np.sqrt(np.sum(norms.astype("float64") ** 2)))
    if len(kernels) < 2:
        evidence = f"All gradients together have the norm {total:.2g}; one kernel is trained."
        return Finding(name, "pass", evidence, figures=figures)
    quarter = max(len(kernels) // 4, 1)
    first = float(np.median([norm for _, norm in kernels[:quarter]]))
    last = float(np.median([norm for _, norm in kernels[-quarter:]]))
    ratio = first / last if last else np.inf if first else 0.0
    evidence = (
        f"Gradients of the first kernels have the norm {first:.2g}, of the last {last:.2g}; all "
        f"together {total:.2g}."
    )
    if ratio < _VANISHING[0]:
        return Finding(
            name,
            "fail" if ratio < _VANISHING[1] else "warn",
            evidence,
            "Gradients vanish on their way back: the first layers hardly learn.",
            "Use `model.recipe.activation: relu`, `model.recipe.normalization`, residual "
            "connections (`model.shortcuts: residual`), or fewer layers.",
            figures,
        )
    if ratio > _EXPLODING[0] or total > _HUGE:
        return Finding(
            name,
            "fail" if ratio > _EXPLODING[1] or not total < _HUGE**2 else "warn",
            evidence,
            "Gradients explode on their way back: steps are far too long for the first layers.",
            "Set `training.clip_norm: 1.0`, a smaller `model.recipe.initializer_std`, or "
            "`model.recipe.normalization`.",
            figures,
        )
    return Finding(name, "pass", evidence, figures=figures)


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more


def _has_kernel(paths: list[str], weights: list[keras.Variable]) -> bool:
    wanted = set(paths)
    return any(len(weight.shape) >= 2 for weight in weights if weight.path in wanted)
