"""Models with the head of a classification."""

import keras

from models import zoo
from models.tasks import classification
from models.tasks.task import Facts, Objective
from models.training.config import TrainingConfig

TASK = classification.TextClassification("text_classification")
"""Heads do not depend on what is read."""


def facts(num_classes: int) -> Facts:
    return Facts({"label": tuple(f"label {number}" for number in range(num_classes))})


def build(config, num_classes: int) -> keras.Model:
    return zoo.build(config, TASK, facts(num_classes))


def objective() -> Objective:
    return TASK.objective(facts(2), TrainingConfig())
