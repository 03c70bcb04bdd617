"""What tasks decide alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from models.tasks.task import Column, Evaluated, Facts, Sides, Training


def check_n_best(n_best: int, beams: int) -> None:
    """Refuse more answers than there are beams that they are taken from.

    Raises:
        ValueError: In terms of the YAML.
    """
    if n_best > beams:
        raise ValueError(
            f"`n_best` texts are taken from {beams} beams. Received: n_best={n_best}. Raise "
            "`beams`, or lower it."
        )


class WithoutClasses:
    """Has no classes to weigh, and answers by nothing that is chosen by the eval split."""

    def class_weights(
        self, training: Training, facts: Facts, targets: Callable[[], np.ndarray]
    ) -> dict[int, float] | None:
        """None: an example has no class."""
        return None

    def settle(self, facts: Facts, evaluated: Evaluated) -> Facts:
        """The facts as they are: answers depend on nothing that is chosen."""
        return facts


class Unlabelled(WithoutClasses):
    """Learns from inputs alone."""

    def check_training(self, training: Training) -> None:
        """Refuse what is about labels."""
        for field in ("class_weights", "label_smoothing"):
            if value := getattr(training, field):
                raise ValueError(
                    f"`training.{field}` is about the labels of examples, but here they have none. "
                    f"Received: {field}={value!r}. Leave it out."
                )

    def check(self, facts: Facts) -> None:
        """Nothing: any examples can be learned from."""

    def for_encoder(self, features: Mapping[str, Any]) -> dict[str, Any]:
        """As they are."""
        return dict(features)

    def soften(self, target: Any, facts: Facts) -> Any:
        """Refused: there is no label to mix."""
        raise ValueError(
            f"Examples without labels cannot be mixed: expected labels. Received: {target}"
        )


class OfTexts(Unlabelled):
    """Learns from one column of texts alone."""

    text: str

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is read; nothing but the text is learned."""
        return (Column(self.text, "text", "input", "text", served_as="text"),)

    @property
    def sides(self) -> Sides:
        """None: all inputs are read together."""
        return ()
