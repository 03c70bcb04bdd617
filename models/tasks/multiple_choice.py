"""A text and several that may go with it in, the one that does out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from models.backbone import Backbone
from models.tasks import endpoints, expected
from models.tasks.category import OneLabel
from models.tasks.endpoints import Endpoints, Network
from models.tasks.expected import Expected
from models.tasks.task import TARGET, Batch, Column, Facts, Sides, Training

_UNKNOWN = -1


@dataclasses.dataclass(frozen=True)
class MultipleChoice(OneLabel):
    """Choose the text that goes with another one: an ending of a story, an answer of a test.

    Each choice is read with the text, by the same weights, and gets one number; the choices of an
    example are told apart by a softmax over theirs. Radford et al. (2018), "Improving Language
    Understanding by Generative Pre-Training", section 3.3 ("Question Answering and Commonsense
    Reasoning").
    """

    kind: Literal["multiple_choice"]
    """Kind of task."""
    text: str = "text"
    """Column with what the choices go with, UTF-8."""
    choices: dict[str, str] = dataclasses.field(
        default_factory=lambda: {"1": "choice_1", "2": "choice_2"}
    )
    """Columns with the choices, UTF-8, each by what the cells of `label` call it, such as
    `{1: ending_1, 2: ending_2}` or `{A: a, B: b, C: c, D: d}`; at least two."""
    label: str = "label"
    """Column that names the right choice; numbers are read as their decimal text."""

    def __post_init__(self) -> None:
        columns = [self.text, *self.choices.values()]
        if len(self.choices) < 2 or len(set(columns)) < len(columns):
            raise ValueError(
                "`choices` must name at least two columns, each once, and none that is `text`. "
                f"Received: text={self.text!r}, choices={self.choices}"
            )

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read."""
        choices = [
            Column(column, "text", "input", "choices", served_as=f"choice_{number}")
            for number, column in enumerate(self.choices.values(), 1)
        ]
        return (
            Column(self.text, "text", "input", "text", served_as="text"),
            *choices,
            Column(self.label, "choice", "target", "label"),
        )

    @property
    def sides(self) -> Sides:
        """The text with each choice."""
        return tuple((0, number) for number in range(1, len(self.choices) + 1))

    def check_training(self, training: Training) -> None:
        """Refuse what is about labels that mean the same in all examples."""
        if training.class_weights is not None:
            raise ValueError(
                "`training.class_weights` weighs labels, but those of choices only say where the "
                f"right one stands. Received: class_weights={training.class_weights!r}. "
                "Leave it out."
            )

    def check(self, facts: Facts) -> None:
        """Refuse labels that name no choice."""
        odd = [name for name in facts.vocabularies[self.label] if name not in self.choices]
        if odd:
            raise ValueError(
                f"The column `{self.label}` names the right choice: expected one of "
                f"{', '.join(self.choices)}. Received also: {', '.join(map(repr, odd[:5]))}. Name "
                "each choice's column in `task.choices` by what the cells call it."
            )

    def batch(self, features: dict[str, Any], facts: Facts) -> Batch:
        """Place of the right choice `(batch,)` int64; -1, which weighs nothing, if unknown."""
        import tensorflow as tf

        inputs = dict(features)
        known = [*self.choices]
        places = [known.index(name) for name in facts.vocabularies[self.label]]
        ids = tf.reshape(tf.cast(inputs.pop(TARGET), tf.int64), (-1,))
        # One place more, so that -1 is the last.
        target = tf.gather(tf.constant([*places, _UNKNOWN], tf.int64), ids % (len(places) + 1))
        return Batch(inputs, target)

    def soften(self, target: Any, facts: Facts) -> Any:
        """Shares of the choices `(batch, choices)`."""
        import tensorflow as tf

        return tf.one_hot(target, len(self.choices))

    def head(self, backbone: Backbone, facts: Facts) -> Any:
        """Logits `(batch, choices)`, each of its own vector."""
        import keras

        each = backbone.head(1, "choice_logits")(backbone.vector)
        return keras.layers.Reshape((len(self.choices),), dtype="float32", name="logits")(each)

    def expected(self, facts: Facts) -> Expected:
        """Cross-entropy of equal logits."""
        return expected.of_classes(len(self.choices))

    def class_weights(
        self, training: Training, facts: Facts, targets: Callable[[], np.ndarray]
    ) -> dict[int, float] | None:
        """None: where the right choice stands is no class."""
        return None

    def endpoints(self, network: Network, facts: Facts) -> Endpoints:
        """The right choice; a text has no vector of its own."""
        return Endpoints(
            {endpoints.DEFAULT: lambda raw: self.answers(network.of_inputs(raw)["outputs"], facts)},
            endpoints.DEFAULT,
        )

    def answers(self, outputs: Any, facts: Facts) -> dict[str, Any]:
        """The right choice's name with its probability, and all of them in the YAML's order."""
        named = dataclasses.replace(facts, vocabularies={self.label: tuple(self.choices)})
        return super().answers(outputs, named)
