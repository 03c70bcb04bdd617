"""Multinomial naive Bayes: how often each label's texts have a token, counted in one pass.

Sources: McCallum and Nigam (1998), "A Comparison of Event Models for Naive Bayes Text
Classification", sections 2 and 3 (the multinomial model, add-k smoothing); Rennie et al. (2003),
"Tackling the Poor Assumptions of Naive Bayes Text Classifiers" (`tf_idf` for the counts); Wang and
Manning (2012), https://aclanthology.org/P12-2018, section 2.1 (`binary` for the counts, and the
log-count ratio).

A text with the weighted counts `x` gets the logit `x . log p(token | label) + log p(label)`, so
the model is linear, and exact: equal to scikit-learn's `MultinomialNB`. Of two labels the logits
differ by Wang and Manning's log-count ratio; of any number of labels a text, each has that ratio of
texts with and without it for its logit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal

import keras
import numpy as np

from models.backbone import Backbone
from models.bounds import Count, Positive
from models.estimator import Batch, Estimator
from models.tensor import Tensor
from models.text import bag_of_words
from models.text import config as text_config

_RESERVED = 2
"""Ids that are no tokens: padding and unknown ones."""
_HALF = 0.5
"""Examples that a label which every text has counts as lacking, so that its odds are finite."""

LEARNS: frozenset[Literal["categories", "category"]] = frozenset({"categories", "category"})
"""What a target column may hold."""
Weights = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class NaiveBayesConfig(text_config.TokenizedConfig):
    """What is counted, and how counts are smoothed."""

    kind: Literal["naive_bayes"] = "naive_bayes"
    """Name of this model."""
    weighting: Literal["binary", "counts", "tf_idf"] = "counts"
    """Whether a token is there, how often, or how often weighed by how rare it is elsewhere."""
    ngrams: Count = 1
    """Longest run of tokens that counts as a token of its own, as of `bag_of_words`."""
    smoothing: Positive = 1.0
    """Added to the count of each token and label, above 0; 1 is Laplace's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_ngrams(self.ngrams)


def build(config: NaiveBayesConfig) -> Backbone:
    """Build the network, whose head is still to be counted.

    Args:
        config: What is counted.

    Returns:
        The backbone, of `token_ids` `(batch, sequence_length)` int32. Layer `features` gives the
        weighted bag `(batch, vocabulary_size)`.
    """
    token_ids = text_config.token_input(config)
    bag = bag_of_words.weighted_bag(config, token_ids)
    x = keras.layers.Identity(name="features")(bag)
    return Backbone("naive_bayes", {"token_ids": token_ids}, x)


encoder = text_config.encoder
measured = bag_of_words.measured


def estimator(config: NaiveBayesConfig, holds: str) -> Estimator:
    """How the head is counted.

    Args:
        config: What is counted.
        holds: What the target column holds, one of `LEARNS`.
    """

    def settle(model: keras.Model, totals: Mapping[str, np.ndarray]) -> keras.Model:
        model.layers[-1].set_weights(_WEIGHTS[holds](totals, config.smoothing))
        return model

    return Estimator(_statistics, settle)


def _statistics(model: keras.Model) -> Batch:
    bag = keras.Model(model.input, model.get_layer("features").output)

    def statistics(inputs: dict[str, Tensor], target: Tensor) -> dict[str, Tensor]:
        counts = bag(inputs, training=False)
        return {
            "tokens": keras.ops.matmul(keras.ops.transpose(target), counts),
            "all_tokens": keras.ops.sum(counts, axis=0),
            "texts": keras.ops.sum(target, axis=0),
            "all_texts": keras.ops.sum(keras.ops.ones_like(target[:, 0])),
        }

    return statistics


def _likelihoods(totals: Mapping[str, np.ndarray], smoothing: float) -> Weights:
    """Of one label a text: `log p(token | label)` and `log p(label)`."""
    texts = totals["texts"]
    return _weights(_logarithms(totals["tokens"], smoothing), np.log(texts / texts.sum()))


def _log_count_ratios(totals: Mapping[str, np.ndarray], smoothing: float) -> Weights:
    """Of any number of labels a text: the same of texts with it against those without it."""
    tokens, texts = totals["tokens"], totals["texts"]
    # Sums of weighted counts differ in their last digits.
    others = np.maximum(totals["all_tokens"] - tokens, 0.0)
    other_texts = np.maximum(totals["all_texts"] - texts, _HALF)
    ratios = _logarithms(tokens, smoothing) - _logarithms(others, smoothing)
    return _weights(ratios, np.log(texts / other_texts))


def _logarithms(tokens: np.ndarray, smoothing: float) -> np.ndarray:
    """Smoothed shares of the tokens of each label, `(labels, tokens)`."""
    smoothed = tokens[:, _RESERVED:] + smoothing
    return np.log(smoothed) - np.log(smoothed.sum(axis=1, keepdims=True))


def _weights(logarithms: np.ndarray, bias: np.ndarray) -> Weights:
    """Kernel `(vocabulary_size, labels)`, in which what is no token has no weight, and bias."""
    return np.pad(logarithms.T, [(_RESERVED, 0), (0, 0)]), bias


_WEIGHTS: dict[str, Callable[[Mapping[str, np.ndarray], float], Weights]] = {
    "categories": _log_count_ratios,
    "category": _likelihoods,
}
"""The weights of the head, by what the target column holds."""
