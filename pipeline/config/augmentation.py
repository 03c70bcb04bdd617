"""The `augmentation` section as a whole: which operations fit, and where they are done.

Texts are augmented by the Augment stage, which writes them; images anew each epoch where they are
read, unless `copies.materialize` has the stage write them, too.
"""

from __future__ import annotations

import json
from typing import Protocol

from components.augment.balance import CopiesConfig
from components.augment.text import config as text_augmentation
from components.augment.text.config import TextAugmentation
from models import zoo
from models.image.augmentation import config as image_augmentation
from models.image.augmentation.config import ImageOperation
from models.tasks import task as tasks
from models.tuning.config import TuningConfig
from pipeline import paths

OPERATIONS: dict[str, dict[str, type]] = {
    "text": {
        "back_translation": text_augmentation.BackTranslationConfig,
        "contextual": text_augmentation.ContextualConfig,
        "eda": text_augmentation.EdaConfig,
    },
    "image": image_augmentation.OPERATIONS,
}
"""Operations of `augmentation:` by what they change and by name."""

TARGETS = ("category", "categories", "number")
"""What may be learned from augmented rows: a copy has its row's target, or a blend of two."""

AUGMENTERS = {
    "text": "pipeline.modules.augmenters.text_augmenter",
    "image": "pipeline.modules.augmenters.image_augmenter",
}
"""Dotted paths of the functions that make the Augment stage's copies."""


class Augmented(Protocol):
    """What is asked here of a `PipelineConfig`, which is composed of this section and others."""

    @property
    def task(self) -> tasks.Task:
        """What is learned."""

    @property
    def model(self) -> zoo.Model:
        """Architecture."""

    @property
    def augmentation(self) -> tuple[TextAugmentation | ImageOperation, ...]:
        """The operations, one after the other."""

    @property
    def copies(self) -> CopiesConfig:
        """How augmented examples are written."""

    @property
    def tuning(self) -> TuningConfig | None:
        """What is searched."""


def resources(config: Augmented, where: paths.Paths) -> str:
    """JSON of what an augmenter needs beside its operations."""
    if tasks.reads(config.task) == "text":
        columns = [column.name for column in tasks.inputs(config.task)]
        return json.dumps({"cache": str(where.translations), "columns": columns})
    (target,) = tasks.targets(config.task)
    return json.dumps(
        {
            "image_size": _image_size(config),
            "copies": config.copies.materialize,
            "holds": target.holds,
        }
    )


def _image_size(config: Augmented) -> int | None:
    return zoo.MODELS[config.model.kind].image_size(config.model)


def is_drawn_anew(config: Augmented) -> bool:
    """Whether the Trainer draws the operations anew each epoch."""
    return tasks.reads(config.task) == "image" and not config.copies.materialize


def drawn_anew(config: Augmented) -> tuple[ImageOperation, ...]:
    """The operations that the Trainer draws anew each epoch."""
    operations = config.augmentation if is_drawn_anew(config) else ()
    return tuple(one for one in operations if isinstance(one, ImageOperation))


def writes_examples(config: Augmented) -> bool:
    """Whether the Augment stage writes examples that the Trainer reads instead of Ingest's."""
    return bool(config.augmentation) and (not is_drawn_anew(config) or config.copies.balance)


def check(config: Augmented) -> None:
    """Refuse operations and copies that do not fit the task or each other.

    Args:
        config: The whole of it.

    Raises:
        ValueError: In terms of the YAML.
    """
    _check_targets(config)
    _check_kinds(config)
    _check_columns(config)
    _check_padding(config)
    _check_copies(config)
    _check_search(config)


def _check_targets(config: Augmented) -> None:
    for column in tasks.targets(config.task):
        if config.augmentation and column.holds not in TARGETS:
            raise ValueError(
                "`augmentation` changes what a row's answer is about and keeps or blends the "
                f"answer, which is right for {', '.join(TARGETS)}. Received: "
                f"task.kind={config.task.kind}, whose `{column.name}` holds {column.holds}. Leave "
                "`augmentation` out."
            )


def _check_copies(config: Augmented) -> None:
    copies = config.copies
    if (copies.balance or copies.materialize) and not config.augmentation:
        field = "balance" if copies.balance else "materialize"
        raise ValueError(
            f"`copies.{field}` says how augmented examples are written, but `augmentation` is "
            "empty. Add an operation, or leave `copies` out. (To weigh rare labels without "
            "copies: `training.class_weights: balanced`.)"
        )
    if copies.balance and not any(c.holds == "category" for c in tasks.targets(config.task)):
        raise ValueError(
            "`copies.balance` gives rare labels more copies, but the rows of "
            f"`task.kind: {config.task.kind}` have not exactly one label each. Leave it out."
        )
    if copies.materialize and tasks.reads(config.task) != "image":
        raise ValueError(
            "`copies.materialize` is for images: augmented texts are always written, and `n_aug` "
            f"of each operation says how many. Received: materialize={copies.materialize}"
        )
    drawn = [one for one in config.augmentation if isinstance(one, ImageOperation)]
    mixing = [one.kind for one in drawn if one.mixes]
    if copies.materialize and mixing:
        raise ValueError(
            f"`augmentation` has `{mixing[0]}`, which blends the answers of two rows, but a copy "
            "that `copies.materialize` writes has those of one. Leave out one of the two."
        )


def _check_kinds(config: Augmented) -> None:
    fitting = sorted(OPERATIONS.get(tasks.reads(config.task), ()))
    for operation in config.augmentation:
        if operation.kind not in fitting:
            raise ValueError(
                f"`augmentation` has the operation `{operation.kind}`, which is not for "
                f"{tasks.reads(config.task)} data as `task.kind: {config.task.kind}` has. "
                f"Operations that fit: {', '.join(fitting) or 'none'}."
            )


def _check_columns(config: Augmented) -> None:
    known = [column.name for column in tasks.inputs(config.task)]
    for operation in config.augmentation:
        if not isinstance(operation, TextAugmentation):
            continue
        if not set(operation.columns) <= set(known):
            raise ValueError(
                f"`augmentation` has `{operation.kind}` with a column that `task` reads no texts "
                f"from. Received: columns={list(operation.columns)}. Columns with texts: "
                f"{', '.join(known)}."
            )


def _check_padding(config: Augmented) -> None:
    size = _image_size(config)
    for operation in config.augmentation:
        if not isinstance(operation, image_augmentation.Crop) or size is None:
            continue
        if operation.padding >= size:
            raise ValueError(
                "`augmentation` has `crop` with a border as wide as the image or wider, so a crop "
                f"could show nothing of it. Received: padding={operation.padding}, "
                f"model.image_size={size}. He et al. take 4 for 32 pixels."
            )


def _check_search(config: Augmented) -> None:
    space = config.tuning.space if config.tuning else ()
    searched = [path for path in space if _is_augmentation(path)]
    if searched and not is_drawn_anew(config):
        raise ValueError(
            f"`tuning.space` has {searched[0]}, but a search can vary only what is drawn anew each "
            "epoch: operations on images, without `copies.materialize`. These examples are "
            "written before the search begins. Compare settings with `maru augment-test`."
        )


def _is_augmentation(path: str) -> bool:
    return path.split(".")[0] == "augmentation"
