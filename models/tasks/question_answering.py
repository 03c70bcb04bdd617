"""A question and a text in, the parts of the text that answer it out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le

from models.backbone import PLACES, Backbone, Provided
from models.tasks import answers, endpoints, expected
from models.tasks.answering import metrics
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.tagging import units as splitting
from models.tasks.task import (
    QUESTION,
    TARGET,
    UNITS,
    Batch,
    Column,
    Evaluated,
    Facts,
    Metric,
    Objective,
    Shown,
    Sides,
    Training,
)

_SHORTEST = 6
"""Tokens of a model: those that presets put around and between two texts, and one of each."""


@dataclasses.dataclass(frozen=True)
class QuestionAnswering:
    """Find the answer to a question in a text that holds it: extractive question answering."""

    kind: Literal["question_answering"]
    """Kind of task."""
    question: str = "question"
    """Column with the question, UTF-8."""
    context: str = "context"
    """Column with the text that holds the answer, UTF-8, however long."""
    answers: str = "answers"
    """Column with the answers: a text, or lists of `text` and `answer_start` in code points of the
    context; the first is learned, all count as right."""
    units: Literal["words", "characters"] = "words"
    """What an answer begins and ends with: `words` are runs of letters and digits, other signs by
    themselves; `characters` suit languages that glue words together, such as Korean."""
    unanswerable: bool = False
    """Whether a context may hold no answer; rows without one are then learned, else refused."""
    longest: Annotated[int, Ge(1), Le(1000)] = 30
    """Most units of an answer."""
    top_k: Annotated[int, Ge(1), Le(100)] = 5
    """Answers that are given at most, the best first; none overlaps another."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        return (
            Column(self.question, "text", "input", "question", served_as="question"),
            Column(self.context, "text", "input", "context", served_as="context"),
            Column(
                self.answers,
                "answers",
                "target",
                "answers",
                within=self.context,
                is_required=not self.unanswerable,
            ),
        )

    @property
    def needs(self) -> Provided:
        """A vector for each token."""
        return "tokens"

    @property
    def sides(self) -> Sides:
        """None: all inputs are read together."""
        return ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """F1 of words and of characters, exact match."""
        makers = (metrics.f1, metrics.exact_match, metrics.character_f1)
        return tuple(make(self.answers) for make in makers)

    @property
    def shown_as(self) -> Shown:
        """How people read an answer."""
        return "answers"

    @property
    def monitored(self) -> Mapping[str, Literal["max", "min"]]:
        """Loss on the eval split, or the share of right answers."""
        return {"val_loss": "min", "val_accuracy": "max"}

    def check_training(self, training: Training) -> None:
        """Refuse what is about one label an example."""
        if training.class_weights is not None:
            raise ValueError(
                "`training.class_weights` weighs examples by their one label, but here they have "
                f"the place of an answer. Received: class_weights={training.class_weights!r}. "
                "Leave it out."
            )
        if training.label_smoothing:
            raise ValueError(
                "`training.label_smoothing` spreads the target over all labels, but most places "
                f"of a text are no answer. Received: label_smoothing={training.label_smoothing}. "
                "Leave it out."
            )

    def check(self, facts: Facts) -> None:
        """Refuse a model that has no room for a text beside its question."""
        if facts.sizes[UNITS] < _SHORTEST:
            raise ValueError(
                "A model that answers questions reads the question and a part of the text at once: "
                f"`model.sequence_length` must be at least {_SHORTEST}, and is better some "
                f"hundreds. Received: {facts.sizes[UNITS]}"
            )

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """The question, and the context's units, ragged."""
        question, context = features["text"], features["text_2"]
        return {QUESTION: question, UNITS: splitting.split(context, self.units).words}

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """The same of a part that holds the answer, and its first and last unit `(batch, 2)`."""
        from models.tasks.answering import targets

        question, context = features["text"], features["text_2"]
        found = splitting.split(context, self.units)
        words, target = targets.around(
            found.words, targets.of_answers(features[TARGET], found), question, facts.sizes[UNITS]
        )
        return Batch({QUESTION: question, UNITS: words}, target)

    def soften(self, target: Any, facts: Facts) -> Any:
        """Refused: texts cannot be mixed."""
        raise ValueError(
            f"Places of answers cannot be mixed: expected targets of images. Received: {target}"
        )

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Logits of first and last unit `(batch, units, 2)`, and of no answer below them."""
        import keras

        from models.tasks.answering.head import AmongUnits

        logits = backbone.head(2, "logits")(backbone.at_units)
        logits = AmongUnits(name="among_units")([logits, backbone.inputs[PLACES]])
        if not self.unanswerable:
            return logits
        none = keras.layers.Reshape((1, 2))(backbone.head(2, "no_answer")(backbone.at_first))
        return keras.layers.Concatenate(axis=1, name="outputs")([logits, none])

    def objective(self, facts: Facts, training: Training) -> Objective:
        """Cross-entropy of first and last unit, and the share of answers that are both right."""
        from models.tasks.answering import losses

        return Objective(
            losses.SpanCrossEntropy(self.unanswerable), [losses.SpanAccuracy(self.unanswerable)]
        )

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expected.of_answers(facts.sizes[UNITS], has_none=self.unanswerable)

    def class_weights(
        self, training: Training, facts: Facts, targets: Callable[[], np.ndarray]
    ) -> dict[int, float] | None:
        """None: an example has no class."""
        return None

    def settle(self, facts: Facts, evaluated: Evaluated) -> Facts:
        """By how much "no answer" must exceed the best answer, if there may be none."""
        if not self.unanswerable:
            return facts
        from models.tasks.answering import no_answer

        outputs, targets = evaluated()
        chosen = no_answer.threshold(outputs, targets, self.longest)
        return dataclasses.replace(facts, thresholds={self.answers: (chosen,)})

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """Answers in the context as it is."""
        from models.tasks.answering import decoding

        (threshold,) = facts.thresholds.get(self.answers, (0.0,))

        def answer(raw: Mapping[str, Any]) -> Mapping[str, Any]:
            found = splitting.split(raw["context"], self.units)
            logits, none = network.of_units({QUESTION: raw["question"], UNITS: found.words})
            best = decoding.best(
                raw["context"], found, logits, none, self.longest, self.top_k, threshold
            )
            padded: dict[str, Any] = {}
            for name, values in best.items():
                padded |= answers.padded(name, values, None)
            return padded

        return Endpoints({endpoints.DEFAULT: answer}, endpoints.DEFAULT)
