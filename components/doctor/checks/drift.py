"""Whether other splits look like the training rows, feature by feature."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from components.doctor.finding import Finding
from components.doctor.image.pictures import Pictures
from components.doctor.setting import Setting

NAME = "drift"
_NO_SETTING = Setting()
_SURE = 1e-3  # probability of a false alarm, for all features of a split together
_APART = 0.2  # largest distance of two distribution functions that is let pass
_LABELS_APART = 0.15  # share of rows whose label would have to change
_EXACT = 10_000  # product of two splits' rows below which probabilities are computed exactly
_PERMUTATIONS = 499
_SURE_OF_EMBEDDINGS = 0.005  # of 500 orders, at most the two best
EMBEDDED = 500
"""Rows of each split whose embeddings are compared."""
_WORD = re.compile(r"\w+")


def text_features(texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Simple numbers of each text, `(texts,)` each."""
    counted = [_count(text) for text in texts]
    names = ("characters", "words", "word_length", "upper_case", "digits", "signs", "non_ascii")
    return dict(zip(names, np.array(counted, float).reshape(-1, len(names)).T, strict=True))


def _count(text: str) -> tuple[float, ...]:
    words = _WORD.findall(text)
    visible = max(len("".join(text.split())), 1)
    return (
        len(text),
        len(words),
        sum(map(len, words)) / max(len(words), 1),
        sum(map(str.isupper, text)) / visible,
        sum(map(str.isdigit, text)) / visible,
        1 - sum(map(str.isalnum, "".join(text.split()))) / visible,
        sum(character > "\x7f" for character in text) / visible,
    )


def image_features(pictures: Pictures) -> dict[str, np.ndarray]:
    """Simple numbers of each image, `(images,)` each."""
    grey, color = pictures.grey.astype(np.float32), pictures.color.astype(np.float32)
    edges = np.abs(np.diff(grey, axis=2)).mean((1, 2)) + np.abs(np.diff(grey, axis=1)).mean((1, 2))
    return {
        "width": pictures.sizes[:, 0].astype(float),
        "height": pictures.sizes[:, 1].astype(float),
        "brightness": grey.mean((1, 2)),
        "contrast": grey.std((1, 2)),
        "edges": edges,
        "saturation": (color.max(3) - color.min(3)).mean((1, 2)),
        "red": color[..., 0].mean((1, 2)),
        "green": color[..., 1].mean((1, 2)),
        "blue": color[..., 2].mean((1, 2)),
    }


def drift(
    features: Mapping[str, Mapping[str, np.ndarray]],
    labels: Mapping[str, Sequence[str]] | None,
    embeddings: Mapping[str, np.ndarray] | None,
    seed: int,
    setting: Setting = _NO_SETTING,
) -> Finding:
    """Compare each split with the training rows: simple features, labels, embeddings.

    Features by the two-sample Kolmogorov-Smirnov test with Bonferroni's correction, labels by a
    chi-squared test, embeddings by the maximum mean discrepancy and permutations. Features and
    labels must also differ by much, since in many rows every difference is certain.

    Args:
        features: By split and name, `(rows,)` each; `train` and at least one more.
        labels: By split; None: not compared.
        embeddings: By split, `(rows, dim)`; None: not compared.
        seed: Of the permutations.
        setting: How the rows came into their splits.

    Returns:
        `warn` where anything differs; figures `features` (`ks` and `p` by split and name),
        `labels` (`distance` and `p` by split), `embeddings` (`mmd2` and `p` by split).

    Source:
        Rabanser et al. (2019), "Failing Loudly", https://arxiv.org/abs/1810.11953, section 3;
        Gretton et al. (2012), "A Kernel Two-Sample Test", JMLR 13, lemma 6 and section 8.
    """
    others = [split for split in features if split != "train"]
    by_feature = {s: _compare_features(features["train"], features[s]) for s in others}
    by_label = {s: _compare_labels(labels["train"], labels[s]) for s in others if labels}
    by_embedding = {
        split: _compare_embeddings(embeddings["train"], embeddings[split], seed)
        for split in others
        if embeddings
    }
    apart = [
        (split, f"{name} of {split} ({found['ks']:.2f})")
        for split, all_found in by_feature.items()
        for name, found in all_found.items()
        if found["ks"] > _APART and found["p"] < _SURE / len(all_found)
    ]
    apart += [
        (split, f"labels of {split} ({found['distance']:.0%} of them)")
        for split, found in by_label.items()
        if found["distance"] > _LABELS_APART and found["p"] < _SURE
    ]
    apart += [
        (split, f"embeddings of {split} (p = {found['p']:.3f})")
        for split, found in by_embedding.items()
        if found["p"] < _SURE_OF_EMBEDDINGS
    ]
    figures = {"features": by_feature, "labels": by_label, "embeddings": by_embedding}
    if not apart:
        largest = max(
            found["ks"] for all_found in by_feature.values() for found in all_found.values()
        )
        evidence = (
            f"No feature of {', '.join(others)} is distributed otherwise than in train (largest "
            f"Kolmogorov-Smirnov distance {largest:.2f})."
        )
        return Finding(NAME, "pass", evidence, figures=figures)
    return Finding(
        NAME,
        "warn",
        f"Otherwise distributed than in train: {', '.join(told for _, told in apart)}.",
        "The split is no sample of what the model learns from, so metrics on it say how the model "
        "does elsewhere.",
        f"{setting.divide_alike(apart[0][0])}; or, if the difference is meant, add rows of that "
        "kind to the training part.",
        figures,
    )


def _compare_features(
    train: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    tests = {name: _kolmogorov_smirnov(train[name], other[name]) for name in train}
    return {
        name: {"ks": float(found.statistic), "p": float(found.pvalue)}
        for name, found in tests.items()
    }


def _kolmogorov_smirnov(train: np.ndarray, other: np.ndarray) -> Any:
    # The asymptotic distribution takes any difference of a few rows for certain.
    method = "exact" if len(train) * len(other) < _EXACT else "asymp"
    return stats.ks_2samp(train, other, method=method)


def _compare_labels(train: Sequence[str], other: Sequence[str]) -> dict[str, float]:
    counts = [Counter(train), Counter(other)]
    names = sorted(counts[0].keys() | counts[1].keys())
    table = np.array([[found[name] for name in names] for found in counts])
    shares = table / table.sum(axis=1, keepdims=True)
    return {
        "distance": float(np.abs(shares[0] - shares[1]).sum() / 2),
        "p": float(stats.chi2_contingency(table).pvalue),
    }


def _compare_embeddings(train: np.ndarray, other: np.ndarray, seed: int) -> dict[str, float]:
    """Squared discrepancy under a Gaussian kernel of median width, and how rare it is."""
    points = np.concatenate([train[:EMBEDDED], other[:EMBEDDED]]).astype(np.float64)
    # A model that gives no numbers is a finding of the checks of the model.
    points = np.nan_to_num(points, nan=0.0, posinf=0.0, neginf=0.0)
    squares = np.sum(points**2, axis=1)
    distances = np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)
    width = np.median(distances[distances > 0]) if np.any(distances > 0) else 1.0
    kernel = np.exp(-distances / width)
    signs = np.full(len(points), -1 / len(other[:EMBEDDED]))
    signs[: len(train[:EMBEDDED])] = 1 / len(train[:EMBEDDED])
    rng = np.random.default_rng(seed)
    orders = np.array([signs, *(rng.permutation(signs) for _ in range(_PERMUTATIONS))])
    found = np.einsum("ij,ij->i", orders @ kernel, orders)
    return {"mmd2": float(found[0]), "p": float(np.mean(found >= found[0] - 1e-12))}
