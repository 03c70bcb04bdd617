"""The sentence of a context that shares most words with the question.

Source: the sliding-window baseline of Richardson et al. (2013), "MCTest",
https://aclanthology.org/D13-1020, section 5, which Rajpurkar et al. (2016),
https://arxiv.org/abs/1606.05250, section 5.1, hold SQuAD against; here a window is a sentence.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

_WORDS = re.compile(r"\w+")
_SENTENCE = re.compile(r"[^\s.!?。？！][^\n]*?(?:[.!?。？！]+(?=\s|$)|(?=\n)|$)", re.MULTILINE)


def most_overlap(
    rows: Sequence[tuple[bytes, ...]], targets: Sequence[Any], queries: Sequence[tuple[bytes, ...]]
) -> list[dict[str, Any]]:
    """Answer with a sentence each; see `baseline.measure`. Nothing is learned."""
    del rows, targets
    return [_answer(*(text.decode("utf-8", "replace") for text in query)) for query in queries]


def answer(text: str) -> dict[str, Any]:
    """A text as a model answers it."""
    return {"answer": [text], "answer_length": 1}


def _answer(question: str, context: str) -> dict[str, Any]:
    sentences = [found.group().strip() for found in _SENTENCE.finditer(context)] or [context]
    words = [set(_WORDS.findall(sentence.lower())) for sentence in sentences]
    counts = Counter(word for one in words for word in one)
    asked = set(_WORDS.findall(question.lower()))
    # Rare words of the context tell more: the paper's inverse count.
    scores = [sum(math.log(1 + 1 / counts[word]) for word in asked & one) for one in words]
    return answer(sentences[scores.index(max(scores))])
