"""The text of a prompt: an instruction, examples, a question."""

from __future__ import annotations

import dataclasses

from pipeline.prompting.rows import Row
from pipeline.prompting.templates import (
    ANSWER,
    QUESTION,
    REASON,
    ChainOfThought,
    Direct,
    Template,
    ZeroShotChainOfThought,
)


@dataclasses.dataclass(frozen=True)
class Prompt:
    """A question behind its examples."""

    template: Template
    instruction: str
    examples: tuple[Row, ...]
    question: Row
    dropped: int = 0
    """Examples that were left out at the front, as the model does not read so much at once."""

    @property
    def text(self) -> str:
        """What the model reads."""
        shown = [_example(self.template, one) for one in self.examples]
        return "".join([self.instruction, *shown, _question(self.template, self.question)])

    @property
    def shorter(self) -> Prompt | None:
        """The same without its first example; None if it has none."""
        if not self.examples:
            return None
        return dataclasses.replace(self, examples=self.examples[1:], dropped=self.dropped + 1)


def _example(template: Template, row: Row) -> str:
    values = {QUESTION: row.question, ANSWER: row.answer, REASON: row.reason or ""}
    return template.pattern.filled(values)


def _question(template: Template, row: Row) -> str:
    values = {QUESTION: row.question}
    match template:
        case Direct():
            return template.pattern.filled(values, end=ANSWER)
        case ChainOfThought():
            return template.pattern.filled(values, end=REASON)
        case ZeroShotChainOfThought():
            return f"{template.pattern.filled(values).rstrip()} {template.trigger}"
