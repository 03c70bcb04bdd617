"""What the `doctor` section of the YAML may say."""

from __future__ import annotations

import dataclasses
from typing import Literal

Effort = Literal["quick", "thorough"]
StopOn = Literal["fail", "warn", "never"]


@dataclasses.dataclass(frozen=True)
class DoctorConfig:
    """Checks of data and model before training, and of the curves after it."""

    stop_on: StopOn = "fail"
    """Verdict that stops the run before anything is trained: `fail`, `warn` (or worse), or `never`
    to be told only."""
    effort: Effort = "quick"
    """`quick` takes about a minute and a half on two free cores, longer for large models and long
    texts; `thorough` looks at more rows, fits longer, trains on all batches at growing learning
    rates, and adds a coarse grid of learning rates and weight decays."""
