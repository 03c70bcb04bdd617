"""What a check of the doctor says: a verdict, its evidence, its meaning, and what to change."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

Verdict = Literal["pass", "warn", "fail"]
Figures = dict[str, Any]
"""Numbers to draw or to read by machine, name to JSON-able value."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)  # from good to bad: the order is used


@dataclasses.dataclass(frozen=True)
class Finding:
    """One check's answer, in words that somebody can act on."""

    check: str
    """Name of the check in snake_case, for example `class_balance`."""

    verdict: Verdict
    """`pass`, `warn` (look at it) or `fail` (training would be in vain, or its figures untrue)."""

    evidence: str
    """One sentence with the numbers that were measured."""

    meaning: str = ""
    """What that means for the user; empty where all is well."""

    fix: str = ""
    """What to change, in terms of the YAML or the data; empty where all is well."""

    figures: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Numbers to draw or to read by machine, name to JSON-able value."""

    seconds: float = 0.0
    """Seconds that the check took."""

    def __post_init__(self) -> None:
        """Refuse a finding that nobody could act on.

        Raises:
            ValueError: If the verdict is unknown, the evidence is missing, or a warning or failure
                tells neither what it means nor what to change.
        """
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"Check '{self.check}': unknown verdict {self.verdict!r}. Known: {VERDICTS}."
            )
        if not self.evidence:
            raise ValueError(f"Check '{self.check}' gives no evidence for '{self.verdict}'.")
        if self.verdict != "pass" and not (self.meaning and self.fix):
            raise ValueError(
                f"Check '{self.check}' says '{self.verdict}': it needs a meaning and a fix, too."
            )


@dataclasses.dataclass(frozen=True)
class NotApplicable:
    """A check that says nothing of data like these."""

    check: str
    """Its name."""
    reason: str
    """Why, in terms of the columns."""


@dataclasses.dataclass(frozen=True)
class Examination:
    """What a doctor looked at, and what there was nothing to look at for."""

    findings: list[Finding]
    """Of the checks that apply."""
    not_applicable: list[NotApplicable]
    """The others."""


def worst(findings: Sequence[Finding]) -> Verdict:
    """The worst verdict among `findings`; `pass` if there are none."""
    return max((finding.verdict for finding in findings), key=VERDICTS.index, default="pass")


def at_least(findings: Sequence[Finding], verdict: Verdict) -> list[Finding]:
    """The findings as bad as `verdict` or worse, the worst first, else in their own order."""
    bad = [item for item in findings if VERDICTS.index(item.verdict) >= VERDICTS.index(verdict)]
    return sorted(bad, key=lambda item: -VERDICTS.index(item.verdict))


def to_json(examination: Examination) -> str:
    """The report as JSON: `{"verdict": ..., "findings": [...], "not_applicable": [...]}`.

    Raises:
        ValueError: If a figure holds a NaN or an infinity: JSON has neither.
    """
    report = {
        "verdict": worst(examination.findings),
        **dataclasses.asdict(examination),
    }
    return json.dumps(report, indent=2, allow_nan=False)


def from_json(text: str) -> Examination:
    """What `to_json` wrote."""
    report = json.loads(text)
    return Examination(
        [Finding(**item) for item in report["findings"]],
        [NotApplicable(**item) for item in report["not_applicable"]],
    )
