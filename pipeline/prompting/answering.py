"""From prompts to answers: by likelihood of a few, or by what the model writes."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from pipeline.prompting.config import Generation, Likelihood, PromptConfig
from pipeline.prompting.language_model import LanguageModel
from pipeline.prompting.prompts import Prompt
from pipeline.prompting.templates import (
    ANSWER,
    ChainOfThought,
    Direct,
    Pattern,
    ZeroShotChainOfThought,
)

_SAME = 1e-5
"""Nats; rounding alone can tell logarithms apart that are nearer."""
_BEFORE_ANSWER = " "
"""What stands between the conclusion of a zero-shot chain of thought and an answer."""
_Told = TypeVar("_Told")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a model answered."""

    prompt: Prompt
    """Which it read, perhaps without its first examples."""
    answer: str | None = None
    """None of a tie, if nothing was found, and if the question alone was too long."""
    lead: str = ""
    """What stood between prompt and answer: the steps that the model wrote."""
    written: str | None = None
    """What it wrote, if the answer was found in that."""
    scores: dict[str, float] | None = None
    """What answers were compared by, in nats or nats a byte."""
    is_tie: bool = False
    """Whether several answers were the likeliest."""
    is_too_long: bool = False
    """Whether the model does not read the prompt at once, even without examples."""

    @property
    def text(self) -> str:
        """What the model read."""
        return self.prompt.text + self.lead


def answer(
    model: LanguageModel, prompts: Sequence[Prompt], config: PromptConfig, answers: Sequence[str]
) -> list[Answer]:
    """The answers to prompts.

    What a model does not read at once is asked again without its first example, until it does.

    Args:
        model: What is asked.
        prompts: Of the config's template.
        config: How the answer is found.
        answers: What may be answered, if it is found by likelihood.
    """
    asked = [Answer(prompt) for prompt in prompts]
    match config.answered_by, config.template:
        case Generation() as way, ChainOfThought() as template:
            found = _fitting(asked, _writer(model, template.longest, template.stop))
            return [_extracted(*one, way, template.pattern) for one in found]
        case Generation() as way, _:
            asked = _led(model, asked, config)
            found = _fitting(asked, _writer(model, way.longest, way.stop))
            return [_extracted(*one, way, None) for one in found]
        case Likelihood() as way, _:
            score = functools.partial(_scores, model, answers=answers, gap=_gap(config))
            told = _fitting(_led(model, asked, config), score)
            return [_chosen(*one, answers, way) for one in told]


def _led(model: LanguageModel, asked: list[Answer], config: PromptConfig) -> list[Answer]:
    """With all that stands before the answer: of chains of thought the model writes it."""
    match config.template:
        case Direct():
            return asked
        case ChainOfThought() as template:
            marker = template.pattern.before[-1]
            stop = (*template.stop, marker)
            end = marker.rstrip()
        case ZeroShotChainOfThought() as template:
            stop, end = template.stop, f"\n{template.conclusion}"
    found = _fitting(asked, _writer(model, template.longest, stop))
    return [
        one if text is None else dataclasses.replace(one, lead=text.rstrip() + end)
        for one, text in found
    ]


def _gap(config: PromptConfig) -> str:
    """The white space before an answer."""
    if isinstance(config.template, ZeroShotChainOfThought):
        return _BEFORE_ANSWER
    return config.template.pattern.gap(ANSWER)


def _fitting(
    asked: Sequence[Answer], ask: Callable[[list[str]], list[_Told | None]]
) -> list[tuple[Answer, _Told | None]]:
    """What is told of each text, without as many first examples as it takes to fit.

    Args:
        asked: What is asked; what was too long already is not asked again.
        ask: Tells of texts, and None of those that are too long.
    """
    found: list[tuple[Answer, _Told | None]] = [(one, None) for one in asked]
    still = [place for place, one in enumerate(asked) if not one.is_too_long]
    while still:
        told = ask([found[place][0].text for place in still])
        again = []
        for place, one in zip(still, told, strict=True):
            before = found[place][0]
            if one is not None:
                found[place] = before, one
            elif (shorter := before.prompt.shorter) is not None:
                found[place] = dataclasses.replace(before, prompt=shorter), None
                again.append(place)
            else:
                found[place] = dataclasses.replace(before, is_too_long=True), None
        still = again
    return found


def _writer(
    model: LanguageModel, longest: int, stop: Sequence[str]
) -> Callable[[list[str]], list[str | None]]:
    """How texts go on, up to what ends them."""

    def write(texts: list[str]) -> list[str | None]:
        told = model.write(texts, longest)
        return [None if text is None else before_stop(text, stop) for text in told]

    return write


def before_stop(text: str, stop: Sequence[str]) -> str:
    """A text up to the first of what ends it."""
    return text[: min((text.find(one) for one in stop if one in text), default=len(text))]


def _scores(
    model: LanguageModel, texts: list[str], *, answers: Sequence[str], gap: str
) -> list[list[float] | None]:
    """The logarithm of the probability of each answer after each text."""
    pairs = [(text, gap + one) for text in texts for one in answers]
    told, count = model.score(pairs), len(answers)
    rows = (told[begin : begin + count] for begin in range(0, len(told), count))
    found = ([one for one in row if one is not None] for row in rows)
    return [row if len(row) == count else None for row in found]


def _chosen(
    asked: Answer, scores: list[float] | None, answers: Sequence[str], way: Likelihood
) -> Answer:
    if scores is None:
        return asked
    if way.per_byte:
        sizes = [len(one.encode()) for one in answers]
        scores = [one / size for one, size in zip(scores, sizes, strict=True)]
    place = likeliest(scores)
    return dataclasses.replace(
        asked,
        answer=None if place is None else answers[place],
        scores=dict(zip(answers, scores, strict=True)),
        is_tie=place is None,
    )


def likeliest(scores: Sequence[float]) -> int | None:
    """Place of the highest of some scores; None if another one is as high."""
    best = max(scores)
    as_high = [place for place, one in enumerate(scores) if best - one <= _SAME]
    return as_high[0] if len(as_high) == 1 else None


def _extracted(
    asked: Answer, written: str | None, way: Generation, pattern: Pattern | None
) -> Answer:
    if written is None:
        return asked
    if way.extract is not None:
        found = _matched(written, way.extract, way.match)
    else:
        found = written if pattern is None else _behind_steps(written, pattern)
    text = None if found is None else found.strip()
    return dataclasses.replace(asked, written=written, answer=text or None)


def _matched(text: str, extract: str, which: str) -> str | None:
    """The first or last match of an expression, or of its first group."""
    found = list(re.finditer(extract, text))
    if not found:
        return None
    match = found[0 if which == "first" else -1]
    group: str | None = match[1] if match.re.groups else match[0]
    return group


def _behind_steps(text: str, pattern: Pattern) -> str | None:
    """What stands where a template has the answer; None if the words before it are missing."""
    _, marker, behind = text.partition(pattern.before[-1].rstrip())
    if not marker:
        return None
    end = pattern.behind.strip()
    # The point behind an answer, and not that of a number in it.
    return re.split(rf"{re.escape(end)}(?=\s|$)", behind, maxsplit=1)[0] if end else behind
