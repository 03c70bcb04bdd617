"""Ways to fine-tune a pretrained model: `model.fine_tuning` in the YAML.

Needs neither Keras nor TensorFlow.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import pydantic
from annotated_types import MinLen

from models.bounds import Count, NotEmpty, Positive, UpTo1
from models.choices import ByName

_TARGETS = "Name at least one layer, as in [query, value]."


@dataclasses.dataclass(frozen=True)
class LayerDecay:
    """What the ways that train blocks of the backbone have."""

    layer_decay: Annotated[UpTo1, "For one rate in all blocks, leave it out."] = 1.0
    """Factor of the learning rate from one block to the one below it, in (0, 1]: the head learns
    at the full rate, the last block at `layer_decay` times it, the one before at its square. 1 is
    one rate for all; 1 / 2.6 is that of Howard and Ruder (2018), https://arxiv.org/abs/1801.06146,
    section 3.2, 0.8 to 0.95 suits Transformers."""


@dataclasses.dataclass(frozen=True)
class Full(LayerDecay):
    """Every layer is trained."""

    kind: Literal["full"] = "full"
    """Name of this way."""


@dataclasses.dataclass(frozen=True)
class Partial(LayerDecay):
    """The last `trainable_layers` blocks and what follows them are trained."""

    kind: Literal["partial"] = "partial"
    """Name of this way."""


@dataclasses.dataclass(frozen=True)
class Frozen:
    """Only the head is trained."""

    kind: Literal["frozen"] = "frozen"
    """Name of this way."""


@dataclasses.dataclass(frozen=True)
class HeadFirst(LayerDecay):
    """The head alone, then everything: a fresh head's gradients cannot spoil the backbone.

    Source: Kumar et al. (2022), https://arxiv.org/abs/2202.10054, "LP-FT".
    """

    kind: Literal["head_first"] = "head_first"
    """Name of this way."""
    head_epochs: Count = 1
    """Epochs that train the head alone, at least 1 and fewer than `training.epochs`."""
    rate_factor: UpTo1 = 0.1
    """What the learning rate is multiplied by once everything is trained, in (0, 1]."""

    def check_length(self, epochs: int) -> None:
        """Refuse a training that ends before the backbone is trained.

        Raises:
            ValueError: If `epochs` is not more than `head_epochs`.
        """
        _check_length(self.kind, self.head_epochs, epochs)


@dataclasses.dataclass(frozen=True)
class Gradual(LayerDecay):
    """The head alone, then one more block at a time from the last to the first.

    Source: Howard and Ruder (2018), https://arxiv.org/abs/1801.06146, section 3.3. With fewer
    epochs than blocks, the first blocks stay as they are.
    """

    kind: Literal["gradual"] = "gradual"
    """Name of this way."""
    block_epochs: Count = 1
    """Epochs before the next block is trained too, at least 1."""

    def check_length(self, epochs: int) -> None:
        """Refuse a training that ends before any block is trained.

        Raises:
            ValueError: If `epochs` is not more than `block_epochs`.
        """
        _check_length(self.kind, self.block_epochs, epochs)


@dataclasses.dataclass(frozen=True)
class LoRA:
    """The head, and a matrix of low rank added to certain frozen kernels.

    Source: Hu et al. (2021), https://arxiv.org/abs/2106.09685. The exported model has the sums
    and costs what the plain one costs.
    """

    kind: Literal["lora"] = "lora"
    """Name of this way."""
    rank: Count = 8
    """Rank of the added matrices, at least 1."""
    alpha: Positive = 16.0
    """Scale of the added matrices, divided by `rank`, above 0."""
    targets: Annotated[tuple[NotEmpty, ...], MinLen(1), _TARGETS] = ("query", "value")
    """Parts of the names of the layers whose kernels are added to; the default is the paper's.
    Dense, einsum and convolution layers can be named; `maru show --layers` lists the names."""


METHODS = {
    "full": Full,
    "partial": Partial,
    "frozen": Frozen,
    "head_first": HeadFirst,
    "gradual": Gradual,
    "lora": LoRA,
}
"""Ways to fine-tune by name."""

Method = Annotated[
    Full | Partial | Frozen | HeadFirst | Gradual | LoRA,
    pydantic.Discriminator("kind"),
    ByName("fine-tuning", tuple(METHODS)),
]


@dataclasses.dataclass(frozen=True)
class FineTuned:
    """Fields of every model with a pretrained backbone."""

    fine_tuning: Method = Partial()
    """What is trained and when: a name, or a mapping of `kind` and its own fields."""
    trainable_layers: Annotated[
        Count, "To train no layer of the backbone, use `fine_tuning: frozen`."
    ] = 2
    """Number of last blocks that `partial` trains, at least 1."""

    def __post_init__(self) -> None:
        if isinstance(self.fine_tuning, str):  # From Python, where nobody expands names.
            object.__setattr__(self, "fine_tuning", METHODS[self.fine_tuning]())


def _check_length(kind: str, head_epochs: int, epochs: int) -> None:
    if epochs <= head_epochs:
        raise ValueError(
            f"`fine_tuning: {kind}` trains the head alone for {head_epochs} epochs and the "
            f"backbone after that, so `training.epochs` must be at least {head_epochs + 1}. "
            f"Received: epochs={epochs}. For the head alone, use `fine_tuning: frozen`."
        )
