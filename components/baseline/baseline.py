"""What a simple model reaches on the same split: the bar a deep one must clear.

Texts: TF-IDF of words and word pairs (of characters where no text has a word) with a linear model;
of two texts also what both have in common, alone where texts belong together, and of several what
the first has in common with each; parts of texts: those
that training marked; gaps of texts: counts of words; what follows a text: counts of runs of bytes;
texts to write: a table of words and counts of runs of three. Images: thumbnails, by nearest class
centroid for one label, by nearest neighbours otherwise. All beside an answer that looks at no
input.
"""

import dataclasses
import functools
import json
import pathlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.baseline import (
    channel,
    continuation,
    gaps,
    images,
    partners,
    passages,
    phrases,
    prefixes,
    texts,
    words,
)

REPORT = "baseline.json"
"""Name of the report inside the artifact."""

Inputs = Sequence[tuple[bytes, ...]]
"""Of each row: UTF-8 texts or encoded images, in the order of the task's columns."""
Answer = dict[str, Any]
"""As a served model's: `label`, `value`, `labels` with `is_chosen`, entities, answers or `text`."""
Judge = Callable[[Sequence[Any], Sequence[Answer]], float]
"""Targets and answers of the same rows to the task's headline metric."""
_Answering = Callable[[Inputs, Sequence[Any], Inputs], Any]
"""Inputs and targets of the train split and inputs of other rows to the answers to these."""
_Way = _Answering | continuation.Counting
_BY_THE_WORD_BEFORE = ("word that most often follows the one before", gaps.most_frequent_after)
SIMPLE: Mapping[tuple[str, str], tuple[str, _Way]] = {
    ("image", "categories"): ("nearest thumbnails", images.nearest_sets),
    ("image", "category"): ("nearest centroid of thumbnails", images.centroids),
    ("image", "number"): ("nearest thumbnails", images.nearest_numbers),
    ("image", "embedding"): ("cosine of thumbnails", partners.pixels),
    ("image", "reconstruction"): ("mean of each hidden patch", images.own_means),
    ("text", "answers"): ("sentence with most words of the question", passages.most_overlap),
    ("text", "categories"): ("TF-IDF + logistic regressions", texts.logistic_sets),
    ("text", "category"): ("TF-IDF + logistic regression", texts.logistic),
    ("text", "choice"): ("TF-IDF in common + logistic regression", texts.logistic),
    ("text", "embedding"): ("cosine of TF-IDF", partners.tf_idf),
    ("text", "filled_masks"): _BY_THE_WORD_BEFORE,
    ("text", "filled_spans"): _BY_THE_WORD_BEFORE,
    ("text", "number"): ("TF-IDF + ridge regression", texts.ridge),
    ("text", "scored_pieces"): _BY_THE_WORD_BEFORE,
    ("text", "spans"): ("entities seen in training", phrases.known),
    ("text", "texts"): (
        "Kneser-Ney of up to 6 bytes",
        continuation.Counting(continuation.kneser_ney),
    ),
    ("text", "written"): ("IBM model 1 and trigrams, by Bayes", prefixes.apart(channel.by_bayes)),
}
"""The simple model by what the inputs hold and what is learned."""
SIMPLER: Mapping[tuple[str, str], Mapping[str, _Answering]] = {
    ("text", "written"): {
        "IBM model 1, word by word": prefixes.apart(words.word_by_word),
        "the text that is read": words.copied,
    },
}
"""By name what came before it, the better first, of tasks with a history to be shown."""


@dataclasses.dataclass(frozen=True)
class Baseline:
    """Headline metrics on the evaluated split."""

    metric: str
    """Name of the metric."""
    constant: float
    """Of one answer to every row."""
    constant_name: str
    """What that answer is, in words."""
    simple: float
    """Of the simple model."""
    name: str
    """What the simple model is, in words."""
    simpler: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Of what came before it, by what it is in words."""

    @property
    def rows(self) -> list[tuple[str, float]]:
        """All of them in words, the best known first."""
        return [
            (self.name, self.simple),
            *self.simpler.items(),
            (self.constant_name, self.constant),
        ]


def measure(
    reads: str,
    holds: str,
    train: tuple[Inputs, Sequence[Any]],
    evaluated: tuple[Inputs, Sequence[Any]],
    metric: str,
    judge: Judge,
    learn: continuation.Learn,
) -> Baseline:
    """Train the simple model on one split and measure it on another.

    Args:
        reads: What the inputs are, `text` or `image`.
        holds: What is learned: `category`, `categories`, `choice`, `number`, `spans`, `answers`
            or `written` of a target column, or how answers read where there is none.
        train: Inputs and targets: a label, a tuple of labels or spans, a number or None each.
        evaluated: The same of the split to measure on.
        metric: Name of the headline metric.
        judge: Computes it.
        learn: How n-grams are counted.
    """
    inputs, targets = evaluated
    return Baseline(
        metric=metric,
        constant=judge(targets, constant_answers(holds, train, inputs, learn)),
        constant_name=CONSTANT[holds][0],
        simple=judge(targets, simple_answers(reads, holds, train, inputs, learn)),
        name=SIMPLE[reads, holds][0],
        simpler={
            name: judge(targets, answering(*train, inputs))
            for name, answering in SIMPLER.get((reads, holds), {}).items()
        },
    )


def ways(reads: str, holds: str, learn: continuation.Learn) -> dict[str, _Answering]:
    """All that asks for no deep learning, by what it is in words, the simplest first.

    Args:
        reads: What the inputs are.
        holds: What is learned.
        learn: How n-grams are counted.
    """
    return {
        CONSTANT[holds][0]: _answering(CONSTANT[holds][1], learn),
        **dict(reversed([*SIMPLER.get((reads, holds), {}).items()])),
        SIMPLE[reads, holds][0]: lambda rows, targets, inputs: simple_answers(
            reads, holds, (rows, targets), inputs, learn
        ),
    }


def constant_answers(
    holds: str, train: tuple[Inputs, Sequence[Any]], inputs: Inputs, learn: continuation.Learn
) -> list[Answer]:
    """The one answer, to every row.

    Args:
        holds: What is learned.
        train: Inputs and targets to learn from.
        inputs: Rows to answer.
        learn: How n-grams are counted.
    """
    return _answering(CONSTANT[holds][1], learn)(*train, inputs)


def simple_answers(
    reads: str,
    holds: str,
    train: tuple[Inputs, Sequence[Any]],
    inputs: Inputs,
    learn: continuation.Learn,
) -> list[Answer]:
    """The simple model's answers; the one answer where the train split has one target only.

    Args:
        reads: What the inputs are.
        holds: What is learned.
        train: Inputs and targets to learn from.
        inputs: Rows to answer.
        learn: How n-grams are counted.
    """
    if len(set(train[1])) == 1 and train[1][0] is not None:
        return constant_answers(holds, train, inputs, learn)
    return _answering(SIMPLE[reads, holds][1], learn)(*train, inputs)


def write(baseline: Baseline, directory: pathlib.Path) -> None:
    """Write the report into an artifact's folder."""
    (directory / REPORT).write_text(json.dumps(dataclasses.asdict(baseline), indent=2))


def read(directory: pathlib.Path) -> Baseline:
    """Read the report back."""
    return Baseline(**json.loads((directory / REPORT).read_text()))


def _answering(way: _Way, learn: continuation.Learn) -> _Answering:
    """A way that knows how n-grams are counted, if it stands on them."""
    if isinstance(way, continuation.Counting):
        return functools.partial(way.answer, learn)
    return way


def _most_frequent(labels: Sequence[str]) -> Answer:
    return {"label": _most_common(labels)}


def _most_common(values: Sequence[Any]) -> Any:
    return Counter(values).most_common(1)[0][0]


def _median(values: Sequence[float]) -> Answer:
    return {"value": sorted(values)[len(values) // 2]}


def _most_frequent_set(labels: Sequence[tuple[str, ...]]) -> Answer:
    chosen = _most_common([tuple(sorted(row)) for row in labels])
    return {"labels": chosen, "is_chosen": [True] * len(chosen)}


def _alike(answer: Callable[[Sequence[Any]], Answer]) -> _Answering:
    """One answer, made of all targets, to every row."""
    return lambda rows, targets, inputs: [answer(targets)] * len(inputs)


CONSTANT: Mapping[str, tuple[str, _Way]] = {
    "answers": ("no answer", _alike(lambda rows: passages.answer(""))),
    "categories": ("most frequent labels", _alike(_most_frequent_set)),
    "category": ("most frequent label", _alike(_most_frequent)),
    "choice": ("most frequent place", _alike(_most_frequent)),
    "embedding": ("the same vector for all", partners.same),
    "filled_masks": ("most frequent word", gaps.most_frequent),
    "filled_spans": ("most frequent word", gaps.most_frequent),
    "number": ("median", _alike(_median)),
    "reconstruction": ("mean of each hidden patch", images.own_means),
    "scored_pieces": ("most frequent word", gaps.most_frequent),
    "spans": ("no entity", _alike(lambda rows: phrases.answer([]))),
    "texts": ("how frequent each byte is", continuation.Counting(continuation.frequent)),
    "written": ("most frequent text", _alike(lambda rows: words.answer(_most_common(rows)))),
}
"""What looks at no input, by what is learned."""
