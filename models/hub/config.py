"""Fields that every model on a Hub module has."""

from __future__ import annotations

import dataclasses
import re
from typing import Annotated

import pydantic

from models.bounds import NotEmpty, Share
from models.finetuning import config as finetuning
from models.hub import fetch

_Digest = Annotated[
    str,
    pydantic.StringConstraints(pattern="^[0-9a-fA-F]{64}$"),
    "must be 64 hexadecimal digits, as `sha256sum ARCHIVE` prints them",
]


def _check_expression(pattern: str) -> str:
    """Refuse what is no regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"must be a regular expression. Received: {pattern!r}: {error}") from error
    return pattern


@dataclasses.dataclass(frozen=True, kw_only=True)
class HubModelConfig(finetuning.FineTuned):
    """Which module is used and how it is fine-tuned.

    A block of a module is the variables whose names agree up to their last slash, which are those
    of one layer. A module that is not trained as a whole stays in inference: its dropout is off
    and its batch normalisation keeps its statistics.
    """

    handle: Annotated[NotEmpty, "Example: `handle: modules/my_encoder`"]
    """The module: a folder or an archive (.tar.gz, .tgz, .tar, .zip), relative to the YAML, the
    https:// address of an archive, an address at tfhub.dev, or
    kaggle://publisher/model/framework/variation."""
    sha256: _Digest | None = None
    """What the SHA-256 of the module's archive must be, 64 hexadecimal digits as `sha256sum` prints
    them; another archive is refused. Plain http:// addresses need it."""
    output: str | None = None
    """Which output to use if the module has several: a key, or a position such as "0"."""
    fine_tuning: finetuning.Method = finetuning.Full()
    """What is trained and when: full, partial, frozen, head_first or gradual."""
    trainable_pattern: Annotated[str, pydantic.AfterValidator(_check_expression)] | None = None
    """Regular expression; `partial` trains the variables in whose names it is found, instead of
    the last `trainable_layers` blocks."""
    dropout: Share = 0.1
    """Rate applied to the module's vector, in [0, 1)."""
    cache_folder: str | None = None
    """Where fetched modules are kept, relative to the current folder, as the workspace is; absent:
    what TFHUB_CACHE_DIR names, or workspace/hub."""

    def __post_init__(self) -> None:
        super().__post_init__()
        fetch.check_source(self.handle, self.sha256)
        if isinstance(self.fine_tuning, finetuning.LoRA):
            raise ValueError(
                "`fine_tuning: lora` needs the layers of a model, and a Hub module is one "
                f"function. Received: fine_tuning={self.fine_tuning.kind} with "
                f"handle={self.handle!r}. Use full, partial, frozen, head_first or gradual."
            )
        self._check_pattern()

    def _check_pattern(self) -> None:
        is_partial = isinstance(self.fine_tuning, finetuning.Partial)
        if self.trainable_pattern is not None and not is_partial:
            raise ValueError(
                "`trainable_pattern` goes with `fine_tuning: partial`. Received: "
                f"fine_tuning={self.fine_tuning.kind}, "
                f"trainable_pattern={self.trainable_pattern!r}"
            )
