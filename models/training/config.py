"""How a model is trained: everything under `training:` in the YAML.

Needs neither Keras nor TensorFlow.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import pydantic
from annotated_types import Ge

from models.bounds import Between0And1, Count, NotNegative, Positive, Share
from models.choices import ByName
from models.training import optimizer_config, schedule_config

Optimizer = Annotated[
    optimizer_config.Adafactor
    | optimizer_config.Adam
    | optimizer_config.AdamW
    | optimizer_config.Lamb
    | optimizer_config.Lion
    | optimizer_config.RMSprop
    | optimizer_config.SGD,
    pydantic.Discriminator("kind"),
    ByName("optimizer", tuple(optimizer_config.OPTIMIZERS)),
]
Schedule = Annotated[
    schedule_config.Constant
    | schedule_config.Cosine
    | schedule_config.InverseRoot
    | schedule_config.Linear
    | schedule_config.OneCycle
    | schedule_config.Step,
    pydantic.Discriminator("kind"),
    ByName("schedule", tuple(schedule_config.SCHEDULES)),
]


OF_ANY_MODEL = ("batch_size", "batch_tokens", "seed", "cache_mib")
"""Fields that say how examples are read, whatever learns from them."""


@dataclasses.dataclass(frozen=True)
class EarlyStopping:
    """Stop when the validation loss stops falling, and keep the best weights."""

    patience: Annotated[Count, "To train all epochs, leave out `early_stopping`."] = 3
    """Epochs without a new lowest validation loss after which training ends, at least 1; with
    `fine_tuning` in phases, those of the last phase count."""


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How long, how fast and with what a model is trained."""

    epochs: Count = 10
    """Passes over the training examples, at least 1; fewer if `early_stopping` ends it."""
    batch_size: Count = 32
    """Examples per step, at least 1."""
    batch_tokens: Count | None = None
    """Of models that write texts: tokens of a step that are written, padding included; as many
    examples of like lengths share it. Absent: `batch_size` of them do."""
    learning_rate: Positive = 1e-3
    """Highest learning rate, above 0; `schedule` lowers it."""
    optimizer: Optimizer = optimizer_config.Adam()
    """Update rule: a name, or a mapping of `kind` and its own fields."""
    schedule: Schedule = schedule_config.Constant()
    """Course of the learning rate: a name, or a mapping of `kind` and its own fields."""
    early_stopping: EarlyStopping | None = None
    """When to stop before `epochs`; absent: never, and the last weights are kept."""
    clip_norm: Annotated[Positive, "For no clipping, leave it out."] | None = None
    """Largest norm of all gradients together, above 0; absent: no clipping."""
    accumulate: Count = 1
    """Steps whose gradients are averaged into one update, at least 1; `batch_size` times this is
    what the optimizer sees. Steps left over at the end of the training, or of a phase of
    `fine_tuning`, update nothing."""
    label_smoothing: Share = 0.0
    """Share of the target that is spread evenly over all classes, in [0, 1); Szegedy et al.
    (2015), https://arxiv.org/abs/1512.00567, section 7."""
    class_weights: Literal["balanced"] | dict[str, NotNegative] | None = None
    """Factor of each label's loss: `balanced` weighs every label alike however often it occurs,
    a mapping gives the factors (1 for labels left out); absent: examples count alike. A mixed image
    (`mixup`, `cutmix`) has the factor of its larger share."""
    averaging: Annotated[Between0And1, "For no average, leave it out."] | None = None
    """Decay per update of the exponential moving average of the weights and of what batch
    normalisation measured, in (0, 1), for example 0.999; the average is validated and exported.
    Absent: the weights themselves are."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Arithmetic of the training; weights and the exported model are float32 always."""
    xla: bool = False
    """Whether steps are compiled by XLA: slow to start, often faster on GPUs."""
    devices: Literal["one", "all"] = "one"
    """Whether one GPU or all GPUs of this machine share each batch; without a GPU, the CPU. `all`
    goes with neither `accumulate` nor `xla`."""
    seed: Annotated[int, Ge(0)] = 0
    """Seed of weights, dropout and the order of examples, at least 0."""
    cache_mib: Annotated[int, Ge(0)] = 512
    """Memory in MiB that prepared examples of one split may fill, at least 0; a larger split is
    prepared anew each epoch."""

    def about_gradients(self) -> dict[str, Any]:
        """The fields that say how gradients train, as the YAML has them; none if left out."""
        fallback = TrainingConfig()
        ours, usual = dataclasses.asdict(self), dataclasses.asdict(fallback)
        return {
            name: value
            for name, value in ours.items()
            if name not in OF_ANY_MODEL and value != usual[name]
        }

    def __post_init__(self) -> None:
        if self.devices == "all" and (self.accumulate > 1 or self.xla):
            raise ValueError(
                "`devices: all` shares batches in a way that neither accumulates gradients nor "
                f"is compiled. Received: accumulate={self.accumulate}, xla={self.xla}. Raise "
                "`batch_size` instead, leave out `xla`, or use `devices: one`."
            )
