"""The ways of training that `maru augment-test` compares."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from components.augment.balance import CopiesConfig
from components.augment.text import config as text_augmentation
from models import zoo
from pipeline.config.sections import PipelineConfig

WITHOUT, WITH, LONGER = "without", "with", "without, longer"
"""Names of training without augmentation, with all of it, and without it for as many batches."""


@dataclasses.dataclass(frozen=True)
class Arm:
    """One way of training."""

    name: str
    """In the report."""
    augmentation: tuple[Any, ...]
    """Its operations."""
    epochs: int | None = None
    """If not those of the config."""

    def config(self, config: PipelineConfig, seed: int) -> PipelineConfig:
        """The config of one training.

        Args:
            config: What is compared; not searched, each training has the fields as they are.
            seed: Added to the seeds of training and of copies.
        """
        copies = dataclasses.replace(config.copies, seed=config.copies.seed + seed)
        training = dataclasses.replace(
            config.training,
            seed=config.training.seed + seed,
            epochs=self.epochs or config.training.epochs,
        )
        return dataclasses.replace(
            config,
            name=f"{config.name}_augment_test",
            augmentation=self.augmentation,
            copies=copies if self.augmentation else CopiesConfig(),
            training=training,
            tuning=None,
        )


def choose(config: PipelineConfig, *, per_operation: bool) -> list[Arm]:
    """What is trained for each seed.

    Args:
        config: With some augmentation.
        per_operation: Whether to train with each operation alone, too.
    """
    both = [Arm(WITHOUT, ()), Arm(WITH, config.augmentation)]
    alone = list(_isolate(config.augmentation))
    return both + alone if per_operation and len(alone) > 1 else both


def lengthen(config: PipelineConfig, rows: int, augmented_rows: int) -> list[Arm]:
    """Training without augmentation for as many batches as with it, if that differs.

    Args:
        config: What is compared.
        rows: Of the train split without augmentation.
        augmented_rows: Of the train split with it.
    """
    if zoo.MODELS[config.model.kind].estimator is not None:
        return []  # It sees every example once, however many there are.
    epochs = round(config.training.epochs * augmented_rows / rows)
    return [Arm(LONGER, (), epochs)] if epochs > config.training.epochs else []


def _isolate(operations: tuple[Any, ...]) -> Iterator[Arm]:
    for index, operation in enumerate(operations):
        repeated = [o.kind for o in operations[: index + 1]].count(operation.kind)
        name = operation.kind if repeated == 1 else f"{repeated}.{operation.kind}"
        if isinstance(operation, text_augmentation.EdaConfig):
            yield from _parts(operation, name)
        else:
            yield Arm(name, (operation,))


def _parts(eda: text_augmentation.EdaConfig, name: str) -> Iterator[Arm]:
    """Each of the four operations of EDA alone."""
    off = text_augmentation.EdaOperation(n_aug=0)
    for kept in text_augmentation.EDA_OPERATIONS:
        if getattr(eda, kept).n_aug != 0:
            others: dict[str, Any] = {o: off for o in text_augmentation.EDA_OPERATIONS if o != kept}
            yield Arm(f"{name}.{kept}", (dataclasses.replace(eda, **others),))
