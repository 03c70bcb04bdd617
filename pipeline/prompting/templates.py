"""How a question and its answer stand in a prompt: a table of templates.

White space before an answer belongs to the answer: models' pieces begin with it, so a prompt never
ends with any. That is also what lm-evaluation-harness does (`target_delimiter`).
"""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Sequence
from typing import Literal

from models.bounds import Count, NotEmpty
from pipeline import did_you_mean

QUESTION, ANSWER, REASON = "question", "answer", "reason"
_FORMATS = {
    (QUESTION, ANSWER): "Q: {question}\nA: {answer}\n\n",
    (QUESTION, REASON, ANSWER): "Q: {question}\nA: {reason} The answer is {answer}.\n\n",
    (QUESTION,): "Q: {question}\nA:",
}


@dataclasses.dataclass(frozen=True)
class Pattern:
    """A format taken apart: what stands before each of its fields and behind the last."""

    before: tuple[str, ...]
    """Text before each field."""
    names: tuple[str, ...]
    """The fields."""
    behind: str
    """Text behind the last field."""

    def filled(self, values: dict[str, str], end: str | None = None) -> str:
        """The text with its fields.

        Args:
            values: Of the fields.
            end: The field that the text ends before, without white space there; None for all.
        """
        parts: list[str] = []
        for before, name in zip(self.before, self.names, strict=True):
            if name == end:
                return "".join([*parts, before]).rstrip()
            parts += [before, values[name]]
        return "".join([*parts, self.behind])

    def gap(self, name: str) -> str:
        """The white space before a field."""
        before = self.before[self.names.index(name)]
        return before[len(before.rstrip()) :]


def take_apart(given: str, expected: Sequence[str]) -> Pattern:
    """The parts of a format.

    Args:
        given: As in the YAML: `{name}` is a field, `{{` and `}}` are braces.
        expected: Fields that it must have, in their order.

    Raises:
        ValueError: If it has others, or braces that do not fit.
    """
    before, names, text = [], [], ""
    default = _FORMATS[tuple(expected)]
    try:
        parts = list(string.Formatter().parse(given))
    except ValueError as error:
        raise ValueError(
            f"`format` has braces that do not fit ({error}); write {{{{ for a brace of its own. "
            f"Received: {given!r}"
        ) from error
    for literal, name, spec, conversion in parts:
        text += literal
        if name is None:
            continue
        if name not in expected or spec or conversion:
            raise ValueError(
                f"`format` has the unknown field {{{name}}}. "
                f"{did_you_mean.suggest(name, list(expected))} Write {{{{ for a brace of its own. "
                f"Received: {given!r}"
            )
        before.append(text)
        names.append(name)
        text = ""
    if tuple(names) != tuple(expected):
        raise ValueError(
            f"`format` must have {', '.join(f'{{{name}}}' for name in expected)}, each once and in "
            f"this order, as in {default!r}. Received: {given!r}"
        )
    return Pattern(tuple(before), tuple(names), text)


@dataclasses.dataclass(frozen=True)
class Direct:
    """Questions with their answers."""

    kind: Literal["direct"] = "direct"
    """Always `direct`."""
    format: str = _FORMATS[QUESTION, ANSWER]
    """An example; the prompt ends with the question's, up to the answer."""

    def __post_init__(self) -> None:
        take_apart(self.format, (QUESTION, ANSWER))

    @property
    def pattern(self) -> Pattern:
        """The format, taken apart."""
        return take_apart(self.format, (QUESTION, ANSWER))

    @property
    def reason_column(self) -> str | None:
        """None: no steps are shown."""
        return None

    @property
    def takes_examples(self) -> bool:
        """Whether there may be examples."""
        return True


@dataclasses.dataclass(frozen=True)
class ChainOfThought:
    """Questions with worked steps before their answers.

    Source: Wei et al. (2022), https://arxiv.org/abs/2201.11903, whose examples end so, too.
    """

    reason: NotEmpty
    """Column with the worked steps of examples; questions need none."""
    kind: Literal["chain_of_thought"] = "chain_of_thought"
    """Always `chain_of_thought`."""
    format: str = _FORMATS[QUESTION, REASON, ANSWER]
    """An example; the prompt ends with the question's, up to the steps, which the model writes."""
    longest: Count = 128
    """Pieces of steps and answer that are written at most."""
    stop: tuple[NotEmpty, ...] = ("\n\n",)
    """What ends them; it is left out, with all behind it."""

    def __post_init__(self) -> None:
        between = self.pattern.before[2]
        if not between.strip():
            raise ValueError(
                "`format` must have words between {reason} and {answer}, by which an answer is "
                f"found, such as {_FORMATS[QUESTION, REASON, ANSWER]!r}. Received: {self.format!r}"
            )

    @property
    def pattern(self) -> Pattern:
        """The format, taken apart."""
        return take_apart(self.format, (QUESTION, REASON, ANSWER))

    @property
    def reason_column(self) -> str | None:
        """Column with the steps."""
        return self.reason

    @property
    def takes_examples(self) -> bool:
        """Whether there may be examples."""
        return True


@dataclasses.dataclass(frozen=True)
class ZeroShotChainOfThought:
    """A sentence that makes the model write steps, then one that asks for the answer.

    Source: Kojima et al. (2022), https://arxiv.org/abs/2205.11916, section 3.
    """

    kind: Literal["zero_shot_chain_of_thought"] = "zero_shot_chain_of_thought"
    """Always `zero_shot_chain_of_thought`."""
    format: str = _FORMATS[(QUESTION,)]
    """What stands before the sentence."""
    trigger: NotEmpty = "Let's think step by step"
    """The sentence, with which the first prompt ends."""
    conclusion: NotEmpty = "Therefore, the answer is"
    """What stands below the steps; with it the second prompt ends."""
    longest: Count = 128
    """Pieces of the steps that are written at most."""
    stop: tuple[NotEmpty, ...] = ("\n\n",)
    """What ends them; it is left out, with all behind it."""

    def __post_init__(self) -> None:
        take_apart(self.format, (QUESTION,))

    @property
    def pattern(self) -> Pattern:
        """The format, taken apart."""
        return take_apart(self.format, (QUESTION,))

    @property
    def reason_column(self) -> str | None:
        """None: the model writes all steps."""
        return None

    @property
    def takes_examples(self) -> bool:
        """Whether there may be examples."""
        return False


Template = Direct | ChainOfThought | ZeroShotChainOfThought
TEMPLATES = {
    "direct": Direct,
    "chain_of_thought": ChainOfThought,
    "zero_shot_chain_of_thought": ZeroShotChainOfThought,
}
