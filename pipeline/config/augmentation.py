"""The `augmentation` section as a whole: which operations fit, and where they are done.

Texts are augmented by the Augment stage, which writes them; images anew each epoch where they are
read, unless `copies.materialize` has the stage write them, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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
from pipeline.config.problems import Problem

OPERATIONS: dict[str, dict[str, type]] = {
    "text": {
        "back_translation": text_augmentation.BackTranslationConfig,
        "contextual": text_augmentation.ContextualConfig,
        "eda": text_augmentation.EdaConfig,
    },
    "image": image_augmentation.OPERATIONS,
}
"""Operations of `augmentation:` by what they change and by name."""

TARGETS = ("category", "categories", "choice", "number")
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
    return json.dumps(
        {
            "image_size": _image_size(config),
            "copies": config.copies.materialize,
            "holds": tasks.learned(config.task),
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


def suits_the_targets(config: Augmented) -> Iterator[Problem]:
    """That rows are to be varied whose answers would not stay right."""
    if tasks.draws_views(config.task) and tasks.reads(config.task) == "image":
        yield from _views(config)
    elif config.augmentation and not tasks.targets(config.task):
        yield Problem(
            "augmentation",
            "writes copies of rows with their answers, but no column is an answer here. Received: "
            f"task.kind={config.task.kind}. Leave `augmentation` out.",
        )
    for column in tasks.targets(config.task):
        if config.augmentation and column.holds not in TARGETS:
            yield Problem(
                "augmentation",
                "changes what a row's answer is about and keeps or blends the "
                f"answer, which is right for {', '.join(TARGETS)}. Received: "
                f"task.kind={config.task.kind}, whose `{column.name}` holds {column.holds}. Leave "
                "`augmentation` out.",
            )


def _views(config: Augmented) -> Iterator[Problem]:
    """That both views of an image are the same, are written, or are partly another image."""
    if not config.augmentation:
        yield Problem(
            "augmentation",
            f"`task.kind: {config.task.kind}` learns which two views are of one image, and this is "
            "what makes them differ. Received: none. Add operations, for example "
            "`[{kind: resized_crop, area: [0.2, 1.0]}, flip, colour_jitter]`.",
        )
    drawn = [one for one in config.augmentation if isinstance(one, ImageOperation)]
    mixing = [one.kind for one in drawn if one.mixes]
    if mixing:
        yield Problem(
            "augmentation",
            f"`{mixing[0]}` blends two images, but views are of one. Received: {mixing}. Leave it "
            "out.",
        )
    if config.copies.materialize:
        yield Problem(
            "copies.materialize",
            "writes copies before training, but both views of an image are drawn anew. Received: "
            f"{config.copies.materialize}. Leave it out.",
        )


def fits(
    operation: TextAugmentation | ImageOperation, path: str, config: Augmented
) -> Iterator[Problem]:
    """What is wrong with one operation of this task and model.

    Args:
        operation: An entry of the section.
        path: Where the YAML has it.
        config: The whole of it.
    """
    fitting = sorted(OPERATIONS.get(tasks.reads(config.task), ()))
    if operation.kind not in fitting:
        yield Problem(
            path,
            f"the operation `{operation.kind}` is not for {tasks.reads(config.task)} data as "
            f"`task.kind: {config.task.kind}` has. "
            f"Operations that fit: {', '.join(fitting) or 'none'}.",
        )
        return
    known = [column.name for column in tasks.inputs(config.task)]
    if isinstance(operation, TextAugmentation) and not set(operation.columns) <= set(known):
        yield Problem(
            f"{path}.columns",
            f"`task` reads no texts from one of them. Received: {list(operation.columns)}. "
            f"Columns with texts: {', '.join(known)}.",
        )
    if not isinstance(operation, image_augmentation.Crop):
        return
    side = _image_size(config)
    if side is not None and operation.padding >= side:
        yield Problem(
            f"{path}.padding",
            "the border is as wide as the image or wider, so a crop could show nothing of it. "
            f"Received: padding={operation.padding}, model.image_size={side}. "
            "He et al. take 4 for 32 pixels.",
        )


def copies_are_made(config: Augmented) -> Iterator[Problem]:
    """That copies are asked for where nothing makes them, or of labels that rows have not."""
    copies = config.copies
    if (copies.balance or copies.materialize) and not config.augmentation:
        field = "balance" if copies.balance else "materialize"
        yield Problem(
            f"copies.{field}",
            "says how augmented examples are written, but `augmentation` is empty. Received: "
            f"{getattr(copies, field)}. Add an operation, or leave `copies` out. (To weigh rare "
            "labels without copies: `training.class_weights: balanced`.)",
        )
    if copies.balance and not any(c.holds == "category" for c in tasks.targets(config.task)):
        yield Problem(
            "copies.balance",
            "gives rare labels more copies, but rows have not exactly one label each. Received: "
            f"{copies.balance} with task.kind={config.task.kind}. Leave it out.",
        )


def materialized(config: Augmented) -> Iterator[Problem]:
    """That copies are to be written of what is written anyway, or of what blends two rows."""
    written = config.copies.materialize
    if not written:
        return
    if tasks.reads(config.task) != "image":
        yield Problem(
            "copies.materialize",
            "is for images: augmented texts are always written, and `n_aug` of each operation "
            f"says how many. Received: {written}. Leave it out.",
        )
    drawn = [one for one in config.augmentation if isinstance(one, ImageOperation)]
    mixing = [one.kind for one in drawn if one.mixes]
    if mixing:
        yield Problem(
            "copies.materialize",
            f"`augmentation` has `{mixing[0]}`, which blends the answers of two rows, but a copy "
            f"that is written has those of one. Received: {written}. Leave out one of the two.",
        )


def searched(config: Augmented) -> Iterator[Problem]:
    """That a search would vary what is written before it begins."""
    space = () if config.tuning is None else config.tuning.space
    for path in space:
        if path.startswith("augmentation.") and not is_drawn_anew(config):
            yield Problem(
                f"tuning.space.{path}",
                "a search can vary only what is drawn anew each epoch: operations on images, "
                "without `copies.materialize`. These examples are written before the search "
                f"begins. Received: {path} with task.kind={config.task.kind}, "
                f"copies.materialize={config.copies.materialize}. Compare settings with "
                "`maru augment-test`.",
            )
