"""Figures of texts that were written, as sacreBLEU and ROUGE count.

Sources: Papineni et al. (2002), https://aclanthology.org/P02-1040 (BLEU); Popović (2015),
https://aclanthology.org/W15-3049 (chrF); Post (2018), https://arxiv.org/abs/1804.08771
(sacreBLEU: cased, detokenised texts); Lin (2004), https://aclanthology.org/W04-1013 (ROUGE).
BLEU and chrF of a split are of the counts of all its texts together, not means over texts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.tasks.task import Metric

_TEXT = "text"
_PERCENT = (0.0, 100.0)
_SHARE = (0.0, 1.0)
_ORDERS = 4
_WORDS = re.compile(r"\w+")


def bleu(column: str, tokens: str) -> Metric:
    """Four-gram BLEU, 0 to 100.

    Args:
        column: Of the texts that should have been written.
        tokens: How sacreBLEU parts texts into words.
    """
    from sacrebleu.metrics.bleu import BLEU

    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        """Length of answer and target, right and all n-grams of each order, `(10,)`."""
        counted = _bleu(tokens).corpus_score([written(answer)], [[target[column]]])
        return np.array([counted.sys_len, counted.ref_len, *counted.counts, *counted.totals], float)

    def figure(rows: np.ndarray) -> float:
        found, wanted, *counts = (int(value) for value in rows.sum(0))
        score = BLEU.compute_bleu(counts[:_ORDERS], counts[_ORDERS:], found, wanted, "exp")
        return min(float(score.score), _PERCENT[1])

    return Metric("bleu", True, _PERCENT, (_TEXT,), statistics, figure)


def chrf(column: str) -> Metric:
    """F2 of the runs of up to six characters, 0 to 100."""

    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        (counts,) = _chrf()._extract_corpus_statistics([written(answer)], [[target[column]]])
        return np.array(counts, float)

    def figure(rows: np.ndarray) -> float:
        return float(_chrf()._compute_f_score(rows.sum(0).tolist()))

    return Metric("chrf", True, _PERCENT, (_TEXT,), statistics, figure)


def rouge(column: str, kind: str) -> Metric:
    """Mean F1 of words (`rouge1`), pairs of words (`rouge2`) or the longest run (`rougeL`).

    Words are letters and digits of any language, lower-cased, without stemming.
    """

    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        scores = _rouge(kind).score(target[column], written(answer))
        return np.array([scores[kind].fmeasure])

    return Metric(kind.lower(), True, _SHARE, (_TEXT,), statistics, _mean)


def exact_match(column: str) -> Metric:
    """Share of answers that are the target letter for letter, but for spaces around."""

    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        return np.array([target[column].strip() == written(answer).strip()], float)

    return Metric("exact_match", True, _SHARE, (_TEXT,), statistics, _mean, is_proportion=True)


def distance(target: str, answer: Mapping[str, Any]) -> float:
    """How far a text is from what should have been written: 1 less chrF, 0 to 1."""
    return 1 - float(_chrf().sentence_score(written(answer), [target]).score) / _PERCENT[1]


def signature(tokens: str) -> str:
    """What sacreBLEU says of how its BLEU is counted, with its version."""
    metric = _bleu(tokens)
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature().format())


def written(answer: Mapping[str, Any]) -> str:
    """The text of an answer."""
    return str(np.ravel(answer[_TEXT])[0])


def _mean(rows: np.ndarray) -> float:
    return float(rows.mean())


class _Words:
    """How `rouge_score` wants a text to be parted."""

    def tokenize(self, text: str) -> list[str]:
        return _WORDS.findall(text.lower())


@functools.cache
def _bleu(tokens: str) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=tokens)


@functools.cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


@functools.cache
def _rouge(kind: str) -> Any:
    from rouge_score import rouge_scorer

    return rouge_scorer.RougeScorer([kind], tokenizer=_Words())
