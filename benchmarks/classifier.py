"""Models with the head of a classification, without a pipeline."""

import keras

from models import zoo
from models.tasks import classification
from models.tasks.task import Facts, Objective
from models.training.config import TrainingConfig

_TASK = classification.TextClassification("text_classification")
"""Heads do not depend on what is read."""


def build(config: zoo.Model, num_classes: int) -> keras.Model:
    """A fresh model of the zoo."""
    return zoo.build(config, _TASK, _facts(num_classes))


def objective(training: TrainingConfig) -> Objective:
    """What it minimises and watches."""
    return _TASK.objective(_facts(2), training)


def _facts(num_classes: int) -> Facts:
    return Facts({"label": tuple(map(str, range(num_classes)))})
