"""The pipeline config: what one YAML file may say.

Each package owns the dataclasses of its own settings; this module composes them, and `loading.py`
reads them.
"""

import dataclasses
import itertools
from typing import Annotated

import pydantic

from components.augment.balance import CopiesConfig
from components.augment.text.config import TextAugmentation
from components.doctor.config import DoctorConfig
from components.ingest.config import DataConfig, Feature
from components.ingest.encode import DERIVED
from models import zoo
from models.choices import ByName
from models.entry import Entry
from models.image.augmentation import config as image_augmentation
from models.image.augmentation.config import ImageOperation
from models.tasks import task as tasks
from models.tasks.table import Task
from models.tasks.task import Column
from models.training.config import TrainingConfig
from models.tuning.config import TuningConfig
from pipeline.config import augmentation
from pipeline.config.batch_answers import BatchAnswersConfig
from pipeline.config.card import CardConfig
from pipeline.config.evaluation import EvaluationConfig

Augmentation = Annotated[
    TextAugmentation | ImageOperation,
    pydantic.Discriminator("kind"),
    ByName("operation", tuple(itertools.chain(*augmentation.OPERATIONS.values()))),
]
"""One entry of `augmentation`."""

DrawnAnew = Annotated[
    ImageOperation,
    pydantic.Discriminator("kind"),
    ByName("operation", tuple(image_augmentation.OPERATIONS)),
]
"""An operation that is drawn while examples are read."""

_NAME = "^[a-z][a-z0-9_]*$"
_NAME_WANTED = (
    "becomes a folder and a URL, so it must be lower case letters, digits and `_`, starting with a "
    "letter"
)
Name = Annotated[str, pydantic.StringConstraints(pattern=_NAME), _NAME_WANTED]
"""Of what a YAML is for."""
strict = pydantic.with_config(
    pydantic.ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
)
"""Holds for the nested dataclasses too."""


@dataclasses.dataclass(frozen=True)
class RuntimeConfig:
    """Where the work is done."""

    beam: tuple[str, ...] = ()
    """Arguments for Apache Beam, for example `--runner=DataflowRunner`; default: in process."""
    schema: str | None = None
    """File with a schema (`schema.pbtxt`) to validate against, relative to the YAML; default:
    inferred from all splits."""


@strict
@dataclasses.dataclass(frozen=True)
class PipelineConfig:
    """One runnable pipeline."""

    name: Name
    """Name of the pipeline, its folders and its served model: lower case letters, digits, `_`."""
    task: Task
    """What is learned."""
    data: DataConfig
    """Where the examples come from and how they are split."""
    model: zoo.Model
    """Architecture, one of `models/zoo.py`."""
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)
    """How the model is trained."""
    augmentation: tuple[Augmentation, ...] = ()
    """How the examples of the train split are varied, one operation after the other: names, or
    mappings of `kind` and its own fields."""
    copies: CopiesConfig = dataclasses.field(default_factory=CopiesConfig)
    """How augmented examples are written beside the train split's own."""
    tuning: TuningConfig | None = None
    """Search over fields of `model`, `training` and `augmentation`; left out: no search."""
    doctor: DoctorConfig | None = None
    """Checks of data and model before anything is trained, and of the curves after it; left out:
    none, but `maru doctor` runs them at any time."""
    evaluation: EvaluationConfig = dataclasses.field(default_factory=EvaluationConfig)
    """What a model must reach before it is pushed."""
    batch_answers: BatchAnswersConfig | None = None
    """Further rows that every pushed model answers; left out: none."""
    runtime: RuntimeConfig = dataclasses.field(default_factory=RuntimeConfig)
    """Where the work is done."""
    card: CardConfig = dataclasses.field(default_factory=CardConfig)
    """What people should know of the model, for its report and its model card."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns that are read and what each holds."""
        columns = self.task.columns
        return (
            *map(_feature, columns),
            *(
                Feature(name, "derived" if name in DERIVED else "slice")
                for name in self.evaluation.slices
                if name not in {column.name for column in columns}
            ),
        )


def _feature(column: Column) -> Feature:
    shared = {field.name for field in dataclasses.fields(Feature)}
    fields = {field.name: getattr(column, field.name) for field in dataclasses.fields(column)}
    return Feature(**{name: value for name, value in fields.items() if name in shared})


def fitting(task: Task) -> list[str]:
    """The kinds of models that read what a task gives."""
    return [
        kind
        for kind, entry in zoo.MODELS.items()
        if entry.reads == tasks.reads(task)
        and task.needs in entry.provides
        and _is_learned(entry, task)
    ]


def _is_learned(entry: Entry, task: Task) -> bool:
    """Whether a model can learn what a task learns."""
    return tasks.learned(task) in entry.learns


def check_fits(kind: str, task: Task) -> None:
    """Refuse a model that reads another kind of data, lacks what the task needs or cannot learn it.

    Raises:
        ValueError: Naming those that fit.
    """
    entry = zoo.MODELS[kind]
    if entry.reads != tasks.reads(task):
        clash = f"reads {entry.reads}, but `task.kind: {task.kind}` gives {tasks.reads(task)}"
    elif task.needs not in entry.provides:
        provided = ", ".join(sorted(entry.provides)) or "nothing"
        clash = f"provides {provided}, but `task.kind: {task.kind}` needs {task.needs}"
    elif not _is_learned(entry, task):
        learned = " or ".join(sorted(entry.learns))
        found = f"is a {tasks.learned(task)}" if tasks.targets(task) else "is none"
        clash = f"learns targets of {learned}, but that of `task.kind: {task.kind}` {found}"
    else:
        return
    raise ValueError(
        f"`model.kind: {kind}` {clash}. Models that fit: {', '.join(fitting(task)) or 'none'}."
    )


@strict
@dataclasses.dataclass(frozen=True)
class LearnerConfig:
    """The part of a config that Tuner and Trainer depend on."""

    task: Task
    """What is learned."""
    model: zoo.Model
    """Architecture."""
    training: TrainingConfig
    """How the model is trained."""
    tuning: TuningConfig | None = None
    """What is searched; None for the Trainer."""
    augmentation: tuple[DrawnAnew, ...] = ()
    """How the examples of the train split are varied while it is read."""


def learner(config: PipelineConfig, *, with_tuning: bool) -> LearnerConfig:
    """The part of a config that the Tuner, or the Trainer, depends on."""
    return LearnerConfig(
        task=config.task,
        model=config.model,
        training=config.training,
        tuning=config.tuning if with_tuning else None,
        augmentation=augmentation.drawn_anew(config),
    )
