"""What a check of a model has to say.

The doctor's component has a twin of this class, because models and components never
import each other.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, Literal

Verdict = Literal["pass", "warn", "fail"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One check's answer."""

    check: str
    """Name of the check in snake_case, for example `initial_loss`."""
    verdict: Verdict
    """`fail`: training would be in vain, or its figures untrue."""
    evidence: str
    """One sentence with the numbers that were measured."""
    meaning: str = ""
    """What that means for the user; empty where all is well."""
    fix: str = ""
    """What to change, in terms of the YAML; empty where all is well."""
    figures: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Numbers to draw, JSON-able: name to value, None where a number is not finite."""
    seconds: float = 0.0
    """Seconds that the check took."""


def drawable(values: Iterable[float]) -> list[float | None]:
    """Numbers for JSON, which knows neither infinity nor NaN: None for those."""
    return [float(value) if math.isfinite(value) else None for value in values]
